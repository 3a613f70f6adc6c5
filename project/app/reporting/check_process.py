"""The process in which `report check` builds a report: `python -m app report build FILE RESULT`."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .metadata import read_entry
from .versions import Broken, execute


def build_once(file: Path, result: Path, build: Callable[..., Any]) -> None:
    """Build the report in a file and write the outcome.

    Parameters
    ----------
    file, result : pathlib.Path
        The result is JSON: 'seconds', 'loaded' (the modules that the build loaded), and either 'problem' with
        'line', or 'layout' (None if it could not be computed) and 'callbacks', both as the page gets them.
    build : callable
        ``build(entry, module, ancestors)`` returns the Flask server of a report.
    """
    before, began = set(sys.modules), time.monotonic()
    found = _build(file, build)
    found["seconds"] = found.pop("built", time.monotonic()) - began
    found.setdefault("loaded", sorted(set(sys.modules) - before))
    result.write_text(json.dumps(found))


def _build(file: Path, build: Callable[..., Any]) -> dict[str, Any]:
    before = set(sys.modules)
    try:
        entry = read_entry(file)
        server = build(entry, execute(entry), "'self'")
    except Broken as error:
        return {"problem": str(error), "line": None}
    except BaseException as error:  # also sys.exit
        # 'from None' leaves the message; the frames say where in the file.
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(file)
        ]
        said = traceback.format_exception_only(error)[-1].strip()
        line = lines[-1] if lines else None
        return {"problem": f"Building it failed: {said}", "line": line}
    built, loaded = time.monotonic(), sorted(set(sys.modules) - before)
    with server.test_client() as client:
        layout = client.get("/_dash-layout")
        return {
            "built": built,
            "loaded": loaded,
            "layout": layout.json if layout.status_code == 200 else None,
            "callbacks": client.get("/_dash-dependencies").json,
        }
