"""The command line: `project/bin/deploy COMMAND`."""

from __future__ import annotations

import argparse
import os
import signal
import sys

from deploy import (
    DeployError,
    check,
    fetch,
    monitoring,
    preview,
    prune,
    push,
    release,
    restore,
    rollback,
    setup,
    smoke,
)

COMMANDS = {
    "check": check,
    "push": push,
    "release": release,
    "restore": restore,
    "rollback": rollback,
    "preview": preview,
    "prune": prune,
    "fetch": fetch,
    "smoke": smoke,
    "setup": setup,
    "monitoring": monitoring,
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; a failure prints its message and returns the exit code 1."""
    parser = argparse.ArgumentParser(prog="deploy", description=__doc__)
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in COMMANDS.items():
        sentence = module.__doc__.partition("\n")[0]
        sub = chosen.add_parser(name, help=sentence, description=sentence)
        module.add_arguments(sub)
        sub.set_defaults(run=module.run)
    # A cancelled workflow sends SIGTERM: what was begun is undone, as after any failure.
    signal.signal(signal.SIGTERM, _interrupt)
    parsed = parser.parse_args(arguments)
    try:
        parsed.run(parsed)
    except DeployError as error:
        prefix = "::error::" if os.environ.get("GITHUB_ACTIONS") == "true" else ""
        print(f"{prefix}{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130
    return 0


def _interrupt(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
