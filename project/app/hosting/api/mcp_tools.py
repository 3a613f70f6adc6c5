"""The five tools of the Model Context Protocol: what they take, what they say of themselves, and what they do."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from werkzeug.exceptions import HTTPException

from app.accounts import Refused as RefusedByRole
from app.jobs.models import Refused, Unavailable
from app.services import Services
from app.storage import NotFound

from . import predictions, runs
from .operations import definitions, what_is_wrong

# What a model of language reads: the whole list of a column with a thousand categories helps nobody.
_MOST_CATEGORIES = 50
_MOST_RUNS = 50


class Failed(Exception):
    """Why a tool has no answer, as a sentence."""


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes
    ----------
    name, title, description : str
    takes : str
        A name among the `definitions`.
    work : callable
        Called with an object of it.
    """

    name: str
    title: str
    description: str
    takes: str
    work: Callable[[Any], dict[str, Any]]

    @functools.cached_property
    def schema(self) -> dict[str, Any]:
        """What it takes, as JSON Schema."""
        return definitions()[self.takes].model_json_schema()


class Tools:
    """The tools of one server.

    Parameters
    ----------
    services : Services
    """

    def __init__(self, services: Services):
        self._services = services
        self._tools = {tool.name: tool for tool in self._all()}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tools."""
        return tuple(self._tools)

    def described(self) -> list[dict[str, Any]]:
        """Return what a client needs to know of the tools; none changes anything."""
        return [
            {
                "name": tool.name,
                "title": tool.title,
                "description": tool.description,
                "inputSchema": tool.schema,
                "annotations": {
                    "readOnlyHint": True,
                    "idempotentHint": True,
                    "openWorldHint": False,
                },
            }
            for tool in self._tools.values()
        ]

    def call(self, name: str, arguments: Any) -> dict[str, Any]:
        """Return what a tool answers.

        Raises
        ------
        Failed
            The sentence says why not.
        """
        tool = self._tools[name]
        try:
            taken = definitions()[tool.takes].model_validate(arguments)
        except ValueError as error:
            raise Failed(what_is_wrong(error)[0]) from None
        try:
            return tool.work(taken)
        except (NotFound, RefusedByRole, Refused, Unavailable) as error:
            raise Failed(str(error)) from None
        except HTTPException as error:
            raise Failed(error.description or "This is not possible.") from None

    def _all(self) -> tuple[Tool, ...]:
        return (
            Tool(
                "list_runs",
                "List runs",
                "List the trainings that there are, the newest first: their ids, what each predicts from which table, "
                "and whether it is done.",
                "ListRuns",
                lambda taken: {"runs": runs.listed(self._services, _MOST_RUNS)},
            ),
            Tool(
                "describe_run",
                "Describe a run",
                "Describe what a run's models predict and how well, on rows that no model had seen; the columns that "
                "they take, with the values they have seen; and the warnings of the checks.",
                "RunModel",
                self._describe,
            ),
            Tool(
                "predict",
                "Predict rows",
                "Predict the target of a run for up to 10,000 rows. Rows that cannot be predicted are listed with the "
                "reason.",
                "PredictTool",
                lambda taken: self._ask("predict", taken, "model", "threshold"),
            ),
            Tool(
                "explain",
                "Explain predictions",
                "Predict up to 100 rows, and name the columns whose values move each prediction most.",
                "ExplainTool",
                lambda taken: self._ask("explain", taken, "model"),
            ),
            Tool(
                "check_table",
                "Check a table",
                "Check up to 10,000 rows against what a run's models have learned from: missing and surplus columns, "
                "values that cannot be read, were never seen or are out of range.",
                "CheckTool",
                lambda taken: self._ask("check", taken),
            ),
        )

    def _ask(self, what: str, taken: Any, *names: str) -> dict[str, Any]:
        fields = {name: getattr(taken, name) for name in names}
        return predictions.asked(
            self._services, what, taken.run, rows=taken.rows, **fields
        )

    def _describe(self, taken: Any) -> dict[str, Any]:
        training = self._services.runs.training(taken.run)
        described = runs.described(training)
        model = taken.model or training.summary.best
        if not model:
            return {"run": described}
        found = runs.result(self._services, training, model)
        columns = runs.schema(self._services, training)["columns"]
        for column in columns:
            more = len(column["categories"]) - _MOST_CATEGORIES
            if more > 0:
                column["categories"] = column["categories"][:_MOST_CATEGORIES]
                column["more_categories"] = more
        scores = runs.results(training)
        return {
            "run": described,
            "classes": scores["classes"],
            "metric": scores["metric"],
            "models": scores["models"],
            "model": {k: v for k, v in found.items() if k not in ("run", "findings")},
            "warnings": found["findings"],
            "columns": columns,
        }
