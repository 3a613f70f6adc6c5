"""How commands talk to GitHub: outputs, the summary of the job, notices and warnings."""

from __future__ import annotations

import os


def on_github() -> bool:
    """Tell whether this runs in a workflow."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def output(name: str, value: str) -> None:
    """Print an output, and pass it to later steps; GitHub passes none to another job that contains a secret."""
    print(f"{name}={value}")
    _append("GITHUB_OUTPUT", f"{name}={value}")


def summarise(text: str) -> None:
    """Print a sentence, and show it in the summary of the workflow's run."""
    print(text, flush=True)
    note(text)


def note(text: str) -> None:
    """Show a sentence in the summary of the workflow's run, and nowhere else."""
    _append("GITHUB_STEP_SUMMARY", f"{text}\n")


def warn(text: str) -> None:
    """Print a sentence about a failure that need not stop the command."""
    print(f"::warning::{text}" if on_github() else f"Warning: {text}", flush=True)


def notice(text: str) -> None:
    """Print a sentence that readers of the workflow's run should not miss."""
    print(f"::notice::{text}" if on_github() else text, flush=True)


def _append(variable: str, line: str) -> None:
    path = os.environ.get(variable)
    if path:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{line}\n")
