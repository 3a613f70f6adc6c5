"""The budget: the size of an image does not depend on the engine, and one that grew is refused with both numbers."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.image import budget, layers

SITE = "venv/lib/python3.13/site-packages"
# How each engine records the same label.
LABELS = {
    "podman": '/bin/sh -c #(nop) LABEL org.opencontainers.image.title="dashboard" org.opencontainers.image.version="1"',
    "BuildKit": "LABEL org.opencontainers.image.title=dashboard org.opencontainers.image.version=1",
}
LAYERS = [
    {"bin/base": 5000},
    {
        f"{SITE}/numpy/a.so": 2000,
        f"{SITE}/numpy.libs/b.so": 500,
        f"{SITE}/numpy-2.0.dist-info/LICENSE": 100,
    },
    {"project/app/app.py": 70},
]


def packed(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def history(label: str) -> list[dict]:
    """The history of the image in its configuration."""
    return [
        {"created_by": "the base image"},
        {"created_by": label, "empty_layer": True},
        {"created_by": "COPY /venv"},
        {"created_by": "ENV PATH=/venv/bin", "empty_layer": True},
        {"created_by": "COPY /project"},
    ]


def saved(folder: Path, label: str, pack: Callable[[bytes], bytes]) -> Path:
    """An image of three layers, as an engine saves it."""
    layers = {
        f"{number}.tar": pack(packed({n: bytes(size) for n, size in sizes.items()}))
        for number, sizes in enumerate(LAYERS)
    }
    manifest = [{"Config": "config.json", "Layers": list(layers)}]
    described = {"manifest.json": manifest, "config.json": {"history": history(label)}}
    files = {name: json.dumps(value).encode() for name, value in described.items()}
    path = folder / "image.tar"
    path.write_bytes(packed(files | layers))
    return path


@pytest.fixture(params=["plain", "gzip"])
def archive(request, tmp_path):
    """An image of three layers, packed or not."""
    pack = gzip.compress if request.param == "gzip" else bytes
    return saved(tmp_path, LABELS["podman"], pack)


@pytest.fixture
def file(tmp_path, monkeypatch):
    """A budget of the test's own."""
    path = tmp_path / "budget.json"
    path.write_text(json.dumps({"image_mb": 100.0, "first_load_kb": 900.0}))
    monkeypatch.setattr(budget, "FILE", path)
    return path


def test_only_the_layers_above_the_base_count(archive):
    found = layers.own_layers(archive)
    assert [layer.size for layer in found] == [2600, 70]
    assert [layer.command for layer in found] == ["COPY /venv", "COPY /project"]


def test_a_package_weighs_with_its_libraries_and_licence(archive):
    packages = layers.by_package(layers.own_layers(archive))
    assert packages == {"numpy": 2600, "the project": 70}


@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_whichever_engine_built_the_image_its_own_layers_are_found(tmp_path, label):
    found = layers.own_layers(saved(tmp_path, label, bytes))
    assert [layer.size for layer in found] == [2600, 70]


@pytest.mark.parametrize("title", ["other", "dashboards"])
def test_another_image_is_refused_with_a_sentence(tmp_path, title):
    label = f"LABEL org.opencontainers.image.title={title}"
    with pytest.raises(ValueError, match="save one that project/bin/image"):
        layers.own_layers(saved(tmp_path, label, bytes))


def test_within_five_percent_is_within_the_budget(file):
    assert "104.9 MB; the budget is 100.0 MB" in budget.check("image_mb", 104.9)


def test_more_is_refused_with_both_numbers_and_what_to_do(file):
    with pytest.raises(ValueError) as refused:
        budget.check("first_load_kb", 1000.0)
    for words in ("1,000.0 kB", "900.0 kB", "11.1 %", "project/bin/image budget"):
        assert words in str(refused.value)


def test_renewing_one_number_keeps_the_other(file):
    budget.renew(image_mb=123.456)
    assert json.loads(file.read_text()) == {"image_mb": 123.5, "first_load_kb": 900.0}


def test_the_budget_of_the_project_has_all_numbers():
    assert json.loads(budget.FILE.read_text()).keys() == budget.NAMES.keys()


def test_an_image_without_the_small_plotly_is_told_apart():
    small = layers.Layer("COPY /venv", {f"{SITE}/{budget.SMALL_PLOTLY}": 1})
    full = layers.Layer("COPY /venv", {f"{SITE}/plotly/package_data/plotly.min.js": 1})
    assert "the small plotly.js" in budget.which_plotly([full, small])
    assert "ALL OF PLOTLY.JS" in budget.which_plotly([full])
