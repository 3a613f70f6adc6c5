"""The header of pages that Dash does not draw: the product's name, its pages, and the theme."""

from __future__ import annotations

from string import Template

from app import dashboard

_HEADER = Template(
    """<header class="shell-bar"><a class="shell-name" href="/">Dashboard</a>
<nav aria-label="Pages">$links</nav>
<button id="shell-theme" type="button" aria-label="Switch between light and dark">$icons</button></header>"""
)
_ICONS = (
    '<span class="shell-light" aria-hidden="true">☀</span>'
    '<span class="shell-dark" aria-hidden="true">☾</span>'
)


def page_header(current: str = "") -> str:
    """Return the header as HTML, which `static/shell.css` and `static/shell.js` belong to.

    Parameters
    ----------
    current : str
        The address of the dashboard's page that this one is below.
    """
    links = []
    for page in dashboard.MENU:
        about = f' data-about="{page.about}"' if page.about else ""
        mark = ' aria-current="true"' if page.path == current else ""
        links.append(f'<a href="{page.path}"{about}{mark}>{page.label}</a>')
    return _HEADER.substitute(links=" ".join(links), icons=_ICONS)
