"""What scorings leave: counts that are bounded, that survive other processes, and that no row can be read from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from app.storage import NotFound, RunStore, watching
from app.storage.watching import KEPT, Scoring, Summary


@pytest.fixture
def runs(tmp_path) -> RunStore:
    return RunStore(tmp_path)


@pytest.fixture
def run_id(runs) -> str:
    return runs.create("training")


def scoring(time: float, rows: int = 10, model: str = "linear", **fields) -> Scoring:
    return Scoring(time, "page", model, rows, 1, {"x": (rows, 0)}, (rows,), **fields)


def test_nothing_is_known_before_the_first_scoring(runs, run_id):
    assert watching.scorings(runs, run_id) == ()
    assert watching.summary_in(runs.root / run_id) is None


def test_scorings_come_back_in_the_order_of_time(runs, run_id):
    for time in (3.0, 1.0, 2.0):
        watching.note(runs, run_id, scoring(time, int(time)))
    kept = watching.scorings(runs, run_id)
    assert [each.rows for each in kept] == [1, 2, 3]
    assert list(kept[0].columns["x"]) == [1, 0]


def test_the_oldest_are_added_up_and_no_count_is_lost(runs, run_id):
    n = 2 * KEPT + 30
    for i in range(n):
        watching.note(runs, run_id, scoring(float(i)))
    kept = watching.scorings(runs, run_id)
    assert len(kept) <= KEPT
    assert sum(each.scorings for each in kept) == n
    assert sum(each.rows for each in kept) == 10 * n
    assert sum(each.columns["x"][0] for each in kept) == 10 * n
    assert kept[-1].scorings == 1 < kept[0].scorings
    assert len(list((runs.root / run_id).iterdir())) <= KEPT + 5


def test_scorings_at_the_same_time_lose_nothing(runs, run_id):
    def note(i):
        watching.note(runs, run_id, scoring(float(i)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(KEPT + 60)))
    assert sum(each.rows for each in watching.scorings(runs, run_id)) == 10 * (
        KEPT + 60
    )


def test_predictions_of_different_models_are_not_added_up():
    both = scoring(1.0).plus(scoring(2.0, model="svm"))
    assert (both.model, both.predictions, both.rows) == ("", (), 20)


def test_a_damaged_file_counts_for_nothing(runs, run_id):
    watching.note(runs, run_id, scoring(1.0))
    folder = runs.root / run_id
    for i, content in enumerate((b"", b"[]", b'{"columns": 3}', b"\xff")):
        (folder / f"watched-000000000000{i}-abc.json").write_bytes(content)
    assert len(watching.scorings(runs, run_id)) == 1


def test_a_wide_table_is_kept_in_part(runs, run_id):
    columns = {f"x{i}": (1, 2) for i in range(500)}
    watching.note(runs, run_id, Scoring(1.0, "api", "linear", 3, 0, columns))
    assert len(watching.scorings(runs, run_id)[0].columns) == watching.MAX_COLUMNS


def test_a_run_that_is_gone_is_not_found(runs):
    with pytest.raises(NotFound):
        watching.note(runs, "gone", scoring(1.0))


def test_a_summary_reads_back_and_a_damaged_one_is_none(runs, run_id):
    watching.keep_summary(runs, run_id, Summary(2, 30, 1, ("x",), 5.0, 9.0))
    assert watching.summary_in(runs.root / run_id).changed == ("x",)
    (runs.root / run_id / "watching.json").write_text("[1")
    assert watching.summary_in(runs.root / run_id) is None
