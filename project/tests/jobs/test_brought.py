"""Folders in MODELS_DIR become runs, are seen again when they change, and never stop the server."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from importlib.metadata import version

import pytest
import skops.io
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from app import functions
from app.accounts import Actor, Permissions
from app.dashboard import brought as pages
from app.dashboard import scoring_results
from app.dashboard.pages import evaluate
from app.dashboard.pages import score as score_page
from app.dashboard.pages import train as train_page
from app.exports import registry
from app.functions.models.persistence import model_from_bytes
from app.jobs.brought import Brought
from app.jobs.launcher import Jobs
from app.settings import Settings
from app.storage import NotFound
from tests.brought import CARD, FEATURES, age, bring, copy
from tests.commands.conftest import CommandLine
from tests.jobs.conftest import small_table

LATER = 3600


@pytest.fixture
def models(workshop, tmp_path):
    """A watched folder of models; its `look` waits until no run works."""
    watched = Brought(Jobs(workshop.data_dir, Settings()), tmp_path / "models")

    def look():
        entries = watched.look(time.time() + LATER)
        for entry in entries:
            if entry.run:
                workshop.wait_for_end(workshop.note(entry.run))
        return entries

    yield look
    watched._jobs.close()


@pytest.fixture
def command(workshop):
    """The command line on the same data directory."""
    return CommandLine(workshop.data_dir)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_a_folder_becomes_a_run_with_all_that_the_pages_need(models, root, workshop):
    card = CARD + 'threshold = 0.4\nlicence = "CC-BY-4.0"\ndescription = "Of 2020."\n'
    bring(root, card=card)
    (entry,) = models()
    training = workshop.runs.training(entry.run)
    assert training.run.state == "done", training.run.message
    assert (entry.title, training.run.kind) == ("Who is sick", "bring")
    assert list(training.settings.roles) == FEATURES
    assert [row.model for row in training.summary.leaderboard] == ["brought", "dummy"]
    assert training.summary.notes == ("Of 2020.",)
    assert len(workshop.runs.table(entry.run, "output-brought")) == 100
    assert workshop.runs.schema(entry.run).columns[2].categories == (
        *("blue", "green", "red"),
    )
    model = model_from_bytes(workshop.runs.model(entry.run, "brought"))
    frame = small_table(400)[FEATURES][300:]
    output = workshop.runs.table(entry.run, "output-brought")
    assert (model.predict_proba(frame) == output.to_numpy()).all()
    assert workshop.datasets.get(entry.dataset).profile.rows == 100
    content = workshop.runs.content(entry.run)
    assert (content["threshold"], content["licence"]) == (0.4, "CC-BY-4.0")


def test_the_same_folder_is_one_run_until_its_files_change(models, root):
    folder = bring(root)
    first = models()
    assert models() == first
    (folder / "card.toml").write_text(CARD.replace("Who", "Whoever"))
    (second,) = models()
    assert second.run != first[0].run
    assert second.title == "Whoever is sick"
    (folder / "card.toml").unlink()
    (third,) = models()
    assert (third.run, "There is no card.toml" in third.problem) == ("", True)
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    assert models() == ()


def test_files_that_are_still_being_copied_are_left_for_the_next_look(workshop, root):
    folder = bring(root)
    jobs = Jobs(workshop.data_dir, Settings())
    watched = Brought(jobs, root)
    (first,) = watched.look()
    workshop.wait_for_end(workshop.note(first.run))
    (folder / "card.toml").write_text(CARD + " ")
    assert watched.look() == (first,)
    jobs.close()


def test_what_cannot_be_used_says_why_and_stops_nobody_else(models, root, workshop):
    good = bring(root, "good")
    (copy(good, "bare") / "card.toml").unlink()
    model = make_pipeline(FunctionTransformer(os.system))
    skops.io.dump(model, copy(good, "untrusted") / "model.skops")
    bare, fine, untrusted = models()
    assert "There is no card.toml" in bare.problem
    assert workshop.runs.get(fine.run).state == "done"
    run = workshop.runs.get(untrusted.run)
    assert run.state == "failed"
    assert "names types that are not trusted: posix.system" in run.message


def test_a_folder_that_is_none_says_so_and_is_looked_at_again(models, tmp_path):
    (entry,) = models()
    assert entry.problem == "MODELS_DIR is not a folder that the server can read."
    (tmp_path / "models").mkdir()
    assert models() == ()


def test_everybody_may_look_and_score_but_nobody_may_change_it(models, root, workshop):
    bring(root)
    models()
    (entry,) = models()
    viewer = Actor(role="viewer", user="7")
    permissions = Permissions(workshop.data_dir, lambda: viewer)
    may = {a for a in ACTIONS if permissions.may(a, "run", entry.run)}
    assert may == {"results", "rows", "score"}
    assert permissions.may("rows", "table", entry.dataset)
    stranger = Permissions(workshop.data_dir, Actor)
    assert not stranger.may("results", "run", entry.run)


ACTIONS = ("results", "rows", "score", "file", "work", "delete", "share")


def test_another_version_is_announced_on_its_pages(models, root, services):
    folder = bring(root)
    age(folder, "1.6.0", version("scikit-learn"))
    (entry,) = models()
    said = "made with scikit-learn 1.6.0"
    assert said in str(evaluate.layout(services, {"run": entry.run}))
    assert said in str(train_page.layout(services, {"run": entry.run}))


def test_its_pages_offer_nothing_that_needs_its_training_rows(models, root, services):
    bring(root)
    (entry,) = models()
    shown = str(evaluate.layout(services, {"run": entry.run}))
    assert "it was trained elsewhere" in shown
    for offer in ("Change and train again", "learning curve", "folds"):
        assert offer not in shown
    with pytest.raises(ValueError, match="no learning curve"):
        services.jobs.derive("learning", entry.run, model="brought")
    training = services.runs.training(entry.run)
    with pytest.raises(ValueError, match="was trained elsewhere"):
        registry.check(training, {"name": "script", "model": "brought"})


def test_new_rows_are_scored_at_the_threshold_of_its_card(
    models, root, services, tmp_path, command
):
    bring(root, card=CARD + "threshold = 0.9\n")
    (entry,) = models()
    assert "value=0.9" in str(score_page.layout(services, {"run": entry.run}))
    small_table(40).to_csv(tmp_path / "new.csv", index=False)
    found = command.json("score", entry.run, tmp_path / "new.csv")
    assert (found["scored"], found["threshold"]) == (40, 0.9)
    assert "with the model “Who is sick”" in summary_of(services, found)


def summary_of(services, found) -> str:
    kind = functions.scoring.results.ScoringResult
    result = services.runs.result(found["scoring"], "result", kind)
    return scoring_results.summary(services.runs.training(found["run"]), result)


def test_without_a_target_its_page_says_that_nobody_can_judge_it(
    models, root, services
):
    folder = bring(root)
    small_table(40)[FEATURES].to_csv(folder / "sample.csv", index=False)
    (entry,) = models()
    shown = str(evaluate.layout(services, {"run": entry.run}))
    assert "Nothing to judge this model by" in shown
    assert f"/score?run={entry.run}" in shown
    shown = str(score_page.layout(services, {"run": entry.run}))
    assert "Nothing to judge this model by" in shown
    training = services.runs.training(entry.run)
    with pytest.raises(NotFound, match="Nobody can say how good this model is"):
        services.runs.model_result(training, "brought")


def test_the_library_lists_them_with_what_is_wrong(models, root, services):
    assert pages.brought_list(services) == []
    services = replace(
        services, settings=replace(services.settings, models_dir=str(root))
    )
    copy(bring(root), "broken")
    (root / "broken" / "card.toml").unlink()
    good = next(entry for entry in models() if entry.run)
    shown = str(pages.brought_list(services))
    assert f"/evaluate?run={good.run}" in shown and "ROC AUC 0." in shown
    assert "There is no card.toml" in shown
