"""Tables: upload, list, profile, delete."""

from __future__ import annotations

import contextlib
import math
from typing import Any

from flask import abort, request

from app.services import Services
from app.storage import NotFound
from app.storage.uploads import PART_BYTES

from .. import uploads
from . import belongings, problems
from .operations import Operations

_TAG = "Tables"
# What a form puts around its file.
_FORM_BYTES = 64 * 1024
_NO_FILE = "The form has no file. Send one in the field 'file'."
_TOO_LARGE = (
    "At most 8 MB are taken in one request. Send larger tables in parts, by POST /api/uploads, or save them as "
    "Parquet, which is smaller."
)


def register(
    operations: Operations, services: Services, arrivals: uploads.Arrivals
) -> None:
    """Add the operations on tables."""

    @operations.add(
        "POST",
        "/datasets",
        _TAG,
        body="Upload",
        query="UploadName",
        gives={201: "Dataset"},
        fails=(422, 503, 507),
    )
    def upload_dataset(query):
        """Upload a table."""
        services.permissions.require("create")
        name, content = _sent(query.name)
        upload = arrivals.begin(uploads.safe_name(name), len(content))
        try:
            services.uploads.put(upload.id, 0, content)
            outcome, status, headers = arrivals.finish(upload.id)
        finally:
            # What is refused is not tried again from here.
            services.uploads.remove(upload.id)
        if "error" in outcome:
            response = problems.problem(status, outcome["error"])
            response.headers.update(headers)
            return response
        return _described(services, outcome["dataset"]), 201

    @operations.add(
        "GET", "/datasets", _TAG, query="Page", gives={200: "Datasets"}, fails=(503,)
    )
    def list_datasets(query):
        """List your tables."""
        ids = belongings.listed(services, "table")
        entries: list[dict[str, Any]] = []
        for dataset_id in ids[query.offset : query.offset + query.limit]:
            with contextlib.suppress(NotFound):  # deleted meanwhile
                entries.append(_entry(services.datasets.get(dataset_id)))
        return {"datasets": entries}

    @operations.add(
        "GET", "/datasets/<dataset_id>", _TAG, gives={200: "Dataset"}, fails=(404,)
    )
    def get_dataset(dataset_id: str):
        """Get the profile of a table."""
        return _described(services, dataset_id)

    @operations.add(
        "DELETE", "/datasets/<dataset_id>", _TAG, gives={204: ""}, fails=(404,)
    )
    def delete_dataset(dataset_id: str):
        """Delete a table."""
        refused = belongings.delete(services, "table", dataset_id)
        if refused:
            abort(403, refused)
        return "", 204


def _sent(name: str) -> tuple[str, bytes]:
    is_form = request.mimetype == "multipart/form-data"
    most = PART_BYTES + _FORM_BYTES if is_form else PART_BYTES
    request.max_content_length = most
    if (request.content_length or 0) > most:
        abort(413, _TOO_LARGE)
    if not is_form:
        return name, request.get_data()
    file = request.files.get("file")
    if file is None:
        abort(422, _NO_FILE)
    content = file.read()
    if len(content) > PART_BYTES:
        abort(413, _TOO_LARGE)
    return file.filename or name, content


def _described(services: Services, dataset_id: str) -> dict[str, Any]:
    dataset = services.datasets.get(dataset_id)
    profile = dataset.profile
    return {
        **_entry(dataset),
        "notes": list(dataset.notes),
        "duplicate_rows": profile.duplicate_rows,
        "missing_cells": profile.missing_cells,
        "suggested_target": profile.suggested_target,
        "columns": [
            {
                "name": column.name,
                "role": column.role,
                "dtype": column.dtype,
                "missing": column.missing,
                "distinct": column.distinct,
                "minimum": finite(column.minimum),
                "maximum": finite(column.maximum),
                "mean": finite(column.mean),
            }
            for column in profile.columns
        ],
    }


def _entry(dataset: Any) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "created": dataset.created,
        "rows": dataset.profile.rows,
    }


def finite(value: Any) -> Any:
    """Return a value that JSON can hold: None for a number that is infinite or none.

    Parameters
    ----------
    value : object
    """
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
