"""Settings: each variable is typed, checked at start, and refused with a sentence that names it."""

from __future__ import annotations

import os
import tempfile
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.settings import Settings, writable_data_dir


def test_an_empty_environment_gives_the_defaults():
    assert Settings.from_environ({}) == Settings()


def test_an_empty_variable_counts_as_not_set():
    assert Settings.from_environ({"PORT": "", "LOG_LEVEL": ""}) == Settings()


def test_each_setting_is_read_from_the_variable_of_its_name():
    settings = Settings.from_environ(
        {
            "PORT": "9000",
            "DATA_DIR": "/data",
            "MAX_UPLOAD_MB": "5",
            "RETENTION_DAYS": "7",
            "TRAINING_SLOTS": "3",
            "INGEST_SECONDS": "9",
            "LOG_LEVEL": "DEBUG",
        }
    )
    assert settings.port == 9000
    assert settings.data_dir == "/data"
    assert settings.max_upload_bytes == 5 * 1024 * 1024
    assert (settings.retention_days, settings.training_slots) == (7, 3)
    assert (settings.ingest_seconds, settings.log_level) == (9, "DEBUG")


def test_every_setting_has_a_line_of_help():
    assert all(setting.metadata["help"].endswith(".") for setting in fields(Settings))


@given(st.sampled_from(fields(Settings)), st.text(max_size=20))
def test_whatever_the_text_the_settings_are_made_or_a_sentence_names_the_variable(
    setting, text
):
    name = setting.name.upper()
    try:
        settings = Settings.from_environ({name: text})
    except ValueError as error:
        assert name in str(error)
        assert str(error).endswith(".")
    else:
        assert isinstance(getattr(settings, setting.name), type(setting.default))


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PORT": "http"}, "whole number"),
        ({"MAX_UPLOAD_MB": "0"}, "at least 1"),
        ({"LOG_LEVEL": "LOUD"}, "one of DEBUG"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_the_reason(environ, words):
    with pytest.raises(ValueError, match=words):
        Settings.from_environ(environ)


def test_the_instance_folder_is_taken_when_no_directory_is_named(tmp_path):
    instance = tmp_path / "instance"
    assert writable_data_dir("", str(instance)) == instance.resolve()


def test_a_temporary_folder_is_taken_when_the_instance_folder_cannot_be_made(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    assert writable_data_dir("", str(blocked / "instance")) == tmp_path / "dashboard"


def test_a_named_directory_that_cannot_be_written_is_refused_with_a_sentence(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    with pytest.raises(ValueError, match="DATA_DIR is .* cannot be written"):
        writable_data_dir(os.fspath(Path(blocked) / "data"), "")
