"""The command: runs all benchmarks or those named, prints a table, and fails where a limit is missed."""

from __future__ import annotations

import importlib
import os
import sys
import traceback

import click

from .results import markdown_table

NAMES = (
    "start",
    "first_load",
    "image",
    "threshold",
    "navigation",
    "memory",
    "training",
    "upload",
    "evaluate_bytes",
    "ten_users",
    "waiting_runs",
    "load",
    "users",
    "slow_sockets",
    "reports_start",
    "reports_visit",
    "reports_hammer",
    "inner_loop",
    "signal",
    "intervals",
    "defaults",
    "trust",
    "drift",
    "login",
    "api",
    "scoring",
)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--list", "only_list", is_flag=True, help="Say what each one measures.")
def main(names: tuple[str, ...], only_list: bool) -> None:
    """Run all benchmarks, or those NAMES, and compare what they measure with its limit."""
    chosen = {name: _module(name) for name in names or NAMES}
    if only_list:
        for name, module in chosen.items():
            click.echo(f"{name:15} {_first_line(module)}")
        return
    results, broken = [], []
    for name, module in chosen.items():
        load = os.getloadavg()[0]
        click.echo(f"[load {load:.1f}] {name}: {_first_line(module)}", err=True)
        try:
            results += module.measure()
        except Exception:  # one that cannot be measured must not hide the others
            traceback.print_exc()
            broken.append(name)
    click.echo(markdown_table(results))
    for name in broken:
        click.echo(f"{name} could not be measured; the reason is above.", err=True)
    sys.exit(bool(broken) or not all(result.ok for result in results))


def _module(name: str):
    return importlib.import_module(f"{__package__}.{name}")


def _first_line(module) -> str:
    return module.__doc__.splitlines()[0]


if __name__ == "__main__":
    main(prog_name="bin/benchmark")
