"""The Dash app: one module a page, and the figures that they show."""

from .shell import MENU, PAGES, create_app
from .values import VALUE_TYPES

# The addresses of the pages; all others are answered with 404.
PATHS = tuple(page.path for page in PAGES)

__all__ = ["MENU", "PATHS", "VALUE_TYPES", "create_app"]
