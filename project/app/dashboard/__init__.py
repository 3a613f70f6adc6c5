"""The Dash app: one module a page, and the figures that they show."""

from . import document
from .shell import MENU, PAGES, create_app
from .values import VALUE_TYPES

# The addresses of the pages; all others are answered with 404.
PATHS = tuple(page.path for page in PAGES)
# What makes the files that the pages draw, by the name of the export; it loads when somebody asks for one.
DRAWN = {"report": lambda *asked: document.file.document(*asked)}

__all__ = ["DRAWN", "MENU", "PATHS", "VALUE_TYPES", "create_app"]
