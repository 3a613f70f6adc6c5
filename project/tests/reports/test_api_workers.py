"""Data from an API, looked at by several processes: one of them fetches it, and all get the same answer."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.reports import kit
from app.reports.kit import cache
from tests.conftest import PROJECT, wait_for
from tests.reports.looking import MINUTES, QUESTIONS, ids, make_old, settled
from tests.reports.stand_in import StandIn, serving


@pytest.fixture
def source():
    """A source that answers when the test opens its gate."""
    with serving(StandIn([{"id": f"{i:06d}"} for i in range(31)])) as stand_in:
        yield stand_in


WORKER = """
import sys, time
from pathlib import Path
from app.reports import kit
from app.reports.kit import source

source.READ_SECONDS = 180
host, folder, question = sys.argv[1:]
api = kit.Api(host, folder=Path(folder))
while True:
    answer = api.look({"all": question})
    print(answer.busy, answer.stale, len((answer.tables or {"all": ()})["all"]), answer.fetched, flush=True)
    if not answer.busy:
        break
    time.sleep(0.05)
"""


class Workers:
    """Processes that look until nobody fetches any more.

    Parameters
    ----------
    host : str
    folder : pathlib.Path
        Where all of them keep answers.
    count : int
    """

    def __init__(self, host, folder, count: int):
        command = [sys.executable, "-c", WORKER, host, str(folder), QUESTIONS["all"]]
        self.processes = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
            for _ in range(count)
        ]

    def first_looks(self) -> list[list[str]]:
        """Wait until each has looked; return what it saw: whether busy, whether stale, how many rows, since when."""
        return [one.stdout.readline().split(" ", 3) for one in self.processes]

    def last_looks(self) -> list[list[str]]:
        """Wait until each has ended; return what it saw last."""
        return [
            one.communicate(timeout=MINUTES)[0].splitlines()[-1].split(" ", 3)
            for one in self.processes
        ]


def test_four_processes_ask_once_and_give_the_same_answer(source, tmp_path):
    source.gate.clear()
    workers = Workers(source.host, tmp_path, 4)
    assert [look[:3] for look in workers.first_looks()] == [["True", "True", "0"]] * 4
    source.gate.set()
    looks = workers.last_looks()
    assert [look[:3] for look in looks] == [["False", "False", "31"]] * 4
    assert len({fetched for *_, fetched in looks}) == 1
    assert len(source.asked) == 1


def test_while_one_process_fetches_newer_data_all_show_the_same_older_data(
    source, tmp_path
):
    before = settled(kit.Api(source.host, folder=tmp_path))
    make_old(tmp_path)
    source.gate.clear()
    source.rows = source.rows[:5]
    workers = Workers(source.host, tmp_path, 3)
    older = ["True", "True", "31", f"{before.fetched}\n"]
    assert workers.first_looks() == [older] * 3
    source.gate.set()
    looks = workers.last_looks()
    assert [look[:3] for look in looks] == [["False", "False", "5"]] * 3
    assert len({fetched for *_, fetched in looks}) == 1
    assert len(source.asked) == 2


def test_a_process_that_dies_while_it_fetches_is_replaced_by_another(source, tmp_path):
    source.gate.clear()
    (process,) = Workers(source.host, tmp_path, 1).processes
    wait_for(lambda: source.asked, MINUTES)
    process.kill()
    process.communicate()
    source.gate.set()
    assert len(ids(settled(kit.Api(source.host, folder=tmp_path)))) == 31
    assert len(source.asked) == 2


def test_nobody_reads_half_an_answer_while_another_process_replaces_it(
    source, tmp_path
):
    source.rows = [{"id": f"{i:06d}"} for i in range(9_000)]
    code = (
        "import sys; from pathlib import Path; from app.reports.kit import cache\n"
        "source = cache.Source(sys.argv[1], None, {'all': sys.argv[3]})\n"
        "for _ in range(20): assert cache.refresh(Path(sys.argv[2]), 'x', 60, source) == ''"
    )
    writer = subprocess.Popen(
        [sys.executable, "-c", code, source.host, str(tmp_path), QUESTIONS["all"]],
        cwd=PROJECT,
    )
    wait_for((tmp_path / "x.json").exists, MINUTES)
    look = 0
    while writer.poll() is None:
        look += 1
        tables, *_ = cache.read(tmp_path, "x", (look, 0))
        assert len(tables["all"]) == 9_000
    assert writer.returncode == 0 and look
