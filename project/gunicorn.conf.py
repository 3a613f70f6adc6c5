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

from app.accounts import login_settings  # noqa: E402
from app.hosting import isolation, logs, proxies, reports  # noqa: E402
from app.settings import Settings  # noqa: E402

try:
    settings = Settings.from_environ()
    reports.check(settings)
    login_settings.check(settings)
    proxies.check_hosts(settings)
except ValueError as error:
    sys.exit(str(error))

# Arrow's own allocator keeps freed memory; the system's returns it.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

bind = f"{settings.listen}:{settings.port}"
# Reads whole requests before a thread sees them.
worker_class = "app.hosting.buffered_worker.BufferedWorker"
# One worker by default; gunicorn reads WEB_CONCURRENCY itself.
threads = 8
# Browsers open up to six each. Beyond this, those that nobody uses are closed.
worker_connections = 2000
if settings.isolates_reports:
    # Some wait for the processes of reports.
    threads += isolation.MORE_THREADS

# Longer than the proxies in front keep an idle connection: none may send on one that was just closed.
keepalive = 75
# Platforms send SIGKILL a few seconds after SIGTERM.
graceful_timeout = 3
limit_request_line = 8190

# In memory, as a disk may be slow or read-only. Gunicorn creates its own file there, under a random name.
memory = "/dev/shm"  # nosec B108
if os.access(memory, os.W_OK):
    worker_tmp_dir = memory
control_socket_disable = True

logconfig_dict = logs.config(
    settings.log_level, settings.google_cloud_project, settings.revision
)
# Warnings, such as those of a report's code, become lines of JSON too.
logging.captureWarnings(True)


# Several workers keep their metrics here; the one that is scraped adds them up (app/hosting/metrics.py).
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server):
    """Tell workers and training processes which server they belong to; training processes end with it."""
    os.environ["SERVER_PID"] = str(os.getpid())
    os.environ["SERVER_ID"] = secrets.token_hex(8)
    os.environ["SERVER_STARTED"] = str(time.time())
    os.environ.pop(METRICS_FOLDER, None)
    if server.cfg.workers > 1:
        os.environ[METRICS_FOLDER] = tempfile.mkdtemp(prefix="dashboard-metrics-")


def when_ready(server):
    """Say what is open to strangers."""
    if not settings.allowed_hosts:
        server.log.info("ALLOWED_HOSTS is not set: the server answers to any name")


def child_exit(server, worker):
    """Drop the gauges of a worker that has exited; its counters stay."""
    if METRICS_FOLDER in os.environ:
        # Imported here: the library decides at import whether there are several workers.
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def on_exit(server):
    """Remove the metrics of this server."""
    if METRICS_FOLDER in os.environ:
        shutil.rmtree(os.environ[METRICS_FOLDER], ignore_errors=True)
