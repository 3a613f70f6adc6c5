"""The process in which `report check` builds a report: `python -m app.hosting.report_child FILE RESULT`."""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from app.storage.library import Broken, read_entry
from app.storage.shelf import execute

from .report_server import build_report


def main(file: str, result: str) -> None:
    """Build the report of a file and write down what became of it.

    Parameters
    ----------
    file, result : str
        Paths. The result is JSON: 'seconds', 'loaded' (the modules that the build loaded), and either 'problem' with
        'line', or 'layout' (None if it could not be computed) and 'callbacks', both as the page gets them.
    """
    before, began = set(sys.modules), time.monotonic()
    found = _build(Path(file))
    found["seconds"] = found.pop("built", time.monotonic()) - began
    found.setdefault("loaded", sorted(set(sys.modules) - before))
    Path(result).write_text(json.dumps(found))


def _build(file: Path) -> dict[str, Any]:
    before = set(sys.modules)
    try:
        entry = read_entry(file)
        server = build_report(entry, execute(entry), "'self'")
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
        return {"problem": f"It stops while it is built: {said}", "line": line}
    built, loaded = time.monotonic(), sorted(set(sys.modules) - before)
    with server.test_client() as client:
        layout = client.get("/_dash-layout")
        return {
            "built": built,
            "loaded": loaded,
            "layout": layout.json if layout.status_code == 200 else None,
            "callbacks": client.get("/_dash-dependencies").json,
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
