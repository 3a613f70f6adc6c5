"""Pure scikit-learn: tables and arrays in, results out.

The rooms and their modules load on first use, so that importing this package costs nothing::

    from app import functions

    functions.tables.profiling.profile_table(frame)
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["checks", "evaluation", "models", "scoring", "tables"]
)
