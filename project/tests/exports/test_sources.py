"""Our own source, taken along: all that it needs comes with it, and nothing of this project is imported."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.exports.code.layout import Writer, quoted
from app.exports.sources import Name, sorted_imports, source_of
from app.functions.models import catalogue, encoders, persistence
from app.functions.models.pipelines import make_pipeline

OURS = [
    Name(*name.rsplit(".", 1))
    for name in persistence._TRUSTED
    if name.startswith("app.")
]


def executed(text: str) -> dict:
    scope: dict = {"__name__": "elsewhere"}
    exec(
        compile(f"from __future__ import annotations\n{text}", "source", "exec"), scope
    )
    return scope


def test_every_class_that_a_model_may_have_works_elsewhere():
    source = source_of(OURS)
    assert "app." not in source.text and "wording" not in source.text
    there = executed(source.text)
    assert {name.name for name in OURS} <= set(there)
    words = pd.DataFrame(
        {"a": ["low", None, "high", "1.0"], "b": [1.0, np.nan, 2.5, 3]}
    )
    for name in ("ToCategory", "ToNumber", "ToRank", "DateParts"):
        here = getattr(encoders, name)().fit(words).transform(words)
        found = there[name]().fit(words).transform(words)
        assert pd.DataFrame(here).equals(pd.DataFrame(found)), name


def test_what_is_not_there_is_said():
    with pytest.raises(ValueError, match="defines no Nothing"):
        source_of([Name("app.functions.models.encoders", "Nothing")])


def test_imports_are_joined_and_sorted():
    lines = ["from b import c", "import json", "from b import a", "import numpy as np"]
    assert sorted_imports(lines) == (
        "import json",
        "",
        "import numpy as np",
        "from b import a, c",
    )


@pytest.mark.parametrize("model", catalogue.MODELS)
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_model_is_written_as_code_that_makes_the_same(model, task):
    X = pd.DataFrame({"a 'b'\n": [1.0, 2.0], "c": ["x", "y"], "d": ["one", "two"]})
    roles = {"a 'b'\n": "number", "c": "category", "d": "text"}
    pipeline = make_pipeline(model, task, roles, X, random_state=3)
    writer = Writer()
    text = writer.text(pipeline)
    own = source_of(sorted(writer.own, key=lambda name: name.name))
    imports = "\n".join(writer.imports)
    there = executed(f"{imports}\n{own.text}\nmade = {text}")
    assert repr(there["made"]) == repr(pipeline)


@pytest.mark.parametrize(
    "text", ["a", "'", '"', "'\"", "\\", "\n", "é😀", "{x}", '"""']
)
def test_a_text_is_a_literal_of_itself(text):
    assert executed(f"value = {quoted(text)}")["value"] == text


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="cannot be written as code"):
        Writer().text({"a": test_what_is_not_there_is_said.__class__})
