"""From a file's bytes to typed columns: formats, roles, the profile, tasks and samples."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "amounts",
        "column_kinds",
        "column_names",
        "column_readings",
        "column_types",
        "columns",
        "corrections",
        "date_words",
        "dates",
        "distinct",
        "durations",
        "insights",
        "labels",
        "missing",
        "numbers",
        "orders",
        "pairs",
        "positive_class",
        "ordinals",
        "profiling",
        "rare_classes",
        "reading",
        "relations",
        "remarks",
        "roles",
        "samples",
        "schema",
        "serialization",
        "targets",
        "tasks",
    ],
)
