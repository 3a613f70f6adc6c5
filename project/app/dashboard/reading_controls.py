"""'Change how it is read': the encoding, the delimiter, the decimal mark and the header of a text file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html

from app import functions

# Of what the browser sends.
MAX_CHOICE = 500
# A select has no empty value.
_AS_IT_IS = "as it is"
_PARTS = ("encoding", "delimiter", "decimal", "header")


def how_it_was_read(dataset) -> Any:
    """Return the sentence on how a text file was read; None of another file.

    Parameters
    ----------
    dataset : Dataset
    """
    if not dataset.how:
        return None
    module, how = functions.tables.reading_choices, dataset.how
    encoding = how.get("encoding", "")
    delimiter = module.DELIMITERS.get(how.get("delimiter", ""), "other").lower()
    names = (
        "no row with names"
        if how.get("header") == module.NO_HEADER
        else f"names in row {how.get('header')}"
    )
    decimal = module.DECIMALS.get(how.get("decimal", ""))
    parts = [
        module.ENCODINGS.get(encoding, encoding.upper()),
        f"cells separated by {delimiter}",
        names,
        *([f"decimal {decimal.lower()}"] if decimal else []),
    ]
    chosen = " You chose how." if dataset.chosen else ""
    return html.P(f"{', '.join(parts)}.{chosen}", className="hint mb", id="how-read")


def reading_controls(dataset) -> html.Div:
    """Return the controls, folded; nothing where the file was not kept or is no text.

    Parameters
    ----------
    dataset : Dataset
    """
    if not dataset.how:
        return html.Div(hidden=True)
    module, chosen = functions.tables.reading_choices, dataset.chosen
    controls = [
        _select("encoding", "Encoding", module.ENCODINGS, chosen),
        _select("delimiter", "Delimiter", module.DELIMITERS, chosen),
        _select("decimal", "Decimal mark", module.DECIMALS, chosen),
        dmc.TextInput(
            id="read-header",
            label="Row with the names",
            placeholder="As the file tells",
            description=f"A number, or '{module.NO_HEADER}'",
            inputWrapperOrder=["label", "input", "description", "error"],
            value=chosen.get("header", ""),
        ),
    ]
    return html.Div(
        html.Details(
            [
                html.Summary("Change how it is read"),
                dmc.SimpleGrid(controls, cols={"base": 1, "sm": 2, "lg": 4}, mb="sm"),
                dmc.Button("Read the file again", id="read-again", variant="default"),
            ]
        ),
        className="checks mt",
    )


def _select(
    part: str, label: str, options: Mapping[str, str], chosen: Mapping[str, str]
) -> dmc.Select:
    data = [{"value": _AS_IT_IS, "label": "As the file tells"}]
    data += [{"value": key, "label": text} for key, text in options.items()]
    return dmc.Select(
        id=f"read-{part}",
        label=label,
        data=data,
        value=chosen.get(part) or _AS_IT_IS,
        allowDeselect=False,
        searchable=part == "encoding",
    )


def register_reading_controls(app: Dash) -> None:
    """Register the callback: the button asks for another reading, as an offer does."""
    app.clientside_callback(
        ClientsideFunction("data", "readAgain"),
        Output("correction", "data", allow_duplicate=True),
        Input("read-again", "n_clicks"),
        *[State(f"read-{part}", "value") for part in _PARTS],
        prevent_initial_call=True,
    )
