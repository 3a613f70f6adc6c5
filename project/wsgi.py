"""The WSGI entry point: `gunicorn wsgi:server`."""

from app.app import create_server

server = create_server()
