"""'Can I trust this?': checks of a model's results and of its data."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "data_checks",
        "findings",
        "leaks",
        "model_checks",
        "overlap",
        "signal",
    ],
)
