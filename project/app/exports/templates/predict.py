"""Predicts the rows of a CSV file with the model beside this script: `python predict.py new.csv > out.csv`."""

from __future__ import annotations

import argparse
import csv
import json
import re
import sys
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import skops.io

FOLDER = Path(__file__).resolve().parent
# The types in the model that skops does not know; those of `dashboard_model` are in the file of that name.
TRUSTED: list[str] = []
DTYPES = {"date": "datetime64[us]", "text": "str", "boolean": "str"}
NOUNS = {"date": "a date", "boolean": "true or false"}
# Thin and fixed spaces, and longer dashes than the minus of a keyboard.
TIDY = str.maketrans("\u00a0\u2007\u2009\u202f−–﹣’", "    ---'")
AMOUNT = re.compile(
    r"(?P<sign>[-+]?)(?:[€$£] ?)?(?P<digits>[\d.,]*\d\.?)(?P<power>[eE][-+]?\d+)?"
    r"(?P<unit> ?[%€$£]| ?(?:kg|g|km|cm|mm|m|l|ml|h|min|s))?"
)
GROUPS = re.compile(r"^([-+]?\d{1,3})((?:[ ']\d{3})+)(?!\d)")
DURATION = re.compile(r"(-?)(\d{1,5}):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?")
CLOCK = r"(?:(?:,? *[Tt]|,? +)(\d{1,2}:\d\d.*?)(?: Uhr)?)?$"
YEAR_FIRST = rf"^(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){CLOCK}"
YEAR_LAST = rf"^(\d{{1,2}})([-/.]) ?(\d{{1,2}})[-/.] ?(\d{{4}}|\d\d){CLOCK}"
NAMED = r"(?i)(?=.*\d{4})(?=.*(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))"


def main() -> None:
    """Read the arguments and the table, predict, and write the table with the predictions to the standard output."""
    about = json.loads((FOLDER / "schema.json").read_text(encoding="utf-8"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="a CSV file with a line of column names")
    parser.add_argument("--sep", default=",", help="what separates the cells")
    parser.add_argument("--encoding", default="utf-8-sig", help="of the file")
    parser.add_argument(
        "--threshold",
        type=float,
        default=about["threshold"],
        help="from which probability on a row is of the positive class, where there are two classes "
        "(%(default)s if not given)",
    )
    parser.add_argument(
        "--allow-missing",
        action="store_true",
        help="take columns that the table lacks as missing in every row",
    )
    parser.add_argument(
        "--unreadable-as-missing",
        action="store_true",
        help="predict rows with cells that cannot be read, too: with these cells missing",
    )
    asked = parser.parse_args()
    table = read(asked.table, asked.sep, asked.encoding)
    notes = Notes(table.index, asked.unreadable_as_missing)
    rows = conform(table, about, asked.allow_missing, notes)
    scored = ~notes.refused
    found = predict(load(), rows[scored], about["classes"], asked.threshold)
    found = found.reindex(table.index).assign(note=notes.texts())
    for name in found:
        free = name if name not in table else f"{name} (model)"
        table[free] = found[name]
    table.to_csv(sys.stdout, index=False, lineterminator="\n")


class Notes:
    """What is said of single rows, and which of them are not predicted."""

    def __init__(self, index: pd.Index, unreadable_as_missing: bool):
        self.unreadable_as_missing = unreadable_as_missing
        self.refused = pd.Series(False, index=index)
        self.reasons: dict[int, list[str]] = {}
        self.doubts: dict[int, list[str]] = {}

    def add(self, rows: pd.Series, texts: list[str], refuse: bool = False) -> None:
        """Say something of the rows of a mask."""
        self.refused |= rows & refuse
        for position, text in zip(rows.index[rows], texts):
            said = self.reasons if refuse else self.doubts
            said.setdefault(position, []).append(text)

    def texts(self) -> pd.Series:
        """Return what is said, by row."""
        reasons = {i: f"Not scored: {'; '.join(t)}" for i, t in self.reasons.items()}
        said = {i: "; ".join(texts) for i, texts in self.doubts.items()} | reasons
        return pd.Series(said, index=self.refused.index, dtype="str")


def read(path: str, sep: str, encoding: str) -> pd.DataFrame:
    """Return the table with all cells as text, as they stand in the file."""
    how = {"sep": sep, "encoding": encoding, "dtype": "str"}
    try:
        with warnings.catch_warnings():
            # Of lines with too many cells pandas would drop the last ones.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(path, keep_default_na=False, index_col=False, **how)
    except (OSError, ValueError, csv.Error, pd.errors.ParserWarning) as error:
        said = str(error).strip().rstrip(".")
        sys.exit(
            f"{path} cannot be read as CSV: {said}. Say what separates its cells by --sep, and its encoding by "
            "--encoding."
        )


def conform(
    table: pd.DataFrame, about: dict, allow_missing: bool, notes: Notes
) -> pd.DataFrame:
    """Return the columns that the model takes, typed as those that it learned from."""
    columns = about["columns"]
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
            present = without_missing(table[name], column, about["missing"])
            typed[name] = typed_column(present, column, notes)
    rows = pd.DataFrame(typed, index=table.index)
    empty = rows.isna().all(axis=1) & ~notes.refused
    if empty.any():
        say(f"Nothing is predicted for {where(empty)}: all columns are empty.")
    nothing = "all columns that the model uses are empty"
    notes.add(empty, [nothing] * int(empty.sum()), refuse=True)
    return rows


def without_missing(texts: pd.Series, column: dict, spellings: dict) -> pd.Series:
    """Return the texts without those that stand for a missing value."""
    stripped = texts.str.strip()
    usual = spellings["always" if column["dtype"] == "text" else "among numbers"]
    spelled = stripped.str.lower().isin(usual) & ~stripped.isin(column["categories"])
    return stripped.mask(
        spelled | (stripped == "") | stripped.isin(column["missing_values"])
    )


def typed_column(texts: pd.Series, column: dict, notes: Notes) -> pd.Series:
    """Return one column as its type, and say what cannot be read or was not in the training table."""
    name, dtype = column["name"], column["dtype"]
    noun = NOUNS.get(dtype, "a number")
    read_as = {"date": dates, "boolean": truths, "text": labels}
    values = read_as.get(dtype, numbers)(texts, column)
    unread = texts.notna() & values.isna()
    if unread.any():
        example = texts[unread].iloc[0]
        if unread.sum() == texts.notna().sum() and not notes.unreadable_as_missing:
            sys.exit(
                f"Column {name!r} has no cell that can be read as {noun}, such as {example!r}{order_of(column)}. "
                "Write it as the training table had it, or take such cells as missing: --unreadable-as-missing."
            )
        taken = "taken as missing" if notes.unreadable_as_missing else "not predicted"
        say(
            f"Column {name!r} is not {noun} in {where(unread)}, {taken}, such as {example!r}."
        )
    said = [f"{name}: “{text}” is not {noun}" for text in texts[unread]]
    notes.add(unread, said, refuse=not notes.unreadable_as_missing)
    strange, limits = unlike_training(values, column)
    if strange.any():
        beyond = f"is outside {limits}" if limits else "was not in the training table"
        example = texts[strange].iloc[0]
        kind = f"outside {limits}" if limits else "not in the training table"
        say(f"Column {name!r} is {kind} in {where(strange)}, such as {example!r}.")
        notes.add(strange, [f"{name}: “{text}” {beyond}" for text in texts[strange]])
    return values


def unlike_training(values: pd.Series, column: dict) -> tuple[pd.Series, str]:
    """Tell which values the training table did not have, or which are outside its range, and that range."""
    low, high, seen = column["minimum"], column["maximum"], column["categories"]
    kind = values.dtype.kind
    if seen:
        truth = {"True": True, "False": False}.get
        usual = truth if column["dtype"] == "boolean" else str
        known = map({"f": float, "M": pd.Timestamp}.get(kind, usual), seen)
        return values.notna() & ~values.isin(list(known)), ""
    if low is None or kind not in "fM":
        return pd.Series(False, index=values.index), ""
    limits = (low, high) if kind == "f" else (pd.Timestamp(low), pd.Timestamp(high))
    shown = [f"{each:.6g}" if kind == "f" else each for each in (low, high)]
    return (values < limits[0]) | (values > limits[1]), " to ".join(shown)


def labels(texts: pd.Series, column: dict) -> pd.Series:
    """Return labels as the training table spells them, where they differ by case, Unicode form or spaces only."""
    known, spelled = set(column["categories"]), {}
    for label in known:
        spelled.setdefault(folded(label), []).append(label)
    alike = {text: spelled.get(folded(text), []) for text in texts.dropna().unique()}
    chosen = {
        text: found[0] if text not in known and len(found) == 1 else text
        for text, found in alike.items()
    }
    return texts.map(chosen).astype("str")


def folded(label: str) -> str:
    """Return what labels that count as one have in common."""
    return " ".join(unicodedata.normalize("NFC", label).split()).casefold()


def numbers(texts: pd.Series, column: dict) -> pd.Series:
    """Return numbers; where a text may mean two, the one that it meant in the training table."""
    thousands = "." if column["written"] in ("decimal comma", "day first") else ","
    values = [number(text, thousands) for text in texts]
    return pd.Series(values, index=texts.index, dtype="float64")


def number(text, thousands: str) -> float:
    """Return a number, to the last digit, a percentage as a share, a duration in seconds; NaN for what is none."""
    if not isinstance(text, str):
        return np.nan
    text = re.sub(r"^(.+)-$", r"-\1", text.translate(TIDY))
    lasts = DURATION.fullmatch(text)
    if lasts:
        sign, hours, minutes, rest, fraction = lasts.groups()
        seconds = 3600 * int(hours) + 60 * int(minutes) + int(rest or 0)
        seconds += int(fraction) / 10 ** len(fraction) if fraction else 0
        return -float(seconds) if sign else float(seconds)
    text, is_grouped = GROUPS.subn(lambda found: re.sub("[ ']", "", found[0]), text)
    parts = AMOUNT.fullmatch(text)
    percent = bool(parts) and "%" in (parts["unit"] or "")
    if not parts or (percent and parts["power"]):
        return np.nan
    digits, power = parts["digits"], parts["power"] or ("e-2" if percent else "")
    sure = bool(is_grouped or parts["power"])
    plain = plain_digits(digits, "" if sure else thousands)
    if not plain or (parts["sign"] == "+" and re.fullmatch(r"\d{7,}", plain)):
        return np.nan  # +491234567 is a telephone number
    value = float(parts["sign"] + plain + power)
    return value if np.isfinite(value) else np.nan


def plain_digits(digits: str, thousands: str) -> str:
    """Return digits with a decimal point and nothing between thousands; empty for what is no number, such as 007."""
    marks = re.sub(r"\d", "", digits)
    last = marks[-1:]
    # The last mark is the decimal one, unless it is repeated, or the thousands' one before three digits.
    is_group = re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits) and last == thousands
    whole, point, rest = digits, "", ""
    if last and marks.count(last) == 1 and not is_group:
        whole, point, rest = digits.partition(last)
    mark = re.sub(r"\d", "", whole)[:1]
    groups = rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+" if mark else r"0|[1-9]\d*|"
    if not re.fullmatch(groups, whole):
        return ""
    return whole.replace(mark, "") + point.replace(",", ".") + rest


def dates(texts: pd.Series, column: dict) -> pd.Series:
    """Return dates: ISO 8601, a month by its name, and 5/8/2024 in the order of the training table and no other."""
    tidy = texts.str.translate(TIDY).str.replace(r" +", " ", regex=True)
    tidy = tidy.str.replace(r"^(\d{4})(\d\d)$", r"\1-\2", regex=True)
    day_first = column["written"] in ("decimal comma", "day first")
    order = "day first" if day_first else column["written"]
    stop_at_other_order(tidy, column["name"], order)
    tidy = tidy.str.replace(YEAR_FIRST, lambda found: iso(*found.groups()), regex=True)
    tidy = tidy.str.replace(
        YEAR_LAST, lambda found: year_first(*found.groups(), order), regex=True
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        how = {"errors": "coerce", "utc": True}
        found = pd.to_datetime(tidy, format="ISO8601", **how)
        others = found.isna() & tidy.str.contains(
            rf"{NAMED}|^\d{{4}}-\d\d-\d\d ", na=False
        )
        if others.any():
            named = pd.to_datetime(tidy[others], format="mixed", **how)
            found = found.fillna(named)
    return found.dt.tz_localize(None).dt.as_unit("us")


def stop_at_other_order(texts: pd.Series, name: str, order: str) -> None:
    """Stop where more dates fit only the other order: the rest would be read, and swapped."""
    parts = texts.str.extract(YEAR_LAST)
    first, second = parts[0].astype("float"), parts[2].astype("float")
    if order == "month first":
        first, second = second.mask(parts[1] == "."), first
    others = (second > 12) & (first <= 12)
    if order and others.sum() > ((first > 12) & (second <= 12)).sum():
        sys.exit(
            f"Column {name!r} has dates without the {order}, which the training table had, such as "
            f"{texts[others].iloc[0]!r} in {where(others)}. Write its dates as 2024-08-05."
        )


def year_first(first, mark, second, year, clock, order: str) -> str:
    """Return a date that ends with its year; as no date where nobody knows the order."""
    if len(year) == 2:
        year = ("20" if int(year) < 69 else "19") + year
    # Points are written with the day first everywhere.
    if mark == "." or order == "day first":
        return iso(year, second, first, clock)
    return iso(year, first, second, clock) if order else "in no known order"


def iso(year: str, month: str, day: str, clock: str | None) -> str:
    """Return a date as ISO 8601 writes it."""
    time = " " + re.sub(r"^(\d):", r"0\1:", clock) if clock else ""
    return f"{year}-{month:0>2}-{day:0>2}{time}"


def order_of(column: dict) -> str:
    """Return the order in which a column's dates are read."""
    if column["dtype"] != "date":
        return ""
    return f" ({column['written'] or 'year first'})"


def truths(texts: pd.Series, column: dict) -> pd.Series:
    """Return true and false."""
    found = texts.str.lower().map({"true": True, "false": False})
    return found.astype(bool if found.notna().all() else object)


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
    names = [f"probability of {name}" for name in classes]
    if not len(rows):
        return pd.DataFrame(columns=["prediction", *names], index=rows.index)
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
    found = pd.DataFrame(output, index=rows.index, columns=names)
    found.insert(0, "prediction", np.asarray(classes, dtype=object)[codes])
    return found


def where(rows: pd.Series) -> str:
    """Return how many rows a mask has, and the first of them."""
    found = [str(position + 2) for position in rows.index[rows]]
    more = ", …" if len(found) > 5 else ""
    if len(found) == 1:
        return f"1 row ({found[0]}, with the names as row 1)"
    return f"{len(found)} rows ({', '.join(found[:5])}{more}, with the names as row 1)"


def say(sentence: str) -> None:
    """Write a sentence beside the predictions."""
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    main()
