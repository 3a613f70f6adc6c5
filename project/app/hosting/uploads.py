"""The upload API: a file arrives in parts, is read in a separate process, and becomes a dataset.

===============================================  ==================================================
``POST /api/uploads``                            ``{"name", "size"}`` → the upload, 201; with ``"purpose": "score"``
                                                 a table of a single row is read too
``GET /api/uploads/<id>``                        the upload, with the parts that are missing
``PUT /api/uploads/<id>/parts/<n>``              the bytes of part n, counted from 0 → the upload
``POST /api/uploads/<id>/finish``                ``{"dataset", "notes"}``, 201
``DELETE /api/uploads/<id>``                     deletes the upload, 204
===============================================  ==================================================

A file that cannot be read is refused and forgotten, 422; where the server was interrupted it is kept, 503.
The upload is ``{"id", "part_bytes", "n_parts", "missing"}``. Every refusal is ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import re
import threading

from flask import Blueprint, abort, request

from app.jobs.readers import Readers
from app.services import Services
from app.storage import NotFound, belongings
from app.storage.uploads import PART_BYTES, Upload

from .metrics import of_this_server

MAX_NAME = 120
# Each takes memory and occupies a thread of the server.
TABLES_READ_AT_ONCE = 2
# So often a file is read that the server did not come to an end with.
MAX_TRIES = 3
RETRY_SECONDS = 5
_BUSY = "Other tables are being read. Try again in a few seconds."


class Arrivals:
    """Takes files in and has them read, whichever way they are sent.

    Parameters
    ----------
    services : Services
    """

    def __init__(self, services: Services):
        self._services = services
        # One at a time, so that each sees what is announced already.
        self._beginning = threading.Lock()
        self._reading = Readers(TABLES_READ_AT_ONCE)

    def begin(self, name: str, size: int, to_learn: bool = True) -> Upload:
        """Announce a file; abort with a sentence if it may not come."""
        services, uploads = self._services, self._services.uploads
        services.permissions.require("create")
        actor = services.actor()
        with self._beginning:
            if 0 < size <= uploads.max_bytes:
                services.limits.check_upload(actor, size)
            try:
                upload = uploads.create(name, size, to_learn)
            except ValueError as error:
                abort(413 if size > uploads.max_bytes else 422, str(error))
            services.limits.charge("uploads", upload.id, actor)
            belongings.claim(uploads.root, upload.id, actor.owner)
        return upload

    def finish(self, upload_id: str) -> tuple[dict, int, dict[str, str]]:
        """Have a file read that has arrived; return the answer, its status and headers."""
        services, uploads = self._services, self._services.uploads
        kept = _kept(services, upload_id)
        if kept:
            return kept, 201, {}
        if uploads.get(upload_id).missing:
            abort(409, "Parts of the file have not arrived. Send them first.")
        with self._reading.place(upload_id, services.actor()) as is_free:
            if not is_free:
                return {"error": _BUSY}, 503, {"Retry-After": str(RETRY_SECONDS)}
            outcome = of_this_server().ingest(lambda: services.jobs.ingest(upload_id))
        if "error" not in outcome:
            uploads.remove(upload_id)
            return outcome, 201, {}
        # Somebody else may have finished or deleted it meanwhile.
        kept = _kept(services, upload_id)
        if kept:
            return kept, 201, {}
        uploads.get(upload_id)
        if outcome.pop("again", False) and uploads.count_try(upload_id) < MAX_TRIES:
            return outcome, 503, {"Retry-After": str(RETRY_SECONDS)}
        # Reading the same file again would fail again.
        uploads.remove(upload_id)
        return outcome, 422, {}


def blueprint(services: Services, arrivals: Arrivals) -> Blueprint:
    """Create the routes of the upload API."""
    routes = Blueprint("uploads", __name__, url_prefix="/api/uploads")
    uploads = services.uploads

    @routes.post("")
    def begin():
        services.permissions.require("create")
        return _described(arrivals.begin(*_announced())), 201

    @routes.get("/<upload_id>")
    def look(upload_id: str):
        return _described(uploads.get(upload_id))

    @routes.put("/<upload_id>/parts/<int:number>")
    def put(upload_id: str, number: int):
        request.max_content_length = PART_BYTES
        try:
            return _described(uploads.put(upload_id, number, request.get_data()))
        except ValueError as error:
            abort(422, str(error))

    @routes.post("/<upload_id>/finish")
    def finish(upload_id: str):
        return arrivals.finish(upload_id)

    @routes.delete("/<upload_id>")
    def forget(upload_id: str):
        uploads.remove(upload_id)
        return "", 204

    @routes.errorhandler(OSError)
    def not_kept(error: OSError):
        sentence, status = not_kept_because(error)
        return {"error": sentence}, status

    return routes


def not_kept_because(error: OSError) -> tuple[str, int]:
    """Return the sentence, and the status, for a file that could not be kept."""
    if isinstance(error, FileNotFoundError):
        return "This upload was deleted meanwhile. Start it again.", 404
    return (
        f"The server could not keep the file: {error.strerror}. Try again later.",
        507,
    )


def safe_name(name: str) -> str:
    """Return a file's name for display: no folders, no invisible characters, at most 120 characters.

    Parameters
    ----------
    name : str

    Returns
    -------
    str
        Never empty. Long names keep their end, which has the file extension.
    """
    last = re.split(r"[/\\]", name)[-1]
    spaced = " ".join(last.split())
    visible = "".join(filter(str.isprintable, spaced))
    return visible[-MAX_NAME:].strip() or "table"


def _announced() -> tuple[str, int, bool]:
    body = request.get_json(silent=True)
    body = body if isinstance(body, dict) else {}
    name, size = body.get("name"), body.get("size")
    if not isinstance(name, str) or type(size) is not int:
        abort(
            400,
            'Send JSON with the file\'s name and its size in bytes: {"name": "a.csv", "size": 1234}.',
        )
    return safe_name(name), size, body.get("purpose") != "score"


def _described(upload: Upload) -> dict:
    return {
        "id": upload.id,
        "part_bytes": PART_BYTES,
        "n_parts": upload.n_parts,
        "missing": list(upload.missing),
    }


def _kept(services: Services, upload_id: str) -> dict | None:
    """Return the first answer to finishing again, for a client that did not receive it."""
    try:
        dataset = services.datasets.get(upload_id)
    except NotFound:
        return None
    return {"dataset": dataset.id, "notes": list(dataset.notes)}
