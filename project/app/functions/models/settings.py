"""What somebody chooses for a training, declared once, and what of it cannot be trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from app import wording

# Loaded on first use: the page knows its options before scikit-learn is there.
from .. import evaluation, models, tables
from . import model_options, row_options
from .options import (
    Choice,
    Column,
    Columns,
    OneOf,
    Option,
    SeveralOf,
    Share,
    TargetClass,
    Whole,
)
from .row_filters import RowFilter, RowFilters

_MODELS = "Models"
_JUDGING = "Evaluation"


def _model_choices(task: str) -> tuple[Choice, ...]:
    # The baseline is always trained; a record may name it alone.
    return tuple(
        Choice(spec.key, spec.label, spec.help, spec.key != models.catalogue.BASELINE)
        for spec in models.catalogue.MODELS.values()
    )


def _quick_models() -> tuple[str, ...]:
    return models.catalogue.preset_models("quick")


def _metric_choices(task: str) -> tuple[Choice, ...]:
    metrics = evaluation.scoring.metrics_for(task)
    return tuple(Choice(m.key, m.label, m.explanation) for m in metrics)


_SPLITS = (
    Choice(
        "random",
        "At random",
        "Rows are drawn at random, with the classes in similar shares. Right if the rows are independent.",
    ),
    Choice(
        "time",
        "By time",
        "Trains on the past and tests on later rows, as in later use.",
    ),
    Choice(
        "group",
        "By group",
        "Rows of one group, such as a customer, are never in both parts.",
    ),
)
_SEARCHES = (
    Choice("none", "None: sensible defaults"),
    Choice("halving", "Successive halving"),
    Choice("random", "Randomised"),
)


def option(declared: Option) -> Any:
    """Return the field of a dataclass that holds the setting of an option.

    Parameters
    ----------
    declared : Option

    Returns
    -------
    dataclasses.Field
        With the option's default, and without one where that follows from the task.
    """
    metadata = {"option": declared}
    if declared.default is None and not isinstance(declared, (Column, TargetClass)):
        return field(metadata=metadata)
    return field(default=declared.to_setting(declared.default), metadata=metadata)


@dataclass(frozen=True)
class TrainingSettings:
    """What the user chose, enough to repeat a training.

    To add an option, declare its field here: the form, the address, the checks and records follow.

    Attributes
    ----------
    target : str
    task : {"binary", "multiclass", "regression"}
    roles : dict of str to str
        The features by name; the target and columns left out are not in it.
    models : tuple of str
        Keys of ``catalogue.MODELS``; the baseline is always trained as well.
    scoring : str
        A key of ``scoring.METRICS``.
    n_splits : int
        Folds of the cross-validation.
    test_size : float
        Share of the rows held out.
    random_state : int
    split : {"random", "time", "group"}
    split_by : str or None
        The column with the dates or groups.
    gap_days : int
        Of a split by time: how long before the tested rows the training ends.
    search : {"none", "halving", "random"}
    search_seconds : int
        The time for the search of all models together.
    row_filters : tuple of RowFilter
        A row is used if it passes each of them.
    duplicates : {"keep", "leave_out"}
    rare_classes : {"leave_out", "join", "keep"}
        Of more than two classes.
    fewest_rows : int
        Of a class that is not rare; never fewer than the folds and the holdout need.
    positive : str or None
        The label of the positive class of two; None to guess it.
    weighting : {"none", "balanced", "column"}
        How much a row counts in a fit.
    weight_column : str or None
        The column with the weights of the rows.
    calibration : {"none", "sigmoid", "isotonic"}
        How the probabilities of classes are corrected by the folds.
    rises_with, falls_with : tuple of str
        Numbers of which a larger value may only raise, or only lower, the prediction: the probability of the positive
        class, or the target.
    """

    target: str
    task: str
    roles: Mapping[str, str]
    models: tuple[str, ...] = option(
        SeveralOf(
            key="models",
            label="Models",
            section=_MODELS,
            choices=_model_choices,
            preset=_quick_models,
        )
    )
    scoring: str = option(
        OneOf(
            key="scoring",
            label="Scoring metric",
            plain="What counts as good",
            section=_JUDGING,
            choices=_metric_choices,
        )
    )
    n_splits: int = option(
        Whole(
            key="folds",
            label="Folds",
            plain="Check each model on so many parts of the rows in turn",
            help="How often each model is fitted and evaluated.",
            section=_JUDGING,
            default=5,
            minimum=2,
            maximum=20,
        )
    )
    test_size: float = option(
        Share(
            key="holdout",
            label="Held out, %",
            plain="Keep aside for the final check",
            help="Rows that only test the finished models.",
            section=_JUDGING,
            default=20,
            minimum=5,
            maximum=50,
        )
    )
    random_state: int = option(
        Whole(
            key="seed",
            label="Random seed",
            plain="Where the random draws begin",
            help="The same seed gives the same result.",
            section=_JUDGING,
            default=0,
            minimum=0,
            maximum=2**31 - 1,
        )
    )
    split: str = option(
        OneOf(
            key="split",
            label="Split of the rows",
            plain="How rows are parted for checking",
            section=_JUDGING,
            default="random",
            choices=lambda task: _SPLITS,
            side_by_side=True,
        )
    )
    split_by: str | None = option(
        Column(
            key="by",
            label="Column to order or group by",
            section=_JUDGING,
            depends_on={"split": ("time", "group")},
            required=True,
            dtypes={"time": "date"},
        )
    )
    gap_days: int = option(
        Whole(
            key="gap",
            label="Gap before the tested rows, days",
            help="For targets that are known only later: the training ends so many days earlier.",
            section=_JUDGING,
            default=0,
            minimum=0,
            maximum=3650,
            depends_on={"split": ("time",)},
        )
    )
    search: str = option(
        OneOf(
            key="search",
            label="Hyperparameter search",
            plain="Tune each model",
            help="Tries several settings of each model on the training rows.",
            section=_MODELS,
            default="none",
            choices=lambda task: _SEARCHES,
        )
    )
    search_seconds: int = option(
        Whole(
            key="seconds",
            label="Time for the search",
            help="Seconds, for all models together.",
            section=_MODELS,
            default=60,
            minimum=5,
            maximum=3600,
            depends_on={"search": ("halving", "random")},
        )
    )
    row_filters: tuple[RowFilter, ...] = option(row_options.FILTERS)
    duplicates: str = option(row_options.DUPLICATES)
    weighting: str = option(row_options.WEIGHTING)
    weight_column: str | None = option(row_options.WEIGHT_COLUMN)
    rare_classes: str = option(row_options.RARE_CLASSES)
    fewest_rows: int = option(row_options.FEWEST_ROWS)
    positive: str | None = option(row_options.POSITIVE)
    calibration: str = option(model_options.CALIBRATION)
    rises_with: tuple[str, ...] = option(model_options.RISES)
    falls_with: tuple[str, ...] = option(model_options.FALLS)

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> TrainingSettings:
        """Return the settings that a record in JSON describes.

        An option that the record of an earlier version lacks has its default; what is not known is ignored. What was
        trained is shown as it was, whatever may be chosen today: `check_settings` refuses it before a training.

        Raises
        ------
        ValueError
            The record does not say what was predicted from which columns.
        """
        target, task, roles = (record.get(name) for name in ("target", "task", "roles"))
        _check_subject(target, task, roles)
        chosen = {}
        for name, declared in options_of(cls).items():
            if name in record:
                chosen[name] = declared.from_record(record[name])
            else:
                chosen[name] = declared.to_setting(declared.default_for(task))
        return cls(target, task, dict(roles), **chosen)

    @classmethod
    def from_controls(
        cls, target: str, task: str, roles: Mapping[str, str], values: Mapping[str, Any]
    ) -> TrainingSettings:
        """Return the settings for what the controls of a page hold, by the keys of the options.

        Raises
        ------
        ValueError
            With a sentence that names the option and its bounds.
        """
        chosen = {}
        for name, declared in options_of(cls).items():
            default = declared.default_for(task)
            value, matters = values.get(declared.key, default), declared.matters(values)
            if not matters and (value is None or value == ""):
                value = default
            setting = declared.from_control(value, task)
            chosen[name] = setting if matters else declared.to_setting(default)
        return cls(target, task, dict(roles), **chosen)


def address_of(settings: TrainingSettings) -> dict[str, str]:
    """Return what stands in the address of a form that holds these settings.

    Parameters
    ----------
    settings : TrainingSettings

    Returns
    -------
    dict of str to str
        By the keys of the options; those with their defaults are not in it.
    """
    texts = {
        declared.key: declared.to_address(getattr(settings, name), settings.task)
        for name, declared in options_of(type(settings)).items()
    }
    return {key: text for key, text in texts.items() if text}


def options_of(settings: type[TrainingSettings]) -> dict[str, Option]:
    """Return the options that settings consist of.

    Parameters
    ----------
    settings : type
        `TrainingSettings`, or a class that adds to it.

    Returns
    -------
    dict of str to Option
        By the name of the field.
    """
    return {
        each.name: each.metadata["option"]
        for each in fields(settings)
        if "option" in each.metadata
    }


OPTIONS = options_of(TrainingSettings)


def check_settings(settings: TrainingSettings, columns: list[str]) -> None:
    """Refuse settings that cannot be trained, before a table is opened.

    Parameters
    ----------
    settings : TrainingSettings
    columns : list of str
        The columns of the table.

    Raises
    ------
    ValueError
        With a sentence that says which setting and what to do.
    """
    _check_subject(settings.target, settings.task, settings.roles)
    for name in (settings.target, *settings.roles):
        if name not in columns:
            raise ValueError(
                f"The table has no column '{wording.shortened(name)}'. Choose the columns again."
            )
    if not settings.roles:
        raise ValueError(
            "No column is left to learn from: put one back, or give an identifier another role."
        )
    options = options_of(type(settings))
    chosen = {o.key: getattr(settings, name) for name, o in options.items()}
    for name, declared in options.items():
        setting = getattr(settings, name)
        declared.check_setting(setting, settings.task)
        if isinstance(declared, Column) and declared.matters(chosen):
            declared.check_column(setting, columns)
        if isinstance(declared, RowFilters):
            declared.check_columns(setting, columns)
        if isinstance(declared, Columns):
            declared.check_columns(setting, settings.roles)
    _check_directions(settings)


def _check_directions(settings: TrainingSettings) -> None:
    both = set(settings.rises_with) & set(settings.falls_with)
    if both:
        raise ValueError(
            f"The prediction cannot both rise and fall with '{wording.shortened(min(both))}': choose one."
        )


def _check_subject(target: Any, task: Any, roles: Any) -> None:
    if not isinstance(target, str):
        raise ValueError("No target is named: choose the column to predict.")
    if task not in tables.tasks.TASKS:
        known = ", ".join(tables.tasks.TASKS)
        raise ValueError(f"The task must be one of these: {known}.")
    if not isinstance(roles, Mapping) or not all(
        isinstance(text, str) for pair in roles.items() for text in pair
    ):
        raise ValueError(
            "The columns to learn from must be named, each with a role: choose them again."
        )
