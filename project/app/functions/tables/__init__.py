"""From a file's bytes to typed columns: formats, roles, the profile, tasks and samples."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "column_names",
        "column_types",
        "columns",
        "dates",
        "numbers",
        "orders",
        "profiling",
        "reading",
        "roles",
        "samples",
        "schema",
        "serialization",
        "tasks",
    ],
)
