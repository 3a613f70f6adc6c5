"""Asks gcloud's own linter whether it knows a command, its flags and their values; needs no network."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import tempfile
from functools import cache

import pytest

# What stands for a shell variable or a placeholder such as NAME or …; a flag that wants a number gets it too.
_FILLER = "1"
_SUBSTITUTION = re.compile(
    r"\$\([^()]*\)|\$\{[^}]*\}|\$\w+|<[a-zA-Z-]+>|…|(?<=--project=)[A-Z_]+\b"
)
_CONTINUED = re.compile(r" *\\\n\s*")
# Where in a line of a shell a command may begin.
_BEGINNING = re.compile(r"(?:^|[|;&(`]\s*|run: |\bexec |\bif |! )(?=gcloud\s)")

needs_gcloud = pytest.mark.skipif(
    not shutil.which("gcloud"),
    reason="gcloud is not installed, so its linter was not asked",
)


def lint(commands: list[str]) -> list[str]:
    """Return gcloud's complaints about commands.

    Parameters
    ----------
    commands : list of str
        As they would be typed; shell variables may stand for values.

    Returns
    -------
    list of str
        One sentence for each command that gcloud would refuse.

    Raises
    ------
    RuntimeError
        gcloud is absent, or its linter fails.
    """
    asked = list(dict.fromkeys(_resolved(command) for command in commands))
    if not asked:
        return []
    return list(_asked(tuple(asked)))


@cache
def _asked(commands: tuple[str, ...]) -> tuple[str, ...]:
    listed = [
        {"command_string": command, "id": str(number)}
        for number, command in enumerate(commands)
    ]
    # The linter makes the files that commands would write to.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["gcloud", "meta", "lint-gcloud-commands", "--commands-file=/dev/stdin"],
            cwd=folder,
            input=json.dumps(listed),
            capture_output=True,
            text=True,
            timeout=180,
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    answers = json.loads(done.stdout)
    if len(answers) != len(commands):
        raise RuntimeError(
            f"{len(commands)} commands were asked, {len(answers)} answered"
        )
    return tuple(
        f"{answer['command_string']}: {answer['error_message']}"
        for answer in answers
        if not answer["success"]
    )


def commands_in(text: str) -> list[str]:
    """Return the gcloud commands in a script, a dry run or a block of documentation.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        Each without what the shell does around it: pipes, redirections, assignments.
    """
    found = []
    for line in _CONTINUED.sub(" ", text).splitlines():
        line = line.strip().removeprefix("$ ")
        if not line.startswith("#"):
            starts = (match.end() for match in _BEGINNING.finditer(line))
            found += [_first_command(line[start:]) for start in starts]
    return found


def commands_in_markdown(text: str) -> list[str]:
    """Return the gcloud commands in a page's code blocks and, where they are whole, in its lines."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    inline = re.findall(r"(?<!`)`(gcloud [a-z][^`]* -[^`]*)`", rest)
    return [command for block in [*blocks, *inline] for command in commands_in(block)]


def _first_command(line: str) -> str:
    """Return the line up to where the shell begins with something else."""
    quote, depth = "", 0
    for place, letter in enumerate(line):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "(":
            depth += 1
        elif letter == ")" and depth:
            depth -= 1
        elif not depth and (
            letter in "|;&<>)`" or (letter == "#" and line[place - 1] == " ")
        ):
            return re.sub(r" \d$", "", line[:place]).strip()
    return line.strip()


def _resolved(command: str) -> str:
    return shlex.join(shlex.split(_SUBSTITUTION.sub(_FILLER, command)))
