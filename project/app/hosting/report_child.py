"""Builds an isolated report and serves it, by the same Flask server as within the dashboard's own process."""

from __future__ import annotations

import base64
import json
import logging
import logging.config
import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import waitress

from app.reporting.metadata import Entry
from app.reporting.versions import Broken, execute, failed
from app.storage import DatasetStore, UploadStore

from . import actors, logs
from .report_server import build_report
from .report_tables import ALLOWED, PASSED_ON, WANTED_TO_END, VisitorTables

THREADS = 6
MAX_REQUEST_BYTES = 8 * 1024**2

logger = logging.getLogger(__name__)


def serve(order: dict[str, Any], socket: str, ready: int) -> int:
    """Build a report, say how that went, and serve it until the process is ended.

    Parameters
    ----------
    order : dict
        As `isolation.Isolated` writes it.
    socket : str
        Where to listen.
    ready : int
        The descriptor to which the outcome is written.

    Returns
    -------
    int
        The status of the process, if it could not be built.
    """
    logging.config.dictConfig(logs.config(*order["logging"]))
    logging.captureWarnings(True)
    threading.excepthook = _log_thread
    try:
        app = _build(order)
        server = waitress.create_server(
            _Passed(app),
            unix_socket=socket,
            unix_socket_perms="600",
            threads=THREADS,
            ident=None,
            clear_untrusted_proxy_headers=False,
            max_request_body_size=MAX_REQUEST_BYTES,
        )
    except BaseException as error:  # sys.exit too is said
        _say(ready, _problem(error, order["name"]))
        return 1
    _say(ready, {})
    server.run()
    return 0


def _build(order: dict[str, Any]) -> Callable:
    entry = Entry(
        name=order["name"],
        path=Path(order["path"]),
        title=order["title"],
        description=order["description"],
        tags=(),
        problem=None,
        stamp=(),
        source=base64.b64decode(order["source"]),
    )
    data_dir = Path(order["data_dir"])
    tables = {
        "datasets": VisitorTables(DatasetStore(data_dir / "datasets")),
        "uploads": UploadStore(data_dir / "uploads", order["max_upload_bytes"]),
        "days": order["days"],
    }
    return build_report(entry, execute(entry), order["ancestors"], tables)


def _problem(error: BaseException, name: str) -> dict[str, str]:
    if isinstance(error, Broken):
        return {"problem": str(error)}
    logger.error("Report %s could not be built", name, exc_info=error)
    return {"problem": failed(error)}


def _say(ready: int, outcome: dict[str, str]) -> None:
    os.write(ready, json.dumps(outcome).encode() + b"\n")
    os.close(ready)


def _log_thread(failed_thread: threading.ExceptHookArgs) -> None:
    error = failed_thread.exc_value
    logger.error("A thread of a report failed", exc_info=error)


class _Passed:
    """Gives the report the request that the dashboard got, and not the one by which that was passed on."""

    def __init__(self, wsgi_app: Callable):
        self._wsgi_app = wsgi_app
        self._key = f"HTTP_{PASSED_ON.upper().replace('-', '_')}"

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        passed = json.loads(base64.b64decode(environ.pop(self._key)))
        environ |= passed["environ"]
        environ[ALLOWED] = frozenset(passed["tables"])
        actors.receive(environ, passed["logged_in"])
        try:
            return self._wsgi_app(environ, start_response)
        except (SystemExit, KeyboardInterrupt):  # it would end a thread
            logger.exception("A report wanted to end its process")
            start_response("500 Internal Server Error", [(WANTED_TO_END, "1")])
            return [b""]
