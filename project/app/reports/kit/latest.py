"""What a report on an API shows: the newest data that was fetched, or a sample until there is some."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from dash import html

from app.ui.components import message

from .api import Answer, Api

if TYPE_CHECKING:
    from .source import Tables


class Latest:
    """The newest data of a source.

    Parameters
    ----------
    api : Api
    questions : callable
        ``questions(today)`` returns what is asked; see `Api.look`.
    read : callable
        ``read(tables, today)`` returns what the report computes with; ValueError says why the tables cannot be used.
    sample : callable
        ``sample(today)`` returns the same for invented data.
    """

    def __init__(
        self,
        api: Api,
        questions: Callable[[date], Mapping[str, str]],
        read: Callable[[Tables, date], Any],
        sample: Callable[[date], Any],
    ):
        self._api = api
        self._questions = questions
        self._read = read
        self._sample = sample
        self._lock = threading.Lock()
        self._known: tuple[Any, date | None, Any] = (None, None, None)

    def now(self, today: date | None = None) -> tuple[Any, Answer]:
        """Return the data and what is known of its source; never waits for it.

        Parameters
        ----------
        today : datetime.date, optional
            Default: the day on which this is called.

        Returns
        -------
        data : object
            What `read` returned, or `sample` if the answer's ``tables`` is None.
        answer : Answer
        """
        today = today or date.today()
        answer = self._api.look(
            self._questions(today), lambda tables: self._read(tables, today)
        )
        if answer.tables is not None:
            try:
                return self._once(answer.tables, today), answer
            except ValueError as error:  # kept by another version of the report
                answer = replace(answer, tables=None, fetched=None, problem=str(error))
        return self._once(None, today), answer

    def _once(self, tables: Tables | None, today: date) -> Any:
        """Read the tables, or make the sample, unless that was done for the last visitor."""
        with self._lock:  # the others wait for the first one's result
            known_tables, known_day, data = self._known
            if known_tables is not tables or known_day != today:
                is_sample = tables is None
                data = self._sample(today) if is_sample else self._read(tables, today)
                self._known = (tables, today, data)
            return data


def freshness(answer: Answer, more: str = "") -> html.Div:
    """Return a message that says where the numbers come from, how old they are, and what is wrong with them.

    Parameters
    ----------
    answer : Answer
    more : str
        A further sentence about the data.

    Returns
    -------
    dash.html.Div
    """
    if answer.tables is None:
        text = f"These numbers are invented, because there is no data from {answer.source} yet. {answer.says()}"
        return message(text, "Sample data", "warning")
    text = f"{answer.says()} {more}".strip()
    return message(text, level="warning" if answer.stale else "note")
