"""`model check`: what a folder lacks, before anybody puts it on a server."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version

import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from tests.brought import CARD, age, bring


def test_a_folder_that_is_complete_is_said_to_be(command, tmp_path):
    done = command("model", "check", bring(tmp_path))
    assert done.exit_code == 0, done.output
    assert (
        "nothing is missing. On 100 rows of its sample the score is 0." in done.stdout
    )


def test_everything_that_is_missing_is_told_at_once(command, tmp_path):
    (tmp_path / "empty").mkdir()
    done = command("model", "check", tmp_path / "empty")
    assert done.exit_code == 1
    for name in ("card.toml", "model.skops", "sample"):
        assert f"There is no {name}" in done.stdout
    assert command("model", "check", tmp_path / "none").exit_code == 1


def _untrusted(folder):
    model = make_pipeline(FunctionTransformer(os.system))
    skops.io.dump(model, folder / "model.skops")


@pytest.mark.parametrize(
    "break_, says",
    [
        (lambda f: (f / "card.toml").write_bytes(b"\xff = x"), "cannot be read"),
        (lambda f: (f / "card.toml").write_text("task = 1"), "does not say the target"),
        (
            lambda f: (f / "card.toml").write_text(CARD + "threshold = 40"),
            "must be a number from 0 to 1",
        ),
        (
            lambda f: (f / "card.toml").write_text(CARD + 'metric = "best"'),
            "The metric in card.toml must be one of these: roc_auc",
        ),
        (
            lambda f: (f / "card.toml").write_text(CARD + 'positive = "maybe"'),
            "choose 'no' or 'yes'",
        ),
        (lambda f: (f / "model.skops").write_bytes(b"PK\3\4"), "no file that skops"),
        (_untrusted, "not trusted: posix.system"),
        (lambda f: (f / "sample.csv").write_bytes(b"\0\1\2"), "binary data"),
        (
            lambda f: (f / "sample.csv").write_text("a,b\n1,2\n3,4\n"),
            "The sample has no 'size'",
        ),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(command, tmp_path, break_, says):
    folder = bring(tmp_path)
    break_(folder)
    done = command("model", "check", folder)
    assert (done.exit_code, says in done.stdout) == (1, True), done.stdout


def test_the_zip_of_a_model_can_be_brought_with_a_sample(known, table, tmp_path):
    command, found = known
    zipped, folder = tmp_path / "model.zip", tmp_path / "folder"
    done = command("runs", "export", found["run"], "model", "-o", zipped)
    assert done.exit_code == 0, done.stderr
    shutil.unpack_archive(zipped, folder)
    assert "There is no sample" in command("model", "check", folder).stdout
    shutil.copy(table, folder / "sample.csv")
    checked = command.json("model", "check", folder)
    assert (checked["problems"], checked["notes"]) == ([], [])
    assert "On 200 rows of its sample" in checked["found"]


def test_what_is_only_odd_is_a_note(command, tmp_path):
    folder = bring(tmp_path, card=CARD + 'licens = "MIT"\n')
    age(folder, "1.6.0", version("scikit-learn"))
    done = command("model", "check", folder)
    assert done.exit_code == 0
    assert (
        "note: card.toml has 'licens', which means nothing here. Did you mean licence?"
        in done.stdout
    )
    assert "made with scikit-learn 1.6.0" in done.stdout
    assert done.stderr == ""
    assert len(command.json("model", "check", folder)["notes"]) == 2
