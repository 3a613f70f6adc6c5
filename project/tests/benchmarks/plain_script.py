"""What somebody without the product would run: `python plain_script.py TABLE.parquet SETTINGS.json`.

Reads the table, fits the pipelines of the settings on the settings' folds with scikit-learn alone, fits each once more
on all training rows, judges it on the holdout, and prints the mean cross-validated scores as JSON.
"""

from __future__ import annotations

import json
import sys
import warnings

import joblib
import pandas as pd
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_validate

from app.functions.models.catalogue import BASELINE
from app.functions.models.fitting import build, prepare
from app.functions.models.settings import TrainingSettings

# The product's names of metrics are its own.
SCORERS = {"roc_auc": "roc_auc"}


def main(table: str, settings_path: str) -> None:
    """Fit and judge every model."""
    with open(settings_path, encoding="utf-8") as file:
        settings = TrainingSettings.from_dict(json.load(file))
    frame = pd.read_parquet(table)
    data = prepare(frame, settings)
    train, test = data.split.train, data.split.test
    y = frame[settings.target].to_numpy(dtype=object)
    scorer = get_scorer(SCORERS[settings.scoring])
    means = {}
    for model in (BASELINE, *settings.models):
        pipeline = build(model, settings, data, n_jobs=joblib.cpu_count())
        scores = cross_validate(
            pipeline, data.X, y, cv=data.split.folds, scoring=scorer
        )
        pipeline.fit(data.X.iloc[train], y[train])
        scorer(pipeline, data.X.iloc[test], y[test])
        means[model] = scores["test_score"].mean()
    print(json.dumps(means))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
