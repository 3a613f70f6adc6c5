"""A run as the command line follows it: a bar while it works, and the end of it if somebody presses Ctrl-C."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from typing import Any

import click

from app.storage.runs import Run

from .session import Session

_LOOK_SECONDS = 0.2
# Its process looks twice a second whether it is still wanted.
_END_SECONDS = 10
INTERRUPTED = 130


def follow(session: Session, run_id: str, label: str) -> Run:
    """Wait until a run has ended.

    Parameters
    ----------
    session : Session
    run_id : str
    label : str
        What stands before the bar, which is drawn on standard error, and only on a terminal.

    Returns
    -------
    Run
        Done.

    Raises
    ------
    click.ClickException
        It failed, or was cancelled elsewhere; the sentence says why.
    """
    runs = session.services.runs
    try:
        with ExitStack() as stack:
            bar = _Bar(label, stack) if sys.stderr.isatty() else None
            while (run := runs.get(run_id)).active:
                if bar:
                    bar.show(run)
                time.sleep(_LOOK_SECONDS)
            if bar:
                bar.show(run)
    except KeyboardInterrupt:
        _cancel(session, run_id)
        raise click.exceptions.Exit(INTERRUPTED) from None
    if run.state != "done":
        raise click.ClickException(run.message or f"The run was {run.state}.")
    return run


def _cancel(session: Session, run_id: str) -> None:
    session.services.runs.cancel(run_id)
    deadline = time.monotonic() + _END_SECONDS
    run = session.services.runs.get(run_id)
    while run.active and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        run = session.services.runs.get(run_id)
    click.echo(f"\nCancelled. What was finished is kept in run {run_id}.", err=True)


class _Bar:
    """A progress bar that begins once it is known how many steps there are."""

    def __init__(self, label: str, stack: ExitStack):
        self._label, self._stack = label, stack
        self._bar: Any = None
        self._said = ""

    def show(self, run: Run) -> None:
        """Show how far a run is; while it waits, what for."""
        progress = run.progress
        if progress is None:
            if run.message != self._said:
                click.echo(run.message, err=True)
                self._said = run.message
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(
                click.progressbar(
                    length=max(1, progress.total),
                    label=self._label,
                    file=sys.stderr,
                    item_show_func=lambda doing: doing,
                )
            )
        done = progress.total if run.state == "done" else progress.done
        self._bar.update(done - self._bar.pos, progress.doing)
