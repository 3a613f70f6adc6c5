"""The code that repeats one model of a training, from the table's file to the scores."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from app import functions

from .. import registry
from ..export import Context
from ..sources import Name, Source, sorted_imports, source_of, wrapped
from ..versions import pinned
from . import rows_code, split_code
from .cells import Cell, code, words
from .layout import Writer, quoted
from .metric_code import metric_code

if TYPE_CHECKING:
    from app.functions.models.fitting import TrainingData
    from app.functions.models.settings import TrainingSettings

PACKAGES = ("scikit-learn", "pandas", "pyarrow")
PREDICTIONS, SCORES = "predictions.csv", "scores.json"
_CALIBRATION = "app.functions.models.calibration"
_VALIDATION = """
## Cross-validation, then the holdout

The last model learns from all training rows, and is judged on the rows held out.
"""
_IMPORTS = (
    "import hashlib",
    "import io",
    "import json",
    "import warnings",
    "from pathlib import Path",
    "import numpy as np",
    "import pandas as pd",
)


def repeat_cells(context: Context) -> list[Cell]:
    """Return the code of one model, as words and code in turn.

    Parameters
    ----------
    context : Context

    Returns
    -------
    list of Cell

    Raises
    ------
    NotFound
        The table is gone.
    ValueError
        The rows of the table would be split otherwise today, or the model cannot be written as code.
    """
    training, runs = context.training, context.runs
    settings = training.settings
    context.say("Reading the table")
    path = registry.EXPORTS["table"].make(context)
    frame = context.datasets.table(training.run.dataset.id)
    data = functions.models.fitting.prepare(frame, settings)
    _check_same_rows(runs.table(training.id, "holdout"), data)
    context.say("Writing the code")
    row = next(each for each in training.summary.trained if each.model == context.model)
    about = _About(context, settings, data, row, path.read_bytes())
    rows = rows_code.rows_code(settings, frame)
    split = split_code.split_code(settings, _by(settings, frame, data))
    writer, pipeline = _pipeline(about)
    compute, metric = metric_code(settings.scoring)
    calibration = [Name(_CALIBRATION, "cross_calibrated")] if about.calibrated else []
    own = source_of([*rows.own, *split.own, *_sorted(writer.own), *calibration])
    own_cells = []
    if own.code.strip():
        said = "## What scikit-learn does not have\n\nThe few functions and classes that were written for the runs."
        own_cells = [words(said), code(own.code)]
    return [
        words(about.title()),
        code(_imports(own, metric, split.imports, writer.imports, about)),
        code(about.constants()),
        *own_cells,
        words(
            "## The table\n\nIts columns are typed already, so that nothing depends on how a text is read."
        ),
        code(about.reading()),
        *rows.cells,
        rows_code.target_code(settings),
        *split.cells,
        words("## The model"),
        code(pipeline),
        code(about.fitting()),
        words(f"## The score\n\n{about.metric.label}: {about.metric.explanation}"),
        code(_score(compute, metric)),
        words(_VALIDATION),
        code(about.validating()),
        code(about.judging()),
        words("## The same as the run?"),
        code(about.comparing()),
    ]


def _check_same_rows(holdout: Any, data: TrainingData) -> None:
    positions = data.positions[data.split.test]
    if holdout is None or not np.array_equal(holdout["position"], positions):
        raise ValueError(
            "This run is from a version that split the rows otherwise, so its code cannot be written. Train it again."
        )


def _by(settings: TrainingSettings, frame: Any, data: TrainingData) -> Any:
    if settings.split == "random":
        return None
    return frame.iloc[data.positions][settings.split_by]


def _sorted(names: set[Name]) -> list[Name]:
    return sorted(names, key=lambda name: (name.module, name.name))


def _score(compute: str, metric: Source) -> str:
    # Some metrics return a float of Python by themselves.
    value = compute if compute.startswith("float(") else f"float({compute})"
    definitions = f"{metric.code}\n\n" if metric.code.strip() else ""
    return f"""{definitions}def score(y, output):
    \"\"\"Score predictions; NaN where the score is not defined.\"\"\"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return {value}
"""


def _imports(
    own: Source, metric: Source, split: tuple, model: set, about: _About
) -> str:
    lines = {*_IMPORTS, *split, *model, *about.imports()}
    for source in (own, metric):
        lines |= set(_single(source.imports))
    first = "from __future__ import annotations"
    return "\n".join([first, "", *map(wrapped, sorted_imports(lines))])


def _single(lines: tuple[str, ...]) -> list[str]:
    """Imports of one name each, as `sorted_imports` takes them."""
    single = []
    for line in filter(None, lines):
        before, _, names = line.partition(" import ")
        if line.startswith("from "):
            single += [f"{before} import {name}" for name in names.split(", ")]
        else:
            single.append(line)
    return single


def _pipeline(about: _About) -> tuple[Writer, str]:
    fitting = functions.models.fitting
    pipeline = fitting.build(
        about.context.model, about.settings, about.data, about.row.parameters, None
    )
    if about.is_forest:
        pipeline.set_params(model__n_jobs=-1)
    parts = pipeline.named_steps["columns"].transformers
    columns = {name: list(names) for name, _, names in parts if isinstance(names, list)}
    writer = Writer(columns)
    named = f"COLUMNS = {Writer().text(columns, before=10)}\n\n\n" if columns else ""
    made = writer.text(pipeline, indent=4, before=len("    return "))
    text = f'{named}def new_pipeline():\n    """Return the model, not fitted yet."""\n    return {made}\n'
    return writer, text


class _About:
    """What the code of one model is written from."""

    def __init__(
        self,
        context: Context,
        settings: TrainingSettings,
        data: TrainingData,
        row: Any,
        table: bytes,
    ):
        self.context, self.settings, self.data, self.row = context, settings, data, row
        self.table = table
        self.training = context.training
        self.classes = context.training.summary.classes
        self.metric = functions.evaluation.scoring.METRICS[settings.scoring]
        is_guess = context.model == functions.models.catalogue.BASELINE
        self.calibrated = (
            settings.calibration != "none" and bool(self.classes) and not is_guess
        )
        fitting = functions.models.fitting
        model = fitting.build(
            context.model, settings, data, row.parameters
        ).named_steps["model"]
        self.is_forest = isinstance(model, fitting.FORESTS)
        self.weighted = (
            settings.weighting != "none" and not is_guess and fitting.can_weigh(model)
        )

    @property
    def table_name(self) -> str:
        """What the file of the table is called where it is downloaded."""
        export = registry.EXPORTS["table"]
        return registry.file_name(export, self.training, self.context.model)

    def title(self) -> str:
        target = " ".join(self.settings.target.split())
        versions = pinned(PACKAGES)
        shown = ", ".join(f"{name} {versions[name]}" for name in PACKAGES)
        lines = [
            f"# {self.row.label}: {target}",
            "",
            "Repeats a training from the table to the scores, with scikit-learn and nothing else.",
            "",
            f"It reads `{self.table_name}`, the table of the run, from the folder in which it is run, and writes",
            f"`{PREDICTIONS}`, what the model predicts for the rows held out, and `{SCORES}`.",
            f"Written for {shown}; other versions may differ in the last digits, or more.",
        ]
        if self.row.parameters:
            lines += [
                "",
                "The hyperparameters were found by a search that had a time limit, so it would not end at the same",
                "place again: they are written down here as they were found.",
            ]
        return "\n".join(lines)

    def imports(self) -> list[str]:
        if self.weighted and self.settings.weighting == "balanced":
            return ["from sklearn.utils.class_weight import compute_sample_weight"]
        return []

    def constants(self) -> str:
        features = list(self.data.X.columns)
        text = Writer().text
        lines = [
            f"TABLE = {quoted(self.table_name)}",
            f"SHA256 = {quoted(hashlib.sha256(self.table).hexdigest())}",
            f"TARGET = {quoted(self.settings.target)}",
            f"FEATURES = {text(features, before=11)}",
        ]
        if self.classes:
            lines.append(f"CLASSES = {text(list(self.classes), before=10)}")
        if len(self.classes) == 2:
            lines.append(
                "# From this probability of the second class on, a row is said to be of it."
            )
            lines.append("THRESHOLD = 0.5")
        lines.append(f"SEED = {self.settings.random_state!r}")
        return "\n".join(lines)

    def reading(self) -> str:
        return """
content = Path(TABLE).read_bytes()
if hashlib.sha256(content).hexdigest() != SHA256:
    print("This is not the table of the run, or it was changed: expect other results.")
table = pd.read_parquet(io.BytesIO(content))
"""

    def fitting(self) -> str:
        learns = "names[y[rows]]" if self.classes else "y[rows]"
        weigh, more = "", ""
        if self.weighted:
            balanced = 'compute_sample_weight("balanced", y[rows])'
            by_column = "weights[rows] / weights[rows].mean()"
            how = balanced if self.settings.weighting == "balanced" else by_column
            weigh = f"        sample_weight = {how}\n"
            more = ", model__sample_weight=sample_weight"
        forest = ""
        if self.is_forest:
            forest = (
                "    # Threads would add up the trees in whatever order they finish.\n"
                "    pipeline.set_params(model__n_jobs=None)\n"
            )
        text = f"""
def fit(rows):
    \"\"\"Return a new model, fitted on some rows.\"\"\"
    pipeline = new_pipeline()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
{weigh}        pipeline.fit(X.iloc[rows], {learns}{more})
{forest}    return pipeline


"""
        return text + (_PREDICT_CLASSES if self.classes else _PREDICT_NUMBERS)

    def validating(self) -> str:
        text = """
validated = []
for learned, checked in folds:
    validated.append((y[checked], predict(fit(learned), checked)))
"""
        if self.calibrated:
            method, in_time = self.settings.calibration, self.settings.split == "time"
            text += f"""
# The probabilities of each fold are corrected by what came true in {'earlier ones' if in_time else 'the others'}.
corrected = cross_calibrated(validated, "{method}", in_time={in_time})
cv_scores = [score(*fold) for fold in corrected]
"""
        else:
            text += "cv_scores = [score(*fold) for fold in validated]\n"
        return text

    def judging(self) -> str:
        text = "pipeline = fit(train)\n"
        if self.calibrated:
            text += f"""
# The model keeps its classes in the order of their names.
order = [CLASSES.index(name) for name in pipeline.classes_]
position = np.zeros(len(CLASSES), dtype=int)
position[order] = np.arange(len(order))
codes, probabilities = map(np.concatenate, zip(*validated))
calibration = ProbabilityCalibration("{self.settings.calibration}")
calibration.fit(probabilities[:, order], position[codes])


def predict_calibrated(rows):
    \"\"\"Return the corrected probabilities of each class.\"\"\"
    output = np.zeros((len(rows), len(CLASSES)))
    output[:, order] = calibration.transform(predict(pipeline, rows)[:, order])
    return output


"""
        most = functions.models.training.MAX_SCORED_TRAINING_ROWS
        predict = "predict_calibrated(" if self.calibrated else "predict(pipeline, "
        return text + f"""output = {predict}test)
# The score on rows that the model has learned from: on the last {most:,} of them.
seen = train[-{most}:]
train_score = score(y[seen], {predict}seen))
holdout_score = score(y[test], output)
"""

    def comparing(self) -> str:
        row = asdict(self.row)
        names = ("cv_scores", "train_score", "holdout")
        of_run = {
            name: list(v) if isinstance(v := row[name], (list, tuple)) else v
            for name in names
        }
        labels = "CLASSES" if self.classes else '["prediction"]'
        return f"""
scores = {{"cv_scores": cv_scores, "train_score": train_score, "holdout": holdout_score}}
scores_of_run = {Writer().text(of_run, before=16)}
for name, found in scores.items():
    difference = np.abs(np.subtract(found, scores_of_run[name])).max()
    print(f"{{name}}: {{np.round(found, 4)}}, difference to the run {{difference}}")

predictions = pd.DataFrame(output.reshape(len(test), -1), columns={labels})
predictions.insert(0, "row of the table", rows[test], allow_duplicates=True)
{self._predicted()}predictions.to_csv("{PREDICTIONS}", index=False)
Path("{SCORES}").write_text(json.dumps(scores))
"""

    def _predicted(self) -> str:
        if not self.classes:
            return ""
        codes = "output.argmax(axis=1)"
        if len(self.classes) == 2:
            codes = "(output[:, 1] >= THRESHOLD).astype(int)"
        return (
            f"predicted = names[{codes}]\n"
            'predictions.insert(1, "predicted", predicted, allow_duplicates=True)\n'
        )


_PREDICT_CLASSES = '''
def predict(pipeline, rows):
    """Return the probability of each class, in the order of CLASSES."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = pipeline.predict_proba(X.iloc[rows])
    output = np.zeros((len(rows), len(CLASSES)))
    output[:, [CLASSES.index(name) for name in pipeline.classes_]] = known
    return output
'''.lstrip()
_PREDICT_NUMBERS = '''
def predict(pipeline, rows):
    """Return the predicted numbers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return np.asarray(pipeline.predict(X.iloc[rows]), dtype=np.float64)
'''.lstrip()
