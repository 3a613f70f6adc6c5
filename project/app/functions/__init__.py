"""Pure computations: tables and arrays in, results out.

The modules load on first use, so that importing this package costs nothing::

    from app import functions

    functions.profiling.profile_table(frame)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "checks",
        "classification",
        "closing_times",
        "columns",
        "data_checks",
        "encoders",
        "estimators",
        "evaluation",
        "events",
        "experiments",
        "findings",
        "forecasting",
        "funnels",
        "group_differences",
        "leaks",
        "learning",
        "models",
        "orders",
        "outcomes",
        "overlap",
        "persistence",
        "pipelines",
        "planning",
        "prices",
        "profiling",
        "proportions",
        "reading",
        "regression",
        "regression_demo",
        "roles",
        "samples",
        "scoring",
        "search",
        "service_request_sample",
        "service_requests",
        "splitting",
        "tables",
        "tasks",
        "training",
        "verdicts",
    ],
)
