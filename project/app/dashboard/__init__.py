"""The Dash app: one module a page, and the figures that they show."""

from .shell import MENU, PAGES, create_app

# The addresses of the pages; all others are answered with 404.
PATHS = tuple(page.path for page in PAGES)

__all__ = ["MENU", "PATHS", "create_app"]
