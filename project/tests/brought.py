"""Folders of models that somebody brings, as a notebook writes them."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import skops.io
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder

from tests.jobs.conftest import small_table

FEATURES = ["size", "weight", "colour"]
CARD = 'title = "Who is sick"\ntarget = "sick"\ntask = "binary"\n'


def pipeline(model=None) -> Pipeline:
    """Plain scikit-learn for the columns of `FEATURES`, not fitted."""
    prepare = make_column_transformer(
        (SimpleImputer(), ["size", "weight"]),
        (OneHotEncoder(handle_unknown="ignore"), ["colour"]),
    )
    return make_pipeline(prepare, model or LogisticRegression())


def bring(
    root: Path, name: str = "sick", card: str = CARD, target: str = "sick"
) -> Path:
    """Write the folder of a model that has learned the first 300 of 400 rows, with the others as its sample."""
    frame = small_table(400)
    model = pipeline(Ridge() if target == "price" else None)
    model.fit(frame[FEATURES][:300], frame[target][:300])
    folder = root / name
    folder.mkdir(parents=True)
    skops.io.dump(model, folder / "model.skops")
    frame[[*FEATURES, target]][300:].to_csv(folder / "sample.csv", index=False)
    (folder / "card.toml").write_text(card, encoding="utf-8")
    return folder


def age(folder: Path, version: str, instead_of: str) -> None:
    """Let the model of a folder be one that an older scikit-learn has made."""
    path = folder / "model.skops"
    with zipfile.ZipFile(path) as read:
        parts = {name: read.read(name) for name in read.namelist()}
    schema = parts["schema.json"].replace(instead_of.encode(), version.encode())
    with zipfile.ZipFile(path, "w") as written:
        for name, content in (parts | {"schema.json": schema}).items():
            written.writestr(name, content)


def copy(folder: Path, name: str) -> Path:
    """Return a copy of a folder."""
    return Path(shutil.copytree(folder, folder.with_name(name)))
