"""A run as one HTML file: what its pages show, drawn once, without the server."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["file"])
