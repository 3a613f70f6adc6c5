"""The choices made in a report, kept in the page's address, so that a link opens the same view."""

from __future__ import annotations

import json

from dash import Dash, Input, Output, State, dcc

_ID = "kit-address"
# Numbers stay numbers, and several choices stay a list; an invalid number leaves the choice unchanged.
_READ = """function (search, ...now) {
    const said = new URLSearchParams(search);
    return %s.map((name, i) => {
        if (!said.has(name)) return window.dash_clientside.no_update;
        if (Array.isArray(now[i])) return said.getAll(name).filter(Boolean);
        if (typeof now[i] !== "number") return said.get(name);
        const number = Number(said.get(name) || NaN);
        return Number.isFinite(number) ? number : window.dash_clientside.no_update;
    });
}"""
_WRITE = """function (...values) {
    const query = new URLSearchParams(window.location.search);
    %s.forEach((name, i) => {
        const value = values[i];
        query.delete(name);
        if (value === null || value === undefined) return;
        const several = Array.isArray(value) ? (value.length ? value : [""]) : [value];
        several.forEach((one) => query.append(name, one));
    });
    window.history.replaceState(window.history.state, "", window.location.pathname + "?" + query);
}"""


def address() -> dcc.Location:
    """Return the components that a layout needs for `keep_in_address`."""
    return dcc.Location(id=_ID, refresh=False)


def keep_in_address(app: Dash, **inputs: str) -> None:
    """Keep the values of inputs in the address; the layout must contain an `address()`.

    Parameters
    ----------
    app : dash.Dash
    **inputs
        The name in the address, and the id of the input whose 'value' it is. The address may hold anything:
        callbacks must check it like every value from a browser.
    """
    names = json.dumps(list(inputs))
    app.clientside_callback(
        _READ % names,
        [Output(input_id, "value") for input_id in inputs.values()],
        [Input(_ID, "search")],
        [State(input_id, "value") for input_id in inputs.values()],
    )
    app.clientside_callback(
        _WRITE % names,
        [Input(input_id, "value") for input_id in inputs.values()],
        prevent_initial_call=True,
    )
