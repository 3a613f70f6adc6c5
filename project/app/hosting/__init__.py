"""The Flask side: routes beside the dashboard, and what guards and logs every request."""
