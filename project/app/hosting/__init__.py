"""The Flask side: routes beside the dashboard, and what guards and logs every request."""


def install_before(server, services):
    """Placeholder."""


def install_after(server, services, app):
    """Placeholder."""
