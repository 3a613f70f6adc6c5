"""A run as code: a script and a notebook that repeat it with scikit-learn and without this project."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["files", "verifying"]
)
