"""The code of a metric, taken from the table of metrics."""

from __future__ import annotations

import ast
import inspect

from app import functions

from ..sources import Source, source_of

_MODULE = "app.functions.evaluation.scoring"
# Where `compute` stands among the arguments of a metric.
_POSITION = 4


def metric_code(metric: str) -> tuple[str, Source]:
    """Return an expression that scores, and the functions that it calls.

    Parameters
    ----------
    metric : str
        A key of ``scoring.METRICS``.

    Returns
    -------
    (expression, source) : tuple of str and Source
        The expression has ``y`` and ``output`` in it.
    """
    module = inspect.getsource(functions.evaluation.scoring)
    calls = [
        node
        for node in ast.walk(ast.parse(module))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "Metric"
        and getattr(node.args[0], "value", "") == metric
    ]
    compute = calls[0].args[_POSITION]
    if isinstance(compute, ast.Lambda):
        compute = compute.body
        text = ast.unparse(compute)
    else:
        text = f"{ast.unparse(compute)}(y, output)"
    return text, source_of((), (_MODULE, compute))
