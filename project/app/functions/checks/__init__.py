"""'Can I trust this?': checks of a model's results and of its data."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "column_scores",
        "copies",
        "data_checks",
        "findings",
        "groups",
        "leaks",
        "likeness",
        "model_checks",
        "quick_model",
        "registry",
        "signal",
        "split_checks",
        "subjects",
        "time_columns",
        "time_order",
    ],
)
