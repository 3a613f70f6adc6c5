"""Predicts the rows of a CSV file with the model beside this script: `python predict.py new.csv > out.csv`."""

from __future__ import annotations

import argparse
import csv
import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io

FOLDER = Path(__file__).resolve().parent
# The types in the model that skops does not know; those of `dashboard_model` are in the file of that name.
TRUSTED: list[str] = []
DTYPES = {"date": "datetime64[us]", "text": "str", "boolean": "str"}
MISSING = set(
    "n/a n.a. <na> #n/a #na nan -nan nat null (null) [null] ? . .. ... "
    "#div/0! #ref! #value! #num! #name? #null!".split()
)
MISSING_AMONG_NUMBERS = MISSING | set(
    "na n.a none nil nd n.d. k.a. - -- --- – — * : (na) [na]".split()
)


def main() -> None:
    """Read the arguments and the table, predict, and write the table with the predictions to the standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="a CSV file with a line of column names")
    parser.add_argument("--sep", default=",", help="what separates the cells")
    parser.add_argument("--encoding", default="utf-8-sig", help="of the file")
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        help="from which probability on a row is of the positive class, where there are two classes",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="take columns that the table lacks as missing in every row",
    )
    asked = parser.parse_args()
    about = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    table = read(asked.table, asked.sep, asked.encoding)
    rows = conform(table, about["columns"], asked.allow_missing)
    predicted = predict(load(), rows, about["classes"], asked.threshold)
    for name in predicted:
        free = name if name not in table else f"{name} (model)"
        table[free] = predicted[name]
    table.to_csv(sys.stdout, index=False, lineterminator="\n")


def read(path: str, sep: str, encoding: str) -> pd.DataFrame:
    """Return the table with all cells as text, as they stand in the file."""
    try:
        return pd.read_csv(
            path, sep=sep, encoding=encoding, dtype="str", keep_default_na=False
        )
    except (OSError, ValueError, csv.Error) as error:
        said = str(error).strip().rstrip(".")
        sys.exit(
            f"{path} cannot be read as CSV: {said}. Say what separates its cells by --sep, and its encoding by "
            "--encoding."
        )


def conform(table: pd.DataFrame, columns: list, allow_missing: bool) -> pd.DataFrame:
    """Return the columns that the model takes, typed as those that it learned from."""
    absent = [each["name"] for each in columns if each["name"] not in table]
    if absent:
        names = ", ".join(map(repr, absent))
        if len(table.columns) == 1 and len(columns) > 1:
            sys.exit(
                f"The table has one column, {table.columns[0]!r}. Say what separates its cells, such as --sep ';'."
            )
        if not allow_missing:
            sys.exit(
                f"The table has no column {names}. Add it, or take it as missing in every row: --allow-missing."
            )
        say(f"The table has no column {names}: taken as missing in every row.")
    surplus = set(table) - {each["name"] for each in columns}
    if surplus:
        say(
            f"The model does not use {', '.join(map(repr, sorted(surplus)))}: passed through."
        )
    typed = {}
    for column in columns:
        name = column["name"]
        if name in absent:
            dtype = DTYPES.get(column["dtype"], "float64")
            typed[name] = pd.Series(None, index=table.index, dtype=dtype)
        else:
            typed[name] = typed_column(table[name], column)
    return pd.DataFrame(typed, index=table.index)


def typed_column(texts: pd.Series, column: dict) -> pd.Series:
    """Return one column as its type; what cannot be read is missing, and is said."""
    stripped = texts.str.strip()
    usual = MISSING if column["dtype"] == "text" else MISSING_AMONG_NUMBERS
    spelled = stripped.str.lower().isin(usual) & ~stripped.isin(column["categories"])
    gone = spelled | (stripped == "") | stripped.isin(column["missing_values"])
    known = stripped.mask(gone)
    read_as = {"date": dates, "boolean": truths, "text": lambda each, _: each}
    values = read_as.get(column["dtype"], numbers)(known, column)
    unread = known[known.notna() & values.isna()]
    if len(unread):
        lines = ", ".join(str(position + 2) for position in unread.index[:5])
        nouns = {"date": "a date", "boolean": "true or false"}
        noun = nouns.get(column["dtype"], "a number")
        one = len(unread) == 1
        say(
            f"Column {column['name']!r}: {'1 cell is' if one else f'{len(unread)} cells are'} not {noun}, taken as "
            f"missing, such as {unread.iloc[0]!r} (row{'' if one else 's'} {lines}, with the names as row 1)."
        )
    return values


def numbers(texts: pd.Series, column: dict) -> pd.Series:
    """Return numbers as they are written in this column: with a decimal point, or a decimal comma."""
    if column["written"] in ("decimal comma", "day first"):
        texts = texts.str.replace(".", "").str.replace(",", ".")
    values = [number(text) for text in texts]
    return pd.Series(values, index=texts.index, dtype="float64")


def number(text) -> float:
    """Return a number, to the last digit; NaN for what is none."""
    if not isinstance(text, str) or "_" in text:
        return float("nan")
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ""))  # 1,234,567.8
    except ValueError:
        return float("nan")


def dates(texts: pd.Series, column: dict) -> pd.Series:
    """Return dates in ISO 8601, or with the day first where the column has it so."""
    day_first = column["written"] in ("decimal comma", "day first")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        read = pd.to_datetime(
            texts, errors="coerce", utc=True, format="mixed", dayfirst=day_first
        )
    return read.dt.tz_localize(None).dt.as_unit("us")


def truths(texts: pd.Series, column: dict) -> pd.Series:
    """Return true and false; as text where some are missing, as the model learned them."""
    lower = texts.str.lower()
    known = lower.where(lower.isin(("true", "false")))
    return known == "true" if known.notna().all() else known


def load():
    """Return the model; a type that is not named above is refused."""
    path = FOLDER / "model.skops"
    strange = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED)
    if strange:
        sys.exit(f"The model file names types that do not belong to it: {strange}")
    return skops.io.load(path, trusted=TRUSTED)


def predict(
    model, rows: pd.DataFrame, classes: list[str], threshold: float
) -> pd.DataFrame:
    """Return a column with the prediction of each row, and one with the probability of each class."""
    if not len(rows):
        return pd.DataFrame({"prediction": []})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if not classes:
            return pd.DataFrame({"prediction": model.predict(rows)}, index=rows.index)
        known = model.predict_proba(rows)
    output = np.zeros((len(rows), len(classes)))
    output[:, [classes.index(name) for name in model.classes_]] = known
    if len(classes) == 2:
        codes = (output[:, 1] >= threshold).astype(int)
    else:
        codes = output.argmax(axis=1)
    columns = {"prediction": np.asarray(classes, dtype=object)[codes]}
    for code, name in enumerate(classes):
        columns[f"probability of {name}"] = output[:, code]
    return pd.DataFrame(columns, index=rows.index)


def say(sentence: str) -> None:
    """Write a sentence beside the predictions."""
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    main()
