"""The Flask side: the other routes of the server, and what guards and logs every request."""
