"""How gunicorn serves the dashboard; every variable is described in app/settings.py."""

import os

bind = f"0.0.0.0:{os.environ.get('PORT', '8050')}"
worker_class = "gthread"
workers = 1
threads = 8
