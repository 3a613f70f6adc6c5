"""What trainings took is remembered, the last ones only, and a damaged file is none."""

from __future__ import annotations

from app.storage.pace import KEPT, PaceStore


def test_the_last_trainings_are_kept(tmp_path):
    store = PaceStore(tmp_path / "pace.json")
    assert store.ratios() == ()
    for seconds in range(1, KEPT + 5):
        store.add(seconds, 2.0)
    assert len(store.ratios()) == KEPT
    assert PaceStore(tmp_path / "pace.json").ratios()[-1] == (KEPT + 4) / 2


def test_what_makes_no_sense_is_not_kept(tmp_path):
    store = PaceStore(tmp_path / "pace.json")
    store.add(0.0, 5.0)
    store.add(5.0, 0.0)
    assert store.ratios() == ()
    for content in ("{", "[]", '{"ratios": ["x"]}', '{"ratios": 3}'):
        (tmp_path / "pace.json").write_text(content)
        assert store.ratios() == ()
    (tmp_path / "pace.json").write_text('{"ratios": [1.5, -1, 0]}')
    assert store.ratios() == (1.5,)
