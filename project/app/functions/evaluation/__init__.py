"""Evaluation of fitted models: scores, curves, and how they change with more rows."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "challenge",
        "classification",
        "intervals",
        "learning_curves",
        "net_benefit",
        "paired",
        "regression",
        "results",
        "scoring",
        "summary",
        "verdict",
    ],
)
