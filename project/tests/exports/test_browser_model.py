"""A model in one file: in Chromium it calculates what scikit-learn does, and says what it cannot."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from functools import cache

import numpy as np
import pandas as pd
import pytest
from selenium.webdriver.common.keys import Keys

from app import wording
from app.exports.browser_file import NEEDS_ROWS, make
from app.exports.browser_model import (
    BrowserModelFacts,
    NotPortable,
    browser_model,
)
from app.exports.one_file import as_script
from app.exports.registry import EXPORTS
from app.functions.models.calibration import calibrate
from app.functions.models.catalogue import MODELS
from app.functions.models.fitting import predict_table
from app.functions.models.pipelines import make_pipeline
from app.functions.scoring.conforming import conform
from app.functions.scoring.predicting import Scorer, score_rows
from app.functions.tables.schema import ColumnSchema, TableSchema
from tests.offline import complaints_of, open_file, requests_of, violations_of
from tests.waiting import wait_for

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N_ROWS, N_TRAIN = 360, 260
TASKS = ("binary", "multiclass", "regression")
CLASSES = {"binary": ("zebra", "ape"), "multiclass": ("b", "a", "ü,\"q\""), "regression": ()}  # fmt: skip
# Enough to have every kind of split, and quick.
SMALL = {"model__n_estimators": 20, "model__max_iter": 15, "model__regressor__max_iter": 15}  # fmt: skip
ROLES = {
    "a": "number",
    "with gaps": "number",
    "nothing known": "number",
    "whole": "number",
    "few": "category",
    "many": "category",
    "numbers": "category",
    "size": "ordered",
    "truth": "boolean",
    "yes or no": "boolean",
    "day": "date",
    "moment": "date",
    "year": "date",
    "note": "text",
    "</script><img src=x onerror=alert(1)>": "number",
}
WORDS = "alpha Beta gamma's STRASSE Straße δέλτα naïve one two-three four_five 6 ½ 数据 ΟΔΟΣ".split()


@cache
def table() -> pd.DataFrame:
    rng = np.random.default_rng(0)

    def any_of(*cells, gaps: float = 0.0) -> pd.Series:
        drawn = pd.Series(rng.choice(np.array(cells), N_ROWS))
        return drawn.mask(rng.random(N_ROWS) < gaps)

    days = pd.to_datetime("1995-01-01") + pd.to_timedelta(
        rng.integers(0, 9000, N_ROWS), unit="D"
    )
    millis = pd.to_timedelta(rng.integers(-(10**12), 10**12, N_ROWS), unit="ms")
    columns = {
        "a": rng.normal(size=N_ROWS) * 10,
        "with gaps": pd.Series(rng.normal(size=N_ROWS)).mask(rng.random(N_ROWS) < 0.3),
        "nothing known": np.full(N_ROWS, np.nan),
        "whole": rng.integers(0, 10**6, N_ROWS),
        "few": any_of("x", "y", 'z "q"', "ü,1", gaps=0.1),
        "many": any_of(*[f"id {i}" for i in range(60)], gaps=0.1),
        "numbers": any_of(1.0, 2.5, 1e-7, 1e20, 123456.789),
        "size": any_of("low", "Medium", "HIGH", gaps=0.1),
        "truth": rng.random(N_ROWS) < 0.5,
        "yes or no": any_of("yes", "no"),
        "day": pd.Series(days).mask(rng.random(N_ROWS) < 0.1),
        "moment": (pd.to_datetime("1970-01-01") + millis).astype("datetime64[us]"),
        "year": rng.integers(1900, 2020, N_ROWS),
        "note": [" ".join(rng.choice(WORDS, n)) for n in rng.integers(0, 9, N_ROWS)],
        "</script><img src=x onerror=alert(1)>": rng.random(N_ROWS),
    }
    return pd.DataFrame(columns)


@cache
def target(task: str) -> np.ndarray:
    X = table()
    score = X["a"] + 5 * (X["few"] == "x") + 3 * X["truth"]
    if task == "regression":
        return score.to_numpy() * 100 + 7
    names, cuts = CLASSES[task], ([3] if task == "binary" else [-5, 5])
    return np.array(names, dtype=object)[np.digitize(score, cuts)]


@cache
def schema() -> TableSchema:
    return TableSchema.of(table(), ROLES)


def fitted(model: str, task: str, calibration: str = "none", columns=tuple(ROLES)):
    X, y = table()[list(columns)][:N_TRAIN], target(task)[:N_TRAIN]
    roles = {name: ROLES[name] for name in columns}
    pipeline = make_pipeline(model, task, roles, X)
    known = pipeline.get_params()
    pipeline.set_params(**{k: v for k, v in SMALL.items() if k in known}).fit(X, y)
    if calibration == "none":
        return pipeline
    codes = np.array([CLASSES[task].index(name) for name in y])
    noise = np.random.default_rng(1).dirichlet(np.ones(len(CLASSES[task])), N_TRAIN)
    validated = 0.7 * predict_table(pipeline, X, CLASSES[task]) + 0.3 * noise
    return calibrate(pipeline, calibration, [(codes, validated)], CLASSES[task])


def facts(model: str, task: str, **more) -> BrowserModelFacts:
    label = MODELS[model].label
    return BrowserModelFacts("</script> target", label, task, CLASSES[task], "t.csv", "today", **more)  # fmt: skip


def scored(browser, csv: str, as_missing: bool = False) -> dict:
    return browser.execute_script(
        "const table = portable.csv.read(arguments[0]);"
        "const scorer = portable.scoring.scorer(portable.model, table, arguments[1]);"
        "const rows = table.rows.map((_, i) => scorer.score(i, true));"
        "return {rows, matching: scorer.matching, odd: scorer.odd.entries().map((e) => [e.column, e.what, e.rows])};",
        csv,
        as_missing,
    )


def cases(model: str) -> list[tuple[str, str]]:
    # Votes of few trees are 0 and 1, which calibration treats apart; the other models add nothing to it.
    is_calibrated = model in ("linear", "random_forest")
    calibrations = ("none", "sigmoid", "isotonic") if is_calibrated else ("none",)
    of_classes = [(task, how) for task in TASKS[:2] for how in calibrations]
    return [*of_classes, ("regression", "none")]


@pytest.mark.parametrize("model", [key for key in MODELS if key not in NEEDS_ROWS])
def test_the_browser_calculates_what_scikit_learn_does(model, browser, tmp_path):
    holdout = table()[N_TRAIN:]
    csv = holdout.sample(frac=1, axis=1, random_state=0).to_csv(index=False)
    for task, calibration in cases(model):
        pipeline = fitted(model, task, calibration)
        open_file(
            browser,
            tmp_path / "model.html",
            browser_model(pipeline, schema(), facts(model, task)),
        )
        found = scored(browser, csv)
        expected = predict_table(pipeline, holdout, CLASSES[task])
        output = np.array([row["output"] for row in found["rows"]])
        np.testing.assert_allclose(
            output.reshape(expected.shape), expected, rtol=1e-12, atol=1e-12
        )
        assert not [entry for entry in found["odd"] if entry[1] != "outside"]
        scorer = Scorer(pipeline, schema(), CLASSES[task])
        said = score_rows(scorer, conform(holdout, schema()), with_reasons=True).table
        firsts = [row["reasons"][0]["column"] if row["reasons"] else "" for row in found["rows"]]  # fmt: skip
        # The server shortens long names.
        assert [first[:20] for first in firsts] == [
            text.rsplit(" = ", 1)[0][:20] if text else "" for text in said["reason 1"]
        ]
    assert requests_of(browser) == [] and complaints_of(browser) == []


def test_texts_alone_differ_in_single_precision_only(browser, tmp_path):
    columns = ("note",)
    pipeline = fitted("linear", "binary", columns=columns)
    short = TableSchema.of(table()[["note"]], {"note": "text"})
    page = browser_model(pipeline, short, facts("linear", "binary"))
    assert "single precision" in page
    open_file(browser, tmp_path / "model.html", page)
    holdout = table()[N_TRAIN:][["note"]].query("note != ''")
    found = scored(browser, holdout.to_csv(index=False))
    expected = predict_table(pipeline, holdout, CLASSES["binary"])
    output = [row["output"] for row in found["rows"]]
    np.testing.assert_allclose(output, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("model", NEEDS_ROWS)
@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_keeps_training_rows_says_so(model, task):
    with pytest.raises(NotPortable, match="training rows"):
        browser_model(fitted(model, task), schema(), facts(model, task))


def test_a_model_that_is_too_large_says_its_size():
    pipeline = fitted("random_forest", "binary")
    with pytest.raises(NotPortable, match=r"MB; at most 0.0500 MB"):
        browser_model(
            pipeline, schema(), facts("random_forest", "binary"), max_bytes=50_000
        )


def test_no_text_of_the_table_ends_a_script():
    texts = {"</script><!--": ["<img src=x onerror=alert(1)>", "\u2028", "&lt;"]}
    assert not set("<>&\u2028") & set(as_script(texts))
    assert json.loads(as_script(texts)) == texts
    page = browser_model(fitted("linear", "binary"), schema(), facts("linear", "binary", notes=["<img>"]))  # fmt: skip
    assert "<img" not in page
    assert page.count("</script>") == 3


BAD_ROWS = """\
extra;size;few;a;truth;day
1;Low;x;1,5;TRUE;31.12.2020
2;low;never;nonsense;false;2020-13-45
3;low;y;2,5
4;low;y;1.234,5;maybe;2020-01-02;surplus
;;;;;
6;NA;X;-1;true;
"""


def test_a_table_that_does_not_fit_is_said_and_no_row_is_dropped(browser, tmp_path):
    commas = TableSchema.of(table(), ROLES, written={"a": "decimal comma", "day": "day first"})  # fmt: skip
    pipeline = fitted("linear", "regression")
    page = browser_model(pipeline, commas, facts("linear", "regression"))
    open_file(browser, tmp_path / "model.html", page)
    found = scored(browser, "\ufeff" + BAD_ROWS)
    problems = [row.get("problem", "") for row in found["rows"]]
    assert problems[0] == problems[5] == ""
    assert "'a' cannot be read: \"nonsense\"" in problems[1]
    assert problems[2] == "It has only 4 of 6 cells."
    assert problems[3] == "It has 7 cells, but the header has 6."
    assert "no value in any column" in problems[4]
    assert found["matching"]["surplus"] == ["extra"]
    assert "note" in found["matching"]["absent"]
    odd = {(column, what): rows for column, what, rows in found["odd"]}
    assert odd["few", "unseen"] == [2]
    assert odd["day", "unreadable"] == [2]
    assert "problem" not in scored(browser, BAD_ROWS, as_missing=True)["rows"][1]
    frame = pd.DataFrame({"size": ["low", None], "few": ["x", None], "a": [1.5, -1]})
    frame = frame.assign(truth=[True, True], day=pd.to_datetime(["2020-12-31", None]))
    # Of these two, 'NA' is a label of no level, and 'X' the level x.
    frame.loc[1, ["size", "few"]] = ["NA", "x"]
    expected = pipeline.predict(frame.reindex(columns=list(ROLES)))
    output = [found["rows"][i]["output"][0] for i in (0, 5)]
    np.testing.assert_allclose(output, expected, rtol=1e-12)


def test_a_form_and_a_file_are_predicted_in_the_browser(browser, tmp_path):
    short = ("a", "few", "day", "truth")
    pipeline = fitted("linear", "binary", columns=short)
    some = TableSchema.of(table()[list(short)], {name: ROLES[name] for name in short})
    page = browser_model(
        pipeline,
        some,
        facts(
            "linear",
            "binary",
            notes=["A note."],
            problems=["It <i>fails</i>."],
            threshold=0.1234,
        ),
    )
    open_file(browser, tmp_path / "model.html", page)
    positive = CLASSES["binary"][1]

    def text(name: str) -> str:
        return browser.find_element("id", name).text

    def moved_to(threshold: str) -> None:
        browser.execute_script(
            "const slider = document.getElementById('threshold'); slider.value = arguments[0];"
            "slider.dispatchEvent(new Event('input'));",
            threshold,
        )

    assert "It <i>fails</i>." in browser.find_element("css selector", "header").text
    assert "</script> target:" in text("one")
    # Not rounded to the steps of the slider.
    assert text("threshold-says") == wording.percent(0.1234) != wording.percent(0.12)
    moved_to("0")
    assert f"</script> target: {positive}" in text("one") and text("threshold-says") == "0 %"  # fmt: skip
    field = browser.find_element("id", "field-0")
    field.clear()
    field.send_keys("abc", Keys.ENTER)
    assert text("field-0-says") == "Cannot be read: counts as missing."
    rows = table()[N_TRAIN:][["truth", "day", "few", "a"]].assign(extra="<b>")
    rows = rows.rename(columns={"few": " few "})
    sent = tmp_path / "rows.csv"
    sent.write_text(rows.to_csv(index=False) + "True,2020-01-01,x,abc,y\n")
    browser.find_element("id", "file").send_keys(str(sent))
    wait_for(lambda: "rows are scored" in text("many"))
    assert f"{len(rows)} of {len(rows) + 1} rows are scored: {len(rows)} as {positive}." in text("many")  # fmt: skip
    assert f"Row {len(rows) + 1}: 'a' cannot be read" in text("many")
    moved_to("0.5")
    browser.find_element("id", "with-reasons").click()
    wait_for(lambda: "reason 1" in text("many"))
    written = browser.execute_async_script(
        "const done = arguments[0]; URL.createObjectURL = (blob) => { blob.text().then(done); return '#'; };"
        "document.querySelector('#many button').click();"
    )
    found = pd.read_csv(io.StringIO(written.lstrip("\ufeff")), dtype={"extra": str})
    assert list(found.columns[:5]) == list(rows.columns) and len(found) == len(rows) + 1
    expected = predict_table(
        pipeline, table()[N_TRAIN:][list(short)], CLASSES["binary"]
    )
    np.testing.assert_allclose(
        found[f"probability of {positive}"][:-1], expected[:, 1], rtol=1e-12
    )
    names = [CLASSES["binary"][int(share >= 0.5)] for share in expected[:, 1]]
    assert list(found["predicted </script> target"][:-1]) == names
    assert found["problem"].iloc[-1].startswith("'a' cannot be read")
    assert found["reason 1"].iloc[0].split(" = ")[0] in short
    assert violations_of(browser) == []
    for content, said in (
        ("x,y\n1,2\n", "none of the columns"),
        ("a,few\n", "no rows"),
        ("PK\x03\x04", "Save the table as CSV"),
    ):
        sent.write_text(content)
        browser.find_element("id", "file").send_keys(str(sent))
        wait_for(lambda said=said: said in text("many"))
    assert requests_of(browser) == [] and complaints_of(browser) == []


NUMBERS = """1|-1|+5|007|1.5|1,5|1.234|1,234|1.234,5|1,234.5|1.234.567|1,234,567|12 kg|12kg|€ 5|$1,200.50|5 €|12 %|12%
(3)|(3.5)|3-|1e5|1E-3|inf|nan|NA|-|?|none||  7 |1 234|1'234.5|1 234,5|1:30|1:30:15|12:05 pm|abc|1-2|1/2|1.|1..2|.5|,5
12A|1_000|0x10|½|１２|+4915112345678|12,34,567|5 apples|−4|1,2345|100,000|3 d 4:00|- 5|--5|true"""
DATES = """2020-01-31|2020-1-5|31.12.2020|12/31/2020|31/12/2020|03/04/2020|3.4.2020|3-4-20|2020/05/06|20200131|202001
2020|5 March 2020|March 5, 2020|5. März 2020|2020-01-31T10:30:00Z|2020-01-31 10:30|2020-01-31 10:30:15.123456|2020-13-45
NA|2020-01-31T10:30:00+02:00|31.02.2020|foo||0000-00-00|Mon, 5 Mar 2020|5-Mar-20|Mar 2020|2020-W05|Q1 2020|1/2020
01/02/03|2020-01-31 25:00|2020-02-30|1850-01-01|12:30|2020.05.06|3 de enero de 2020"""
LABELS = "a|A | b|NA|n/a||?|None|é|e\u0301|Ａ|c"


def cells_of(texts: str) -> list[str]:
    return texts.replace("\n", "|").split("|")


def read_here(column: ColumnSchema, text: str):
    """What Python's side makes of a cell."""
    present = column.present(pd.Series([text], dtype="str"))
    if present.isna()[0]:
        return "missing"
    value = column.read(present)[0]
    if pd.isna(value):
        return "unread"
    if column.dtype == "date":
        moment = np.datetime64(value, "us").astype("int64")
        return [int(part) for part in divmod(moment, 86_400_000_000)]
    return value.item() if hasattr(value, "item") else value


@pytest.mark.parametrize(
    ("dtype", "texts", "ways"),
    [
        ("decimal", NUMBERS, ("", "decimal point", "decimal comma")),
        ("date", DATES, ("", "day first", "month first")),
        ("boolean", "true|FALSE|1|yes|True ||maybe", ("",)),
        ("text", LABELS, ("",)),
    ],
)
def test_cells_are_read_as_on_the_server(dtype, texts, ways, browser, tmp_path):
    page = browser_model(fitted("dummy", "regression"), schema(), facts("dummy", "regression"))  # fmt: skip
    open_file(browser, tmp_path / "model.html", page)
    labels = ("a", "B", "None", "é") if dtype == "text" else ()
    for way in ways:
        column = ColumnSchema("x", "number", dtype, categories=labels, written=way)
        found = browser.execute_script(
            "const column = portable.cells.withSpellings(arguments[0]);"
            "return arguments[1].map((text) => {"
            "    const value = portable.cells.read(text, column, portable.model.spellings);"
            "    if (value === null || value === undefined) { return value === null ? 'missing' : 'unread'; }"
            "    return typeof value === 'object' ? [value.days, value.micros] : value; });",
            asdict(column),
            cells_of(texts),
        )
        expected = [read_here(column, text) for text in cells_of(texts)]
        assert dict(zip(cells_of(texts), found)) == dict(zip(cells_of(texts), expected))


def test_a_forest_of_too_many_nodes_is_refused_before_it_is_written(monkeypatch):
    monkeypatch.setattr("app.exports.portable_models._MOST_NODES", 100)
    with pytest.raises(NotPortable, match="nodes, too many"):
        browser_model(fitted("extra_trees", "binary"), schema(), facts("extra_trees", "binary"))  # fmt: skip


@pytest.mark.parametrize("model", ["linear", "random_forest"])
def test_a_trained_run_predicts_its_holdout_in_the_browser(bench, binary, model, browser, tmp_path):  # fmt: skip
    context = bench.context(binary, model)
    page = make(context).decode()
    open_file(browser, tmp_path / "model.html", page)
    holdout = bench.runs.table(binary, "holdout")
    frame = bench.datasets.table(context.training.run.dataset.id)
    found = scored(browser, frame.iloc[holdout["position"]].to_csv(index=False))
    expected = bench.runs.table(binary, f"output-{model}").to_numpy()
    output = [row["output"] for row in found["rows"]]
    np.testing.assert_allclose(output, expected, rtol=1e-12, atol=1e-12)
    shown = browser.find_element("css selector", "body").text
    assert "ROC AUC on the rows held out" in shown and "scikit-learn" in shown
    assert "calculates in this browser" in shown


@pytest.mark.parametrize("model", NEEDS_ROWS)
def test_the_page_says_which_models_have_no_such_file(bench, binary, model):
    training = bench.context(binary).training
    assert EXPORTS["browser-model"].unavailable(training, model) == NEEDS_ROWS[model]
    assert EXPORTS["browser-model"].unavailable(training, "linear") == ""
