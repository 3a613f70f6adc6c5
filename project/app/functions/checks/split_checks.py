"""Whether the split can be trusted: copies, order in time and groups that tie the holdout to the training rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...wording import fixed, number, percent, plural
from ..tables.columns import short_label_of, years_to_dates
from . import copies, groups, time_order
from .findings import LEVELS, Check, Finding, level_of
from .quick_model import MAX_ROWS, Drop
from .subjects import DataSubject

# What is lost must be so many standard errors.
_CERTAIN = 2.5
_COPIES_CHANGE, _COPIES_CHANGE_MUCH = 0.02, 0.15
# Where leaving the copies out would leave too few rows, their share decides.
_COPIES, _MANY_COPIES = 0.01, 0.1
_LOST, _MUCH_LOST = 0.1, 0.25
_CHANGED, _MUCH_CHANGED, _CERTAINLY_CHANGED = 0.25, 1.0, 4.0
# R² and ROC AUC from which on the predictions follow a target that changes.
_FOLLOWS, _FOLLOWS_CLASSES = 0.1, 0.55
# With the column itself as a feature, which may be a measurement rather than a code, more must be lost.
_LOST_AS_FEATURE, _MUCH_LOST_AS_FEATURE = 0.2, 0.6
_FOREST = "a quick forest has"


def _level(drop: Drop, certain: float, warning: float, bad: float) -> str:
    return level_of(drop.share, warning, bad) if drop.z >= certain else "good"


class Duplicates(Check):
    """Whether rows of the holdout occur among the training rows."""

    code = "duplicates"
    title = "Copies"
    severity = "bad"
    measures = (
        "How many rows of the holdout equal a training row, target included, and how many nearly do: all but one of "
        "at least four columns are equal, or the row is ten times closer to a training row than the fifth nearest "
        "usually is. Then what they change: a quick forest is scored on the holdout, once with these training rows and "
        "once without them, both times with equally many rows and without columns that leak."
    )
    levels = (
        f"What is lost without them, as a share of the lead over a guess, decides: a caution from "
        f"{percent(_COPIES_CHANGE)} on, a problem from {percent(_COPIES_CHANGE_MUCH)} on, if it is more than "
        f"{fixed(_CERTAIN, 1)} standard errors. If more than "
        f"{percent(1 - copies.LEAST_LEFT)} of the training rows would have to be left out, the share of equal rows in "
        f"the holdout decides: a caution from {percent(_COPIES)} on, a problem from {percent(_MANY_COPIES)} on, unless "
        "half as many are expected because the columns have few different values."
    )
    advice = "Leave repeated rows out on the Train page or, if they belong to one person or thing, split by group."
    errors = (
        "In the benchmark *trust* none of 159 tables without copies is accused, and all 16 with copies are found. "
        "Copies that hardly change the score are counted, but not called a problem: a model may remember them."
    )

    def run(self, subject: DataSubject) -> Finding:
        """Count the copies and measure what they change."""
        split = subject.data.split
        found = copies.find_copies(subject.whole, split, subject.leaking)
        of = plural(found.n_test, "row")
        if not found.equal + found.near:
            return self.good(
                "No copies in the holdout",
                f"None of the {of} of the holdout occurs among the training rows.",
            )
        finding = (
            f"{number(found.equal)} of {of} of the holdout ({percent(found.equal / found.n_test)}) equal a training "
            f"row, target included; {number(found.near)} more nearly do."
        )
        if found.drop is None:
            return self._by_share(found, finding, subject)
        before, after = subject.before_and_after(found.drop)
        finding += f" On the holdout {_FOREST} {before} with their copies among the training rows and {after} without."
        level = _level(found.drop, _CERTAIN, _COPIES_CHANGE, _COPIES_CHANGE_MUCH)
        return self._of_level(level, "Copies that change little", finding)

    def _by_share(
        self, found: copies.Copies, finding: str, subject: DataSubject
    ) -> Finding:
        data = subject.data
        expected = copies.share_by_chance(data.X, data.y, data.split.train)
        share = found.equal / found.n_test
        finding += (
            f" With so few different values, about {percent(expected)} is expected by chance."
            if expected
            else " What they change cannot be measured."
        )
        by_chance = share < 2 * expected or found.equal < 2
        level = "good" if by_chance else level_of(share, _COPIES, _MANY_COPIES)
        return self._of_level(level, "No more copies than expected by chance", finding)

    def _of_level(self, level: str, title_if_good: str, finding: str) -> Finding:
        if level == "good":
            return self.good(title_if_good, finding)
        many = "Copies make" if level == "bad" else "Copies may make"
        return self.open(
            level,
            f"{many} the score too good",
            finding,
            "A model remembers these rows, which new rows will not be. Leave repeated rows out on the Train page or, "
            "if they belong to one person or thing, split by group.",
        )


class TimeOrder(Check):
    """Whether the score would hold for later rows."""

    code = "time_order"
    title = "Order in time"
    severity = "bad"
    measures = (
        "Whether the latest fifth of the rows can be predicted from earlier ones as well as from rows of all times. "
        "Columns that say when: dates, years, months and quarters as text or numbers such as 202403, seconds since "
        "1970; a column of months, quarters or weeks refines one of years. Without such a column the order of "
        "the rows is tried, unless "
        "the table is sorted by a column. A quick forest learns twice from equally many of at most "
        f"{number(MAX_ROWS)} rows and predicts the same latest rows; columns that leak are left out. Not asked if "
        "the split is by time."
    )
    levels = (
        f"What is lost, as a share of the lead over a guess, decides: a caution from {percent(_LOST)} on, a problem "
        f"from {percent(_MUCH_LOST)} on, if it is more than {fixed(_CERTAIN, 1)} standard errors. The order of "
        "the rows "
        "is never more than a caution, since it need not be that of time. The target itself counts, too: a "
        f"caution if it changes by {fixed(_CHANGED, 2)} standard deviations or more from the first fifth of the "
        "rows to "
        f"the last, a problem from {fixed(_MUCH_CHANGED, 0)} on, if that is more than {number(_CERTAINLY_CHANGED)} "
        "standard errors; never more than a caution if a model of earlier rows foretells the latest ones, with "
        "R² above "
        f"{fixed(_FOLLOWS, 1)} or ROC AUC above {fixed(_FOLLOWS_CLASSES, 2)}."
    )
    advice = (
        "If the model is to predict the future, split by time and train again; the score by time is the one to expect. "
        "If it is to fill gaps in the past, say 'I know'."
    )
    errors = (
        "In the benchmark *trust* none of 159 tables without drift is said to have a problem and 2 get a "
        "caution; all 28 with drift are found. The forest cannot continue a trend; a linear model may lose less. A "
        "change that comes after the last row cannot be seen."
    )

    def run(self, subject: DataSubject) -> Finding | None:
        """Measure what a split by time takes from the score."""
        if subject.settings.split == "time":
            return None
        target = subject.settings.target
        sortable = {**subject.columns, target: pd.Series(subject.data.y)}
        row_order = not subject.times and not time_order.is_sorted_by_a_column(sortable)
        found = time_order.time_drops(subject.table, subject.times, row_order)
        judged = [
            (self._level(one), _level_of_change(one, subject), one) for one in found
        ]
        by_drop, by_change, worst = max(
            judged,
            key=lambda one: max(map(LEVELS.index, one[:2])),
            default=("good", "good", None),
        )
        level = max(by_drop, by_change, key=LEVELS.index)
        if level == "good":
            return self._nothing(found, subject)
        finding = self._finding(worst, subject)
        if by_drop == "good":
            return self.open(
                level,
                "The target changes with time",
                finding,
                "The score may hold for later rows, but how many there are of each class, or how high the numbers are, "
                "will not. If the model is to predict the future, split by time, and train again from time to time.",
            )
        return self.open(level, _title(worst, level), finding, _advice(worst, subject))

    def _level(self, one: time_order.TimeDrop) -> str:
        level = _level(one.drop, _CERTAIN, _LOST, _MUCH_LOST)
        return "warning" if level == "bad" and one.column is None else level

    def _nothing(self, found, subject: DataSubject) -> Finding | None:
        if not found:
            return self.good(
                "No order in time",
                "No column says when a row was recorded, and the table is sorted, or too short to tell.",
            )
        return self.good("No order in time", self._finding(found[0], subject))

    def _finding(self, one: time_order.TimeDrop, subject: DataSubject) -> str:
        before, after = subject.before_and_after(one.drop)
        where = (
            "as they stand"
            if one.column is None
            else f"along '{short_label_of(one.column)}'"
        )
        finding = (
            f"For the last {percent(one.share)} of the rows {where} {_FOREST} {before} if it learned from rows of all "
            f"times, and {after} if it learned from earlier ones only."
        )
        if one.column is not None:
            then = _then_and_now(subject.times[one.column], subject)
            finding += f" Along it, {then}."
        return finding


def _level_of_change(one: time_order.TimeDrop, subject: DataSubject) -> str:
    if one.column is None:
        return "good"
    data, times = subject.data, subject.times[one.column]
    follows = _FOLLOWS_CLASSES if data.classes else _FOLLOWS
    change = time_order.change_of(times, data.y, bool(data.classes))
    if change.z < _CERTAINLY_CHANGED:
        return "good"
    level = level_of(change.size, _CHANGED, _MUCH_CHANGED)
    # Where predictions follow the change, it is worth knowing and no more.
    return "warning" if level == "bad" and one.drop.after > follows else level


def _title(one: time_order.TimeDrop, level: str) -> str:
    if one.column is None:
        return "Rows that stand together are alike"
    much = "much " if level == "bad" else ""
    return f"The score is {much}too good for the future"


def _advice(one: time_order.TimeDrop, subject: DataSubject) -> str:
    if one.column is None:
        return (
            "If the rows stand in the order in which they were recorded, or rows of one person or thing stand "
            "together, "
            "the lower score is the one to expect. Add a column that says when, or whose, and split by it."
        )
    name = short_label_of(one.column)
    column = subject.columns[one.column]
    how = f"split by time along '{name}' and train again"
    if _are_years(column):
        how = f"give '{name}' the role Date on the Data page, split by time along it and train again"
    elif column.dtype.kind != "M":
        how = f"write '{name}' as dates, such as 2024-01-31, split by time along it and train again"
    now = "at random" if subject.settings.split == "random" else "by group"
    return (
        f"Split {now}, the holdout lies between the training rows in time, not after them. If the model is to predict "
        f"the future, {how}."
    )


def _are_years(column: pd.Series) -> bool:
    known = column.dropna()
    return known.dtype.kind in "iuf" and years_to_dates(known).notna().all()


def _then_and_now(times: np.ndarray, subject: DataSubject) -> str:
    data = subject.data
    first, last = time_order.first_and_last(times, data.y)
    if not data.classes:
        return (
            f"the target's mean is {number(first.mean())} in the first fifth of the rows and {number(last.mean())} "
            "in the last"
        )
    codes = np.arange(len(data.classes))
    shares = [(part[:, None] == codes).mean(axis=0) for part in (first, last)]
    # The positive one of two classes; of several, the one whose share changes most.
    k = 1 if len(codes) == 2 else int(np.abs(shares[1] - shares[0]).argmax())
    return (
        f"'{short_label_of(data.classes[k])}' is {percent(shares[0][k])} of the first fifth of the rows and "
        f"{percent(shares[1][k])} of the last"
    )


def _level_of_groups(one: groups.GroupDrop) -> str:
    if one.as_feature:
        return _level(one.drop, _CERTAIN, _LOST_AS_FEATURE, _MUCH_LOST_AS_FEATURE)
    return _level(one.drop, _CERTAIN, _LOST, _MUCH_LOST)


class Groups(Check):
    """Whether the score would hold for a new person or thing."""

    code = "groups"
    title = "Groups"
    severity = "bad"
    measures = (
        f"Whether rows with the same value of a column, whatever its name, hang together: at least "
        f"{number(groups.MIN_GROUPS)} values repeat, and the targets of rows that share one are alike. Then a quick "
        "forest is scored on folds at random and on folds that never divide a group, without the column itself; and "
        f"with it, if it is a feature and has at most {number(groups.SMALL_GROUP)} rows a value; columns that "
        "leak are left out. Asked of all columns "
        "but dates and years, if the split is at random."
    )
    levels = (
        f"What is lost, as a share of the lead over a guess, decides: a caution from {percent(_LOST)} on, a problem "
        f"from {percent(_MUCH_LOST)} on, if it is more than {fixed(_CERTAIN, 1)} standard errors, which count groups "
        f"and not rows. With the column itself as a feature it takes {percent(_LOST_AS_FEATURE)} and "
        f"{percent(_MUCH_LOST_AS_FEATURE)}: it may be a measurement, whose repeated values mean little."
    )
    advice = (
        "If new rows will be of new people or things, split by group along the column and train again; the score by "
        "group is the one to expect. If they will be of those in the table, say 'I know'."
    )
    errors = (
        "In the benchmark *trust* none of 159 tables without groups is said to have a problem and 2 get a "
        f"caution; all 20 with groups are found. Fewer than {number(groups.MIN_GROUPS)} groups are taken for "
        "categories. Groups that no column names are not found, unless their rows stand together: see the order "
        "of the rows in *Order in time*."
    )

    def run(self, subject: DataSubject) -> Finding | None:
        """Measure what a split by group takes from the score."""
        if subject.settings.split != "random":
            return None
        columns = {
            name: column
            for name, column in subject.columns.items()
            if name not in subject.times
        }
        found = groups.group_drops(subject.table, columns)
        if not found:
            return self.good(
                "No groups of rows",
                f"Of {plural(len(columns), 'column')}, none has repeated values that tie rows together.",
            )
        levels = [_level_of_groups(one) for one in found]
        level = next((level for level in ("bad", "warning") if level in levels), "good")
        worst = found[levels.index(level)]
        name = short_label_of(worst.column)
        before, after = subject.before_and_after(worst.drop)
        without = "" if worst.as_feature else ", both without the column itself"
        finding = (
            f"'{name}' has {number(worst.n_groups)} values. {_FOREST[0].upper()}{_FOREST[1:]} {before} on folds at "
            f"random and {after} on folds that never divide the rows of one value{without}."
        )
        if level == "good":
            return self.good("Groups do not matter", finding)
        much = "much " if level == "bad" else ""
        return self.open(
            level,
            f"The score is {much}too good for a new '{name}'",
            finding,
            f"A model recognises the rows of one '{name}'. If it is to predict new ones, split by group along that "
            "column and train again.",
        )
