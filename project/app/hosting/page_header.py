"""The header of pages that Dash does not draw: the product's name, its pages, and the theme."""

from __future__ import annotations

from string import Template

from markupsafe import escape

from app import dashboard

from . import actors

_HEADER = Template(
    """<header class="shell-bar"><a class="shell-name" href="/">Dashboard</a>
<nav aria-label="Pages">$links</nav>
$account<button id="shell-theme" type="button" aria-label="Switch between light and dark">$icons</button></header>"""
)
_ACCOUNT = Template("""<link rel="stylesheet" href="/static/session.css">
<script src="/static/session.js" data-login="/login"></script>
<details class="shell-account"><summary><span class="shell-account-name">$name</span></summary>
<div>$links$leave</div></details>""")
_LEAVE = Template(
    """<form method="post" action="/logout"><input type="hidden" name="form_token" value="$token">
<button type="submit">Log out</button></form>"""
)
_ICONS = (
    '<span class="shell-light" aria-hidden="true">☀</span>'
    '<span class="shell-dark" aria-hidden="true">☾</span>'
)


def page_header(current: str = "", account: str | None = None) -> str:
    """Return the header as HTML, which `static/shell.css` and `static/shell.js` belong to.

    Parameters
    ----------
    current : str
        The address of the dashboard's page that this one is below.
    account : str, optional
        What stands where the name of whoever is logged in belongs; default: that.
    """
    account = account_menu() if account is None else account
    links = []
    for page in dashboard.MENU:
        about = f' data-about="{page.about}"' if page.about else ""
        mark = ' aria-current="true"' if page.path == current else ""
        links.append(f'<a href="{page.path}"{about}{mark}>{page.label}</a>')
    return _HEADER.substitute(links=" ".join(links), icons=_ICONS, account=account)


def account_menu() -> str:
    """Return as HTML who is logged in, with the links of that person; empty for nobody."""
    person = actors.logged_in()
    if person is None:
        return ""
    links = "".join(
        f'<a href="{escape(address)}">{escape(label)}</a>'
        for label, address in person.links
    )
    leave = _LEAVE.substitute(token=escape(person.form_token))
    return _ACCOUNT.substitute(
        name=escape(person.name),
        links=links,
        leave=leave if person.form_token else "",
    )
