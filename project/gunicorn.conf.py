"""How gunicorn serves the dashboard; every variable is described in app/settings.py."""

import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from app.hosting import logs, reports  # noqa: E402
from app.settings import Settings  # noqa: E402

try:
    settings = Settings.from_environ()
    reports.check(settings)
except ValueError as error:
    sys.exit(str(error))

# Arrow's own allocator keeps what it once had; the system's gives it back.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

bind = f"0.0.0.0:{settings.port}"
worker_class = "gthread"
# One worker; gunicorn itself reads WEB_CONCURRENCY for more.
threads = 8

# Longer than the proxies in front keep an idle connection, so that none sends into one just closed.
keepalive = 75
# A platform that sends SIGTERM kills some seconds later.
graceful_timeout = 3
limit_request_line = 8190

# Memory, not a disk that may be slow or read-only. Gunicorn makes its own file there, under a random name.
memory = "/dev/shm"  # nosec B108
if os.access(memory, os.W_OK):
    worker_tmp_dir = memory
control_socket_disable = True

logconfig_dict = logs.config(
    settings.log_level, settings.google_cloud_project, settings.revision
)
# Warnings too, of a report's code say, become lines of JSON.
logging.captureWarnings(True)


# Where several workers keep their metrics, so that whichever is asked can add them up (app/hosting/metrics.py).
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server):
    """Tell the processes that train, and the workers, which server they belong to: the former end when it does."""
    os.environ["SERVER_PID"] = str(os.getpid())
    os.environ["SERVER_ID"] = secrets.token_hex(8)
    os.environ["SERVER_STARTED"] = str(time.time())
    os.environ.pop(METRICS_FOLDER, None)
    if server.cfg.workers > 1:
        os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="dashboard-metrics-")


def child_exit(server, worker):
    """Forget what a worker that is gone was doing; what it has done still counts."""
    if METRICS_FOLDER in os.environ:
        # Here, as the library decides when it is loaded whether there are several workers.
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Remove what only this server could read."""
    if METRICS_FOLDER in os.environ:
        shutil.rmtree(os.environ[METRICS_FOLDER], ignore_errors=True)
