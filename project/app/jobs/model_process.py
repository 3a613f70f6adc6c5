"""The process that keeps models and answers programs with them.

`python -m app.jobs.model_process DESCRIPTOR DATA_DIR MAX_BYTES` reads requests from a socket that it inherits and
writes answers to it, both as messages of `app.jobs.messages`. It ends when the other end is closed: with its server,
however that ends.
"""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import socket
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.jobs import messages
from app.jobs.answers import Answers, Refusal
from app.storage import NotFound

# Several, so that a small request need not wait for the end of a large one.
_THREADS = 4
_MIB = 1024**2
# What the libraries, the rows of requests and their predictions take beside the models.
_MEMORY = 1536 * _MIB
# Loading a model takes its file and its parts at once.
_MEMORY_FACTOR = 3
_TOO_MUCH = "The server has not enough memory for this. Send fewer rows at once."
_FAILED = "The server made a mistake with these rows, which has been logged. Send them in smaller parts to find which."

logger = logging.getLogger(__name__)


def main(descriptor: int, data_dir: Path, max_bytes: int) -> None:
    """Answer requests until the other end is closed."""
    _bound(max_bytes)
    warnings.simplefilter("ignore")
    with socket.socket(fileno=descriptor) as connection:
        serve(connection, Answers(data_dir, max_bytes))


def serve(connection: socket.socket, answers: Answers) -> None:
    """Answer the requests that arrive at a socket, several at once.

    Parameters
    ----------
    connection : socket.socket
    answers : Answers
    """
    writing = threading.Lock()

    def work(request: dict[str, Any]) -> None:
        reply = {"id": request["id"], **_reply(answers, request)}
        with writing, contextlib.suppress(OSError):  # the server is gone
            messages.send(connection, reply)

    threads = ThreadPoolExecutor(_THREADS)
    while (request := messages.receive(connection)) is not None:
        threads.submit(work, request)
    # Nobody waits for what the threads still compute.
    threads.shutdown(wait=False, cancel_futures=True)
    answers.close()


def _reply(answers: Answers, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": answers.of(request["ask"], request["run"], request["fields"])}
    except NotFound as error:
        return {"gone": str(error)}
    except Refusal as error:
        return {"refused": str(error), "status": error.status}
    except MemoryError:
        return {"refused": _TOO_MUCH, "status": 503}
    except Exception:  # whatever a stranger's rows do to a library
        logger.exception("Run %s could not answer", request.get("run"))
        return {"refused": _FAILED, "status": 422}


def _bound(max_bytes: int) -> None:
    bound = _MEMORY + _MEMORY_FACTOR * max_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        # Should the machine run out of memory all the same, this process goes, and not the server.
        Path("/proc/self/oom_score_adj").write_text("900")
    except OSError:  # not Linux
        return


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    main(int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
    # Whatever the threads still compute.
    os._exit(0)
