"""The Share page: links and people that may open one table or one run, and until when."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from app import wording
from app.storage.datasets import SAMPLE_PREFIX
from app.storage.shares import EVERYBODY, LINK, Share
from app.ui import components

from ..state import search_of

_INTRO = (
    "Let others open this in their browser. They see what you choose, for as long as you choose, "
    "and you can take it back at any time."
)
_SCOPES = {
    "results": ("The results", "Scores, charts and checks, but not the table."),
    "rows": ("The results and the table", "Everything, row by row."),
    "scoring": ("The results and predictions", "For new rows; not the table."),
}
_DAYS = {"1": "a day", "7": "a week", "30": "30 days", "0": "as long as it is kept"}
# A proxy may serve the dashboard below a path of its own.
_SITE = re.compile(r"(https?://[^?#\s]+)/share(?:[?#]|$)")
_BY_ID = (
    "On this server, whoever knows the address of a table or a run can open it. A link is needed only where it shall "
    "end or show less, and for that the server must be started with LINKS_ONLY=true, or with a login."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return what the table or the run in the URL is shared with, and the form to share it."""
    kind, item = _named(query)
    if not item or item.startswith(SAMPLE_PREFIX):
        return components.page("Share", _INTRO, _nothing(bool(item)))
    name, href = _described(services, kind, item)
    title = dmc.Text(
        [f"The {kind} ", dcc.Link(wording.shortened(name, 80), href=href)], fw=600
    )
    if not services.sharing.is_allowed(kind, item):
        return components.page("Share", _INTRO, title, _not_yours(services))
    return components.page(
        "Share",
        _INTRO,
        title,
        *([components.message(_BY_ID, level="note")] if _opens_by_id(services) else []),
        dcc.Store(id="share-item", data={"kind": kind, "item": item}),
        components.section("Share it", *_form(services, kind)),
        components.section(
            "What is shared", html.Div(dmc.Skeleton(height=60), id="share-list")
        ),
    )


def _named(query: Mapping[str, str]) -> tuple[str, str]:
    if "run" in query:
        return "run", query["run"]
    return "table", query.get("dataset", "")


def _described(services, kind: str, item: str) -> tuple[str, str]:
    if kind == "table":
        dataset = services.datasets.get(item)
        return dataset.name, "/" + search_of({"dataset": item})
    training = services.runs.training(item)
    name = f"for {training.settings.target} in {training.run.dataset.name}"
    return name, "/evaluate" + search_of({"run": item})


def _opens_by_id(services) -> bool:
    return services.actor().opens_by_id


def _nothing(is_sample: bool) -> Any:
    why = (
        "Everybody here can open a sample. Train a model on it, and share the run."
        if is_sample
        else "Open a table or a run first, then choose Share above it."
    )
    return components.empty("There is nothing to share", why, "Open a table", "/")


def _not_yours(services) -> html.Div:
    why = (
        "It was made by somebody else, or in another browser. Send its address instead."
        if _opens_by_id(services)
        else "It belongs to somebody else: only who made it can share it."
    )
    return components.message(why, "You cannot share this", level="note")


def _form(services, kind: str) -> list[Any]:
    people = [(LINK, "Whoever has the link")]
    if services.actor().user:
        people.append((EVERYBODY, "Everybody who is logged in"))
        people.append(("person", "One person"))
    scopes = [_scope(key) for key in _SCOPES] if kind == "run" else []
    return [
        dmc.Stack(
            [
                dmc.Select(
                    id="share-to",
                    label="With whom",
                    data=[{"value": value, "label": label} for value, label in people],
                    value=LINK,
                    allowDeselect=False,
                    maw=340,
                ),
                html.Div(
                    dmc.TextInput(
                        id="share-person", label="The person's name", maw=340
                    ),
                    id="share-person-box",
                    hidden=True,
                ),
                dmc.RadioGroup(
                    dmc.Stack(scopes, gap="xs", mt=4),
                    id="share-scope",
                    label="What they see",
                    value="results" if kind == "run" else "rows",
                    display="block" if scopes else "none",
                ),
                dmc.Select(
                    id="share-days",
                    label="For how long",
                    data=[{"value": v, "label": t} for v, t in _DAYS.items()],
                    value="7",
                    allowDeselect=False,
                    maw=340,
                ),
                html.Div(dmc.Button("Share", id="share-create")),
                html.Div(id="share-says", role="status"),
            ],
            gap="sm",
        )
    ]


def _scope(key: str) -> dmc.Radio:
    label, description = _SCOPES[key]
    return dmc.Radio(label=label, description=description, value=key)


def register_callbacks(app: Dash, services) -> None:
    """Share, list the shares, and take them back."""

    @app.callback(
        Output("share-list", "children"),
        Output("share-says", "children"),
        Input("share-item", "data"),
        Input("share-create", "n_clicks"),
        Input({"kind": "share-revoke", "share": ALL}, "n_clicks"),
        State("share-to", "value"),
        State("share-person", "value"),
        State("share-scope", "value"),
        State("share-days", "value"),
        State("url", "href"),
    )
    def change(named, _, revoked, to, person, scope, days, href):
        kind, item = _asked(named)
        if kind is None:
            return no_update, no_update
        said: Any = None
        asked = ctx.triggered_id
        if asked == "share-create":
            try:
                services.sharing.check(kind, item)
                owner = _owner(services, to, person)
                share = services.sharing.create(kind, item, owner, scope, _days(days))
                said = _shared(share, services)
            except ValueError as error:
                said = components.message(str(error))
        elif isinstance(asked, dict) and any(revoked):
            services.sharing.revoke(kind, item, str(asked["share"]))
            said = components.message("Taken back: it no longer opens.", level="good")
        return share_list(services, kind, item, _site(href)), said

    app.clientside_callback(
        "(to) => to !== 'person'",
        Output("share-person-box", "hidden"),
        Input("share-to", "value"),
    )


def _asked(named: Any) -> tuple[str | None, str]:
    if not isinstance(named, dict) or named.get("kind") not in ("table", "run"):
        return None, ""
    return named["kind"], str(named.get("item", ""))


def _days(chosen: Any) -> int | None:
    if not isinstance(chosen, str) or chosen not in _DAYS:
        raise ValueError("Choose for how long.")
    return int(chosen) or None


def _site(href: Any) -> str:
    """Return the address of the dashboard, from that of this page as the browser tells it."""
    found = _SITE.match(href if isinstance(href, str) else "")
    return found[1] if found else ""


def _owner(services, to: Any, person: Any) -> str:
    if to == "person":
        return services.people.owner(str(person or "").strip())
    if to == EVERYBODY and services.actor().user:
        return EVERYBODY
    return LINK


def _shared(share: Share, services) -> html.Div:
    text = (
        "The link is below: copy it and send it."
        if share.to == LINK
        else "Send the address of the page: it opens now."
    )
    return components.message(text, "Shared", level="good")


def share_list(services, kind: str, item: str, site: str) -> Any:
    """Return the shares of an item, the newest first, with their links on this site."""
    found = services.sharing.of(kind, item)
    if not found:
        return dmc.Text("Nothing has been shared yet.", c="dimmed")
    return html.Ul(
        [_entry(services, kind, item, share, site) for share in reversed(found)],
        className="shares",
    )


def _entry(services, kind: str, item: str, share: Share, site: str) -> html.Li:
    whom = _whom(services, share)
    what = _SCOPES[share.scope][0].lower() if share.scope in _SCOPES else share.scope
    seen = f"{what}, " if kind == "run" else ""
    link = f"{site}{services.sharing.path(kind, item, share)}"
    shown = [
        dmc.TextInput(
            value=link, readOnly=True, flex=1, size="xs", **{"aria-label": "Link"}
        ),
        html.Button(
            "Copy", type="button", className="library-button", **{"data-copy": link}
        ),
    ]
    return html.Li(
        [
            html.Div(
                [
                    html.Div(whom, className="whole"),
                    dmc.Text(f"{seen}{_until(share)}", size="xs", c="dimmed"),
                ],
                className="share-whom",
            ),
            *([html.Div(shown, className="share-copy")] if share.to == LINK else []),
            html.Button(
                "Take back",
                id={"kind": "share-revoke", "share": share.id},
                type="button",
                className="library-button",
                **{"aria-label": f"Take back what {whom.lower()} can open"},
            ),
        ]
    )


def _whom(services, share: Share) -> str:
    if share.to == LINK:
        return "Whoever has the link"
    if share.to == EVERYBODY:
        return "Everybody who is logged in"
    return services.people.name(share.to)


def _until(share: Share) -> str:
    if share.expires is None:
        return "as long as it is kept"
    date = datetime.fromtimestamp(share.expires, timezone.utc)
    return f"until {date.day} {date:%B %Y, %H:%M} UTC"
