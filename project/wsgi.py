"""The WSGI entry point: `gunicorn wsgi:server`."""

from app.app import create_server
from app.hosting import background

background.forget_docstrings()
server = create_server()
background.start(server.extensions["services"])
