"""The frame around every page: header, navigation, theme, and the routing from URL to page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import dash_mantine_components as dmc
from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    ctx,
    dcc,
    html,
    no_update,
    set_props,
)

from app import __version__
from app.accounts import LoggedIn, Refused
from app.storage import NotFound
from app.ui.components import button_link, empty, message
from app.ui.theme import MANTINE

from .pages import (
    checks,
    compare,
    data,
    evaluate,
    library,
    reports,
    score,
    share,
    train,
)
from .refusals import is_refusal, refusal
from .state import DEFAULT_DATASET, query_of
from .subject import subject_of


class Page(NamedTuple):
    """One page: its address, what its link says, its module, and whether it is about a table, a run or neither.

    The link to a page about a table keeps the table that is open, the link to a page about a run the run. Those pages
    are the steps of the work and have a number. A page that is not in the menu is reached from others.
    """

    path: str
    label: str
    description: str
    module: ModuleType
    about: Literal["table", "run"] | None = None
    in_menu: bool = True

    @property
    def link_id(self) -> str:
        """The id of its link: the module ``train`` has ``nav-train``."""
        return f"nav-{self.module.__name__.rpartition('.')[2]}"


PAGES = (
    Page("/", "Data", "Open a table", data, about="table"),
    Page("/train", "Train", "Fit and compare models", train, about="table"),
    Page("/evaluate", "Evaluate", "How good, how sure", evaluate, about="run"),
    Page("/score", "Use", "Predict new rows", score, about="run"),
    Page("/library", "Library", "Your tables and runs", library),
    Page("/checks", "Checks", "What is looked for", checks),
    Page("/reports/", "Reports", "Made by analysts", reports),
    Page("/compare", "Compare", "Two models side by side", compare),
    Page("/share", "Share", "Let others open it", share, in_menu=False),
)
MENU = tuple(page for page in PAGES if page.in_menu)
_BY_PATH = {page.path: page for page in PAGES}
_PURPOSE = "Drop a table, get a model, and an honest answer to how good it is."
_IN_SHORT = "Table in, model out"
# All others are on the Reports page.
_MAX_REPORT_LINKS = 20
_INDEX = """<!DOCTYPE html>
<html lang="en">
<head>
{%metas%}
<title>{%title%}</title>
{%favicon%}
{%css%}
</head>
<body>
<a class="skip" href="#page">Skip to the page</a>
{%app_entry%}
<footer>{%config%}{%scripts%}{%renderer%}</footer>
</body>
</html>"""

# The colour scheme is set before anything is painted, or a dark page would flash white. The hook is for all apps of
# the process, so it is registered once.
dmc.pre_render_color_scheme()


def create_app(server, services, asked_from: Callable[[], str]) -> Dash:
    """Create the dashboard on a server.

    Parameters
    ----------
    server : flask.Flask
    services : Services
    asked_from : callable
        Returns the address of the page that sent the current request, or an empty text.

    Returns
    -------
    dash.Dash
    """
    app = Dash(
        "app",
        server=server,
        title="Dashboard",
        update_title=None,
        index_string=_INDEX,
        use_async=False,
        enable_mcp=False,
        suppress_callback_exceptions=True,
        on_error=_explain,
        meta_tags=[
            {
                "name": "description",
                "content": "Drop a table and get a scikit-learn model with an honest evaluation.",
            }
        ],
    )
    app.layout = lambda: _layout(services, _opening(services, asked_from()))
    _register_routing(app, services)
    for page in PAGES:
        page.module.register_callbacks(app, services)
    return app


class Opening(NamedTuple):
    """The content that the browser shows first, and its address, so that it is not requested again."""

    content: Any
    path: str | None = None
    route: str | None = None
    search: str | None = None
    opened: Mapping[str, Any] = {}


def _opening(services, asked_from: str) -> Opening:
    """Return the page at the address of the browser that requests the layout.

    As a part of the layout it needs no request once the scripts run, and nothing is drawn twice. Until the server has
    loaded the libraries of the pages, the layout is the frame alone, whose callback requests the content.
    """
    try:
        address = urlsplit(asked_from)
        if not services.warm.is_set() or address.path not in _BY_PATH:
            return Opening(_loading())
        query = query_of(address.query)
        content, opened = _content(services, address.path, query)
    except Exception:
        # The callback meets the same error, logs it and shows a message.
        return Opening(_loading())
    search = f"?{address.query}" if address.query else ""
    route = _route(address.path, query)
    return Opening(content, address.path, route, search, opened or {})


def _route(path: str, query: Mapping[str, str]) -> str:
    """Return the route of an address, as `navigation.route` in assets/navigation.js computes it."""
    return f"{path} {query.get('run') or query.get('dataset') or DEFAULT_DATASET}"


def _content(
    services, path: str, query: Mapping[str, str]
) -> tuple[Any, Mapping[str, Any] | None]:
    """Return a page and what it is about; None if it is about nothing, or that does not exist."""
    page = _BY_PATH.get(path)
    if page is None:
        return _not_found(), None
    try:
        return page.module.layout(services, query), _about(services, page, query)
    except NotFound as error:
        return _gone(str(error)), None


def _about(services, page: Page, query: Mapping[str, str]) -> Mapping[str, Any] | None:
    if page.module is data:  # whatever run an address may name, it shows a table
        query = {name: value for name, value in query.items() if name != "run"}
    names_one = "run" in query or "dataset" in query
    is_about = (
        page.about == "table"
        or (page.about == "run" and "run" in query)
        or (page.module is share and names_one)
    )
    return subject_of(services, query) if is_about else None


def _layout(services, opening: Opening) -> dmc.MantineProvider:
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="route", data=opening.route),
            dcc.Store(id="search", data=opening.search),
            dcc.Store(id="go"),
            dcc.Store(id="opened", data=opening.opened),
            dcc.Store(id="default-dataset", data=DEFAULT_DATASET),
            dcc.Store(id="pages", data=[_for_browser(page) for page in MENU]),
            dmc.AppShell(
                [
                    dmc.AppShellHeader(_header(services.logged_in()), px="md"),
                    dmc.AppShellNavbar(_navigation(services, opening.path), p="md"),
                    dmc.AppShellMain(
                        [
                            html.Nav(
                                id="subject",
                                className="subject",
                                **{"aria-label": "Table, target and run"},
                            ),
                            html.Div(id="notice", **{"aria-live": "assertive"}),
                            html.Div(opening.content, id="page", tabIndex=-1),
                            html.Footer(_footer(services), className="version"),
                        ]
                    ),
                ],
                id="shell",
                header={"height": 56},
                navbar={
                    "width": 230,
                    "breakpoint": "sm",
                    "collapsed": {"mobile": True},
                },
                padding="md",
            ),
        ],
        theme=MANTINE,
        defaultColorScheme="auto",
    )


def _footer(services) -> list[str]:
    warning = "login is off: whoever reaches this server may use it"
    open_to_all = services.settings.is_open_to_all
    return [f"Dashboard {__version__}" + (f" · {warning}" if open_to_all else "")]


def _for_browser(page: Page) -> dict[str, str | None]:
    """Return what assets/navigation.js knows of a page."""
    return {
        "path": page.path,
        "label": page.label,
        "about": page.about,
        "link": page.link_id,
    }


def _header(person: LoggedIn | None) -> dmc.Group:
    toggle = dmc.ColorSchemeToggle(
        lightIcon=html.Span("☀", **{"aria-hidden": "true"}),
        darkIcon=html.Span("☾", **{"aria-hidden": "true"}),
        variant="default",
        size="lg",
        **{"aria-label": "Switch between light and dark"},
    )
    burger = dmc.Burger(
        id="burger",
        size="sm",
        hiddenFrom="sm",
        opened=False,
        **{"aria-label": "Navigation"},
    )
    brand = dcc.Link("Dashboard", href="/", className="brand")
    return dmc.Group(
        [
            dmc.Group([burger, brand, *_says()], gap="sm", wrap="nowrap", miw=0),
            dmc.Group([*_account(person), toggle], gap="xs", wrap="nowrap"),
        ],
        justify="space-between",
        wrap="nowrap",
        h="100%",
    )


def _account(person: LoggedIn | None) -> list[html.Details]:
    """Return the menu of whoever is logged in; nothing for others."""
    if person is None:
        return []
    # Those are not pages of this app, so their links load them.
    links = [html.A(label, href=address) for label, address in person.links]
    leave = html.Form(
        [
            dcc.Input(type="hidden", name="form_token", value=person.form_token),
            html.Button("Log out", type="submit"),
        ],
        action="/logout",
        method="post",
    )
    name = html.Span(person.name, className="shell-account-name")
    ends = [leave] if person.form_token else []
    menu = [html.Summary(name), html.Div([*links, *ends])]
    return [html.Details(menu, className="shell-account")]


def _says() -> list[html.Span]:
    """Return what the product does, in one sentence, and on a phone in a few words."""
    return [
        html.Span(_PURPOSE, className="purpose purpose-long"),
        html.Span(_IN_SHORT, className="purpose purpose-short"),
    ]


def _navigation(services, current: str | None) -> html.Nav:
    steps = [page for page in PAGES if page.about]
    links = [
        dmc.NavLink(
            id=page.link_id,
            href=page.path,
            label=(
                f"{steps.index(page) + 1}. {page.label}" if page.about else page.label
            ),
            description=page.description,
            variant="filled",
            active=page.path == current,
        )
        for page in MENU
    ]
    return html.Nav(
        dmc.ScrollArea(dmc.Stack([*links, *_report_links(services)], gap=4), h="100%"),
        className="navigation",
        **{"aria-label": "Pages and reports"},
    )


def _report_links(services) -> list[dmc.NavLink]:
    # A report is a page of its own, so its link loads it.
    entries = services.reports.entries() if services.reports else []
    return [
        dmc.NavLink(
            label=entry.title,
            href=f"/reports/{entry.name}/",
            refresh=True,
            className="report-link",
        )
        for entry in [entry for entry in entries if entry.shown][:_MAX_REPORT_LINKS]
    ]


def _loading() -> dmc.Stack:
    bars = [dmc.Skeleton(height=height) for height in (32, 90, 220, 220)]
    return dmc.Stack([dmc.VisuallyHidden("Loading…"), *bars], **{"aria-busy": "true"})


def _register_routing(app: Dash, services) -> None:
    app.clientside_callback(
        ClientsideFunction("navigation", "route"),
        Output("route", "data"),
        Output("search", "data"),
        *[Output(page.link_id, "active") for page in MENU],
        Input("url", "pathname"),
        Input("url", "search"),
        State("route", "data"),
        State("search", "data"),
        State("default-dataset", "data"),
        State("pages", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("context", "show"),
        Output("subject", "children"),
        *[Output(page.link_id, "href") for page in MENU],
        Input("url", "pathname"),
        Input("url", "search"),
        Input("opened", "data"),
        State("default-dataset", "data"),
        State("pages", "data"),
        *[State(page.link_id, "href") for page in MENU],
    )
    app.clientside_callback(
        ClientsideFunction("navigation", "go"),
        Input("go", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("navigation", "back"),
        Output("back", "href"),
        Input("back", "id"),
        State("pages", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("navigation", "toggle"),
        Output("shell", "navbar"),
        Output("burger", "opened"),
        Input("burger", "opened"),
        Input("route", "data"),
        State("shell", "navbar"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("page", "children"),
        Output("notice", "children"),
        Output("opened", "data"),
        Input("route", "data"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def show_page(route, pathname, search):
        content, opened = _content(services, pathname, query_of(search))
        return content, None, no_update if opened is None else opened


def _not_found() -> dmc.Paper:
    return empty(
        "There is no such page",
        "Check the address for typing errors; the page may also have moved.",
        "Open a table",
        "/",
    )


def _gone(sentence: str) -> dmc.Stack:
    back = button_link("Back to the open table", "/", id="back")
    title = dmc.Title("Not found", order=1, size="h2")
    return dmc.Stack([title, message(sentence), html.Div(back)])


def _explain(error: Exception) -> None:
    """Show that a callback failed; an error is logged, but not that something has gone or is refused, which is none."""
    if isinstance(error, (NotFound, Refused)):
        sentence = str(error)
    elif is_refusal(error):
        logging.getLogger(__name__).warning("callback refused: %s", error)
        sentence = refusal(error)
    else:
        logging.getLogger(__name__).error(
            "callback %s failed", ctx.outputs_list, exc_info=error
        )
        sentence = (
            "Something went wrong on the server; the error was logged. "
            "The page is unchanged: try again, or reload it."
        )
    set_props("notice", {"children": message(sentence)})
