"""What docs/command-line.md and docs/models.md show works as it is written."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from app import cli
from tests.conftest import PROJECT
from tests.jobs.conftest import small_table
from tests.markdown import Page, blocks

PAGES = [Page(PROJECT / "docs" / name) for name in ("command-line.md", "models.md")]
QUICK = ("--models", "linear", "--folds", "2")
PYTHON = re.compile(r"(?:project/)?\.venv-serve/bin/python -m app (.*)")


def commands(page: Page) -> list[list[str]]:
    """Return the words of each command of the project that a page shows."""
    return [
        shlex.split(match[1].partition(" > ")[0], comments=True)
        for block in blocks(page.text)
        for line in block.text.splitlines()
        if (match := PYTHON.fullmatch(line))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.name)
def test_every_command_that_is_named_exists(page):
    named = [row[0] for row in page.table_rows if row[0].startswith("`")]
    words = [
        shlex.split(text) for cell in named for text in re.findall("`([^`]+)`", cell)
    ]
    groups = {"runs": ("list", "show"), "model": ("check",), "report": ("new",)}
    assert len(commands(page)) > 2
    for each in [*commands(page), *words]:
        if each[0] not in cli.main.commands:
            continue
        command = cli.main.commands[each[0]]
        if each[0] in groups:
            assert each[1].rstrip(",") in command.commands, each
    assert {"train", "score", "runs", "model", "contract"} <= set(cli.main.commands)


def test_the_notebook_that_is_shown_writes_a_model_that_lacks_nothing(
    tmp_path, monkeypatch
):
    (code,) = [b.text for b in blocks(PAGES[1].text) if b.language == "python"]
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "models.md", "exec"), {"__name__": "__main__"})
    (words,) = [w for w in commands(PAGES[1]) if w[:2] == ["model", "check"]]
    done = CliRunner().invoke(cli.main, words)
    assert (done.exit_code, "nothing is missing" in done.output) == (
        0,
        True,
    ), done.output


def test_the_commands_that_are_shown_work_one_after_the_other(tmp_path, monkeypatch):
    frame = small_table(300).rename(columns={"day": "ordered", "sick": "returned"})
    frame[:200].to_csv(tmp_path / "orders.csv", index=False)
    frame[150:].to_csv(tmp_path / "new.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    ids: list[str] = []

    def run(words: list[str]) -> None:
        words = [ids[-1] if word == "RUN" else word for word in words]
        is_first = words[0] == "train" and "--challenge" not in words
        if is_first:
            words = [*words, *QUICK]
        done = CliRunner().invoke(cli.main, words)
        assert done.exit_code in (0, 3, 4), (words, done.output)
        if is_first:
            ids.append(re.search(r"^Run (\w+)", done.output, re.MULTILINE)[1])

    first, second = (commands(page) for page in PAGES)
    trained = [words for words in first if words[0] == "train"]
    assert [words[1] for words in trained] == ["sample-iris", *["orders.csv"] * 2]
    shown = [w for w in second if w[:2] != ["model", "check"]]
    # The name is taken back on the page before a challenger meets it.
    back = next(words for words in shown if words[:2] == ["runs", "demote"])
    shown.remove(back)
    written = [words for words in shown if words[:2] == ["model", "write"]]
    shown.remove(written[1])  # the same again
    for words in [*trained[:2], *shown, back]:
        run(words)
    for name in ("models/churn/card.toml", "out.csv", "request.md"):
        assert (tmp_path / name).stat().st_size > 100, name
