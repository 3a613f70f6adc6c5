"""The part of a model card that people fill in, on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html

from app import wording
from app.exports.cards import HEADINGS
from app.storage.card_fields import MAX_LENGTH, NAMES, CardFields, kept
from app.storage.runs import TrainingRun
from app.ui import components

SAVED = "Saved. It is in every file that is prepared from now on."
_ASKED = {
    "intended_use": "For what is it to be used, and by whom?",
    "not_for": "What must it not be used for?",
    "people": "Whom do its predictions concern, and how could they be harmed?",
    "limits": "Where is it known to fail?",
    "contact": "Who answers for it?",
    "licence": "Under which licence are the model and the data?",
}


def card_form(services, training: TrainingRun) -> dmc.Paper:
    """Return what was written into the card: to be edited by those who may work on the run.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    """
    written = kept(services.runs, training.id)
    may = services.permissions.may("work", "run", training.id)
    fields = [_field(name, getattr(written, name), may) for name in NAMES]
    save = dmc.Group(
        [
            dmc.Button("Save", id="card-save", variant="default"),
            html.Div(id="card-saved", role="status"),
        ],
        mt="md",
    )
    return components.section(
        "The model card",
        dmc.SimpleGrid(fields, cols={"base": 1, "sm": 2}),
        *([save] if may else []),
        hint="Scores, checks and versions stand in it by themselves. What only you know goes here, and may stay empty.",
    )


def _field(name: str, value: str, may: bool) -> dmc.Textarea:
    return dmc.Textarea(
        id={"kind": "card-field", "name": name},
        label=HEADINGS[name],
        description=_ASKED[name],
        value=value,
        autosize=True,
        minRows=2,
        maxRows=8,
        readOnly=not may,
    )


def fields_of(sent: Mapping[str, Any]) -> CardFields:
    """Return what the browser sent, by the names of the fields; what is no text is empty.

    Parameters
    ----------
    sent : mapping of str

    Raises
    ------
    ValueError
        A text is too long to be kept.
    """
    texts = {}
    for name in NAMES:
        text = sent.get(name)
        texts[name] = text if isinstance(text, str) else ""
        if len(texts[name]) > MAX_LENGTH:
            raise ValueError(
                f"'{HEADINGS[name]}' has {wording.number(len(text))} characters, but at most "
                f"{wording.number(MAX_LENGTH)} are kept. Shorten it; nothing was saved."
            )
    return CardFields(**texts)
