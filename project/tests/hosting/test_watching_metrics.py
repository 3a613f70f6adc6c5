"""What models have scored, for Prometheus: sums, the number of series, and no id that opens anything."""

from __future__ import annotations

import time

import pytest

from app.hosting.watching_metrics import MOST_MODELS, WatchingCensus
from app.storage import RunStore, watching
from app.storage.watching import Summary


@pytest.fixture
def runs(tmp_path) -> RunStore:
    return RunStore(tmp_path)


def told(runs) -> dict[tuple, float]:
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in WatchingCensus(runs).collect()
        for sample in family.samples
    }


def keep(runs, **fields) -> str:
    run_id = runs.create("training")
    watching.keep_summary(runs, run_id, Summary(updated=time.time(), **fields))
    return run_id


def test_rows_and_changes_of_all_trainings_are_added_up(runs):
    changed = keep(runs, scorings=2, rows=100, refused=10, changed=("age", "city"))
    keep(runs, scorings=1, rows=50)
    runs.create("training")
    found = told(runs)
    assert found["dashboard_trainings_scored",] == 2
    assert found["dashboard_trainings_changed",] == 1
    assert found["dashboard_rows_scored", "scored"] == 140
    assert found["dashboard_rows_scored", "refused"] == 10
    assert found["dashboard_changed_columns", watching.mark_of(changed)] == 2


def test_no_label_holds_an_id_or_the_name_of_a_column(runs):
    run_id = keep(runs, scorings=1, rows=1, changed=("secret",))
    labels = {part for key in told(runs) for part in key}
    assert not {part for part in labels if run_id[:8] in part or "secret" in part}


def test_many_models_do_not_make_many_series(runs):
    for _ in range(MOST_MODELS + 5):
        keep(runs, scorings=1, rows=1)
    series = [key for key in told(runs) if key[0] == "dashboard_changed_columns"]
    assert len(series) == MOST_MODELS


def test_a_folder_that_is_gone_or_damaged_is_no_error(runs):
    run_id = keep(runs, scorings=1, rows=1)
    (runs.root / run_id / "watching.json").write_text("{")
    assert told(runs)["dashboard_trainings_scored",] == 0
    runs.root.joinpath(run_id, "watching.json").unlink()
    assert WatchingCensus(RunStore(runs.root / "elsewhere")).collect()


def test_the_server_tells_them(client, services):
    run_id = keep(services.runs, scorings=1, rows=7, changed=("x",))
    mark = watching.mark_of(run_id)
    text = client.get("/metrics").text
    assert f'dashboard_changed_columns{{training="{mark}"}} 1.0' in text
