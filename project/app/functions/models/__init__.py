"""From a table to fitted pipelines: the catalogue, encoders, splitting, search, training and persistence."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "brought",
        "calibration",
        "catalogue",
        "differences",
        "durations",
        "efforts",
        "encoders",
        "estimators",
        "fitting",
        "model_options",
        "options",
        "persistence",
        "pipelines",
        "row_filters",
        "row_options",
        "rows",
        "search",
        "settings",
        "splitting",
        "training",
    ],
)
