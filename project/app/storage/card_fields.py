"""What people write into the card of a run's model, beside the run's record."""

from __future__ import annotations

from dataclasses import dataclass, fields

from .runs import RunStore

MAX_LENGTH = 2_000
_NAME = "card"


@dataclass(frozen=True)
class CardFields:
    """The parts of a model card that only people know; each may be empty.

    Attributes
    ----------
    intended_use : str
        For what, and by whom, the model is to be used.
    not_for : str
        For what it is not to be used.
    people : str
        Whom its predictions concern, and how they could be harmed.
    limits : str
        What else is known of where it fails.
    contact : str
        Who answers for it.
    licence : str
        Of the model and of the data.
    """

    intended_use: str = ""
    not_for: str = ""
    people: str = ""
    limits: str = ""
    contact: str = ""
    licence: str = ""


NAMES = tuple(field.name for field in fields(CardFields))


def keep(runs: RunStore, run_id: str, written: CardFields) -> None:
    """Keep what somebody wrote.

    Parameters
    ----------
    runs : RunStore
    run_id : str
    written : CardFields
        Each cut to 2,000 characters.

    Raises
    ------
    NotFound
        There is no such run, or no longer, or it is not theirs to work on.
    """
    texts = {name: _tidy(getattr(written, name)) for name in NAMES}
    runs.write_result(run_id, _NAME, CardFields(**texts))


def kept(runs: RunStore, run_id: str) -> CardFields:
    """Return what was written; all empty if nothing was.

    Raises
    ------
    NotFound
        There is no such run, or no longer.
    """
    return runs.result(run_id, _NAME, CardFields) or CardFields()


def _tidy(text: str) -> str:
    # JSON can hold half a character, which no file can.
    whole = text.encode("utf-8", "replace").decode("utf-8")
    printable = "".join(c for c in whole if c == "\n" or c.isprintable())
    return printable[:MAX_LENGTH].strip()
