"""The data contract of a run as a file: as the run keeps it, or as it can be told of one of before."""

from __future__ import annotations

import orjson

from app import functions

from .export import Context

_KEPT = "contract"
_OLD = "This run is from an older version, which did not keep what this needs. Train it again."


def make(context: Context) -> bytes:
    """Return the contract as JSON.

    Parameters
    ----------
    context : Context

    Raises
    ------
    ValueError
        An older version did not keep what the columns were like.
    """
    run_id = context.training.id
    known = context.runs.result(run_id, _KEPT, dict)
    if known is None:
        schema = context.runs.schema(run_id)
        if schema is None:
            raise ValueError(_OLD)
        target = context.training.settings.target
        known = functions.scoring.contract.contract_of(schema, target)
    return orjson.dumps(known, option=orjson.OPT_INDENT_2)
