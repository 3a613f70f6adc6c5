"""The Dash app: one module a page, figures and shared components."""

from .shell import create_app

__all__ = ["create_app"]
