"""Trimming keeps what the server needs, and licences; it removes what only builds and tests need."""

from __future__ import annotations

import pytest

from deploy.image import trim

STAYS = (
    "numpy/core.py",
    "numpy/testing/__init__.py",
    "numpy-2.0.dist-info/licenses/LICENSE.txt",
    "pyarrow/libarrow.so.2600",
    "pyarrow/libarrow_python.so.2600",
    "dash/dcc/async-graph.js",
    "dash/deps/react@18.3.1.min.js",
    "plotly/package_data/plotly.min.js",
    "dash/dcc/package-info.json",
)
GOES = (
    "numpy/tests/test_core.py",
    "pandas/tests/io/data/big.csv",
    "pandas/_libs/index.pyx",
    "pyarrow/include/arrow/api.h",
    "pyarrow/libarrow_flight.so.2600",
    "pyarrow/libarrow_python.so",
    "pyarrow/libarrow_python.so.2600.1.0",
    "dash/dcc/async-graph.js.map",
    "dash/deps/react@18.3.1.js",
    "dash/deps/react-dom@16.14.0.min.js",
    "plotly/labextension/package.json",
    "setuptools/__init__.py",
)


@pytest.fixture
def environment(tmp_path):
    packages = tmp_path / "lib" / "python3.13" / "site-packages"
    for name in STAYS + GOES:
        file = packages / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("content")
    return tmp_path, packages


def test_what_serves_stays_and_the_rest_goes(environment):
    folder, packages = environment
    trim.main(folder)
    assert [name for name in STAYS if not (packages / name).exists()] == []
    assert [name for name in GOES if (packages / name).exists()] == []


def test_a_pattern_that_finds_nothing_is_told(environment, capsys):
    trim.main(environment[0])
    said = capsys.readouterr().out
    assert "nothing is called sklearn/datasets/images any more" in said
    assert "MB became" in said


def test_every_pattern_has_its_reason():
    assert all(trim.UNUSED.values()) and all(trim.UNUSED_ELSEWHERE.values())
