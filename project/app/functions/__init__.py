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
        "encoders",
        "evaluation",
        "learning",
        "models",
        "persistence",
        "pipelines",
        "profiling",
        "reading",
        "regression",
        "samples",
        "scoring",
        "search",
        "splitting",
        "training",
    ],
)
