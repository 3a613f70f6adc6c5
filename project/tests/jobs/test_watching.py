"""Scorings are remembered and judged; those of programs are counted first and written once a minute."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest

from app.functions.scoring.drift import DriftCounter
from app.jobs.training_reference import reference_of_run
from app.jobs.watching import Watcher, changes_of, note_scoring
from app.storage import DatasetStore, RunStore, watching
from tests.jobs.conftest import small_table

COLUMNS = ["size", "weight", "colour"]


@pytest.fixture
def stores(trained, tmp_path):
    data = tmp_path / "data"
    # Other tests have scored with the same training.
    ignored = shutil.ignore_patterns("watch*")
    shutil.copytree(trained.workshop.data_dir, data, ignore=ignored)
    return RunStore(data / "runs"), DatasetStore(data / "datasets"), trained.run_id


def output(n: int) -> np.ndarray:
    p = np.random.default_rng(0).random(n)
    return np.column_stack([1 - p, p])


def score(stores, rows: pd.DataFrame) -> None:
    runs, datasets, run_id = stores
    counter = DriftCounter(reference_of_run(runs, datasets, run_id), "linear")
    counter.add(rows, output(len(rows)))
    note_scoring(runs, run_id, "linear", counter.reference, counter.counts(), 2)


def test_a_change_is_noticed_with_its_time(stores):
    runs, datasets, run_id = stores
    tables = [small_table()[COLUMNS].sample(100, random_state=i) for i in range(6)]
    for rows in tables[:3]:
        score(stores, rows)
    folder = runs.root / run_id
    before = watching.summary_in(folder)
    assert (before.scorings, before.rows, before.refused) == (3, 306, 6)
    assert "size" not in before.changed
    for rows in tables[3:]:
        score(stores, rows.assign(size=rows["size"] + 5))
    after = watching.summary_in(folder)
    kept = watching.scorings(runs, run_id)
    assert "size" in after.changed and "colour" not in after.changed
    assert after.since == kept[3].time


def test_a_table_that_is_scored_again_is_no_further_evidence(stores):
    runs, _, run_id = stores
    for _ in range(5):
        score(stores, small_table()[COLUMNS].head(50))
    assert len(watching.scorings(runs, run_id)) == 1
    assert watching.summary_in(runs.root / run_id).rows == 52


def test_what_is_left_of_a_scoring_holds_no_row(stores):
    runs, _, run_id = stores
    score(stores, small_table()[COLUMNS].assign(colour="a secret colour"))
    for path in (runs.root / run_id).glob("watch*"):
        assert b"secret" not in path.read_bytes()


def test_notes_of_a_program_are_written_when_flushed_and_only_then(stores):
    runs, datasets, run_id = stores
    watcher = Watcher(runs, datasets)
    rows = small_table()[COLUMNS]
    for i in range(40):
        watcher.note(run_id, "linear", rows.iloc[[i]], output(1), refused=i % 2)
    assert watching.scorings(runs, run_id) == ()
    watcher.flush()
    (kept,) = watching.scorings(runs, run_id)
    assert (kept.source, kept.rows, kept.refused) == ("api", 60, 20)
    assert sum(kept.predictions) == 40
    watcher.flush()
    assert len(watching.scorings(runs, run_id)) == 1


def test_notes_are_written_by_themselves_after_a_while(stores):
    runs, datasets, run_id = stores
    watcher = Watcher(runs, datasets, seconds=0.05)
    watcher.note(run_id, "linear", small_table()[COLUMNS], None)
    timer = watcher._timer
    if timer is not None:
        timer.join()
    assert len(watching.scorings(runs, run_id)) == 1


def test_many_rows_do_not_wait_in_memory(stores):
    runs, datasets, run_id = stores
    watcher = Watcher(runs, datasets)
    rows = pd.concat([small_table()[COLUMNS]] * 20, ignore_index=True)
    watcher.note(run_id, "linear", rows, None)
    assert all(noted.waiting == 0 for noted in watcher._noted.values())
    watcher.flush()
    assert watching.scorings(runs, run_id)[0].rows == 2400


def test_a_training_that_is_deleted_meanwhile_stops_nobody(stores):
    runs, datasets, run_id = stores
    watcher = Watcher(runs, datasets)
    watcher.note(run_id, "linear", small_table()[COLUMNS], output(120))
    shutil.rmtree(runs.root / run_id)
    watcher.flush()
    watcher.note(run_id, "linear", small_table()[COLUMNS], output(120))
    watcher.flush()


def test_counts_of_other_bins_say_nothing(stores):
    runs, datasets, run_id = stores
    reference = reference_of_run(runs, datasets, run_id)
    odd = watching.Scoring(1.0, "api", "linear", 9, 0, {"size": (9, 0)}, (9,))
    changes = changes_of(reference, (odd,) * 5)
    assert [each.name for each in changes] == [*COLUMNS, "predictions"]
    assert all(each.evidence == pytest.approx(1) for each in changes)
