"""A trained model at work: new rows made to fit its schema, predicted, and compared with those it learned from."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=["conformal", "conforming", "predicting", "reasons", "results"],
)
