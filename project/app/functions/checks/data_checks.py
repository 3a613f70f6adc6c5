"""Whether the columns can be trusted: rare classes, leaks, identifiers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...wording import fixed, listed, number, percent, plural, quoted
from ..models.fitting import TrainingData
from ..tables.columns import facts_of, short_label_of
from ..tables.roles import recognise_role
from . import leaks
from .column_scores import MAX_COLUMNS
from .findings import Check, Finding
from .subjects import DataSubject

_FEW_ROWS, _TOO_FEW_ROWS = 40, 15
_FEW_HELD_OUT = 5
# A class is rare if it has less than this share of its share in a balanced table.
_RARE = 0.2


class Imbalance(Check):
    """Whether every class has enough rows."""

    code = "imbalance"
    title = "Rare classes"
    severity = "bad"
    measures = (
        "How many rows the rarest class has, in the table and in the holdout. Not asked if the target is a "
        "number."
    )
    levels = (
        f"A caution with less than {_FEW_ROWS} rows, less than {_FEW_HELD_OUT} of them in the holdout, or a fifth of "
        f"the share that the class would have if all were equally common. A problem with less than {_TOO_FEW_ROWS} "
        "rows, or none in the holdout."
    )
    advice = (
        "Collect more rows of the class, merge it with a similar one, or leave it out. Judge by balanced accuracy or "
        "average precision, not by accuracy."
    )

    def run(self, subject: DataSubject) -> Finding | None:
        """Count the rows of the rarest class."""
        data = subject.data
        if not data.classes:
            return None
        counts = np.bincount(data.y, minlength=len(data.classes))
        rarest = int(np.argmin(counts))
        n_rows, n_all = int(counts[rarest]), len(data.y)
        held_out = int((data.y[data.split.test] == rarest).sum())
        share = n_rows / n_all
        common = percent(counts.max() / n_all)
        finding = (
            f"The rarest class, '{short_label_of(data.classes[rarest])}', has {number(n_rows)} of "
            f"{plural(n_all, 'row')} ({percent(share)}), {number(held_out)} of them in the holdout; the most common "
            f"has {common}."
        )
        if n_rows < _TOO_FEW_ROWS or not held_out:
            return self.open(
                "bad",
                "A class with too few rows",
                finding,
                "There are too few rows to learn this class or to judge predictions of it. Collect more of them, "
                "merge the class with a similar one, or leave it out.",
            )
        is_rare = share < _RARE / len(data.classes)
        if is_rare or n_rows < _FEW_ROWS or held_out < _FEW_HELD_OUT:
            return self.open(
                "warning",
                "A rare class",
                finding,
                "Do not judge by accuracy: always predicting the most common class is right in "
                f"{common} of the rows. Use balanced accuracy or average precision, and check the scores of each "
                "class.",
            )
        return self.good("Enough rows of every class", finding)


class Leak(Check):
    """Whether a column, or two together, give the target away."""

    code = "leak"
    title = "Leaks"
    severity = "bad"
    measures = (
        "How well each column predicts the target alone, on 2,000 training rows, and how well a quick forest does "
        "with all the other columns. What is known beforehand comes in company: other columns say much of the same. "
        "What is derived from the target, or known only afterwards, stands alone. If no single column does, the "
        "differences, sums, ratios, products and combinations of two columns are tried: all pairs of the 15 columns "
        "that the forest uses most. The error of a score is its distance from 1; of several classes the one that is "
        "separated worst counts."
    )
    levels = (
        f"A problem if a column alone has an error of at most {fixed(leaks.NEARLY_ALONE, 2)} (ROC AUC or R² of "
        f"{fixed(1 - leaks.NEARLY_ALONE, 2)} or better) that is at most {percent(leaks.OF_OTHERS)} of the error of all "
        f"others; or if two together have an error of at most {fixed(leaks.PAIR, 2)}, at most "
        f"{percent(leaks.PAIR_OF_OTHERS)} of that of all others and {percent(leaks.PAIR_OF_ALONE)} of that of either. "
        f"A caution up to an error of {fixed(leaks.POSSIBLY_ALONE, 2)} that is at most "
        f"{percent(leaks.POSSIBLY_OF_OTHERS)} of that of all others; and up to an error of {fixed(leaks.PERFECT)} "
        "whatever the others do."
    )
    advice = (
        "Ask when the value is known. If it is derived from the target, or known only afterwards, leave the column out "
        "and train again. If it is known before the prediction, keep it and say 'I know'."
    )
    errors = (
        "In the benchmark *trust* none of 159 tables without a leak is accused, and 44 of 48 leaks, 11 of 12 "
        "kinds, are "
        "found; the levels were chosen on such tables. A column that is derived from a few rows of the target, "
        "such as the mean target of a small group, is not "
        "found; nor are three columns that give the target away only together. Two noisy copies of the target hide "
        "each other. A column that is known beforehand and far better than all others is taken for a leak."
    )

    def run(self, subject: DataSubject) -> Finding | None:
        """Search for columns that predict far better than all others."""
        data, found = subject.data, subject.leaks
        if found is None:
            return self.open(
                "warning",
                "Too few rows to look for leaks",
                f"With {plural(len(data.split.train), 'training row')} leaks cannot be detected.",
                "Leave out each column whose value is not known at the time of the prediction.",
            )
        if not found.suspects:
            best = found.best
            return self.good(
                "No column gives the target away",
                f"{_looked_at(data)}, '{short_label_of(best.column)}' predicts best on its own: "
                f"{_score(best.score, data)}, where 1 is perfect.",
            )
        return self._suspected(found, subject)

    def _suspected(self, found: leaks.Leaks, subject: DataSubject) -> Finding:
        first, *others = found.suspects
        data = subject.data
        target = short_label_of(subject.settings.target)
        together = len(first.columns) == 2
        if together:
            title = "Two columns give the target away together"
        elif first.level == "bad":
            title = "A column gives the target away"
        else:
            title = "One column is nearly enough"
        also = list(dict.fromkeys(" and ".join(one.columns) for one in others))
        finding = (
            f"{_looked_at(data)}, {_what(first)} {_score(first.score, data)}, where 1 is perfect"
            f"{_of_others(first, data)}.{f' Nearly enough, too: {quoted(also)}.' if also else ''}"
        )
        which = "leave one of them out" if together else "leave it out"
        return self.open(
            first.level,
            title,
            finding,
            f"If it is derived from '{target}', or known only afterwards, new rows will not have it: go back to the "
            f"data, {which} and train again. If it is known beforehand, keep it.",
        )


def _what(suspect: leaks.Suspect) -> str:
    names = [f"'{short_label_of(name)}'" for name in suspect.columns]
    if len(names) == 2:
        return (
            f"{listed(names)} are enough to predict the target together: "
            f"their {suspect.how} gives"
        )
    how = "whether it has a value" if suspect.how == "presence" else "its value"
    return f"{names[0]} is nearly enough to predict the target: {how} gives"


def _of_others(suspect: leaks.Suspect, data: TrainingData) -> str:
    if suspect.others is None:
        return ""
    return f"; all other columns together give {_score(suspect.others, data)}"


def _looked_at(data: TrainingData) -> str:
    n_columns = data.X.shape[1]
    if n_columns > MAX_COLUMNS:
        return f"Of the first {number(MAX_COLUMNS)} of {plural(n_columns, 'column')}"
    return f"Of {plural(n_columns, 'column')}"


def _score(score: float, data: TrainingData) -> str:
    if not data.classes:
        return f"R² {fixed(max(0.0, score))}"
    of_which = " for the class it separates worst" if len(data.classes) > 2 else ""
    return f"ROC AUC {fixed(score)}{of_which}"


class Identifier(Check):
    """Whether a column that only names the rows is used."""

    code = "identifier"
    title = "Identifiers"
    severity = "warning"
    measures = (
        "Whether a column that the models learn from names the rows: distinct codes, numbers that count the rows, or "
        "many values under a name such as 'id'."
    )
    levels = "A caution if there is one. It is never a problem by itself."
    advice = "Leave it out: a model can only memorise it, and new rows have new ones."

    def run(self, subject: DataSubject) -> Finding:
        """Look for identifiers among the features."""
        X = subject.data.X
        reasons = {
            name: reason
            for name in X
            if (reason := _why_identifier(subject.columns.get(name, X[name])))
        }
        if not reasons:
            return self.good(
                "No identifier is used",
                f"Of {plural(X.shape[1], 'column')}, none looks like an identifier.",
            )
        names = list(reasons)
        which = (
            "looks like an identifier" if len(names) == 1 else "look like identifiers"
        )
        return self.open(
            "warning",
            "An identifier is used",
            f"{quoted(names)} {which}. {reasons[names[0]]}",
            "A model can only memorise an identifier, and new rows have new identifiers. Go back to the data, leave "
            "it out and train again.",
        )


def _why_identifier(column: pd.Series) -> str | None:
    # Decimals are not identifiers; whole numbers are stored as decimals only if a value is missing.
    decimal = column.dtype.kind == "f" and not column.isna().any()
    if decimal or column.dtype.kind in "bM":
        return None
    role, reason = recognise_role(facts_of(column))
    return reason if role == "identifier" else None
