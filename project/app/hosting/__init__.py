"""The Flask side: routes beside the dashboard, and what guards and logs every request."""

from . import (
    background,
    callbacks,
    compression,
    errors,
    headers,
    health,
    logs,
    reports,
    uploads,
)

__all__ = [
    "background",
    "callbacks",
    "compression",
    "errors",
    "headers",
    "health",
    "logs",
    "reports",
    "uploads",
]
