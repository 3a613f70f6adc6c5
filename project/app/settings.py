"""Every environment variable that the server reads: its type, its default and one line of help."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
# What only the server itself uses; by name, for the tokens of a report's own source are its own.
_SECRETS = {"SECRET_KEY", "DATABASE_URL", "LIMITS_URL", "METRICS_TOKEN", "RELOAD_TOKEN"}
_SECRET_PREFIXES = ("OIDC_", "SMTP_")


def _setting(default, help, minimum=None, choices=None):
    return field(
        default=default,
        metadata={"help": help, "minimum": minimum, "choices": choices},
    )


@dataclass(frozen=True)
class Settings:
    """The configuration of one server; the field ``port`` is read from the variable ``PORT``, and so on."""

    port: int = _setting(8050, "The port to listen on.", minimum=1)
    data_dir: str = _setting(
        "",
        "Where tables and runs are kept. Empty: `project/instance`, or a temporary folder if that cannot be written.",
    )
    max_upload_mb: int = _setting(
        200, "The largest table that may be uploaded, in MB.", minimum=1
    )
    retention_days: int = _setting(
        30, "How many days uploaded tables and runs are kept.", minimum=1
    )
    training_slots: int = _setting(
        1,
        "How many training runs may be active at once on one machine; the others wait.",
        minimum=1,
    )
    ingest_seconds: int = _setting(
        120,
        "How much processor time reading an uploaded table may take, in seconds; twice as much by the clock.",
        minimum=1,
    )
    reports_dir: str = _setting(
        "", "The folder of the reports, one file each. Empty: those of the project."
    )
    report_seconds: int = _setting(
        10, "How long a visitor waits for a report to be built, in seconds.", minimum=1
    )
    reports_isolated: str = _setting(
        "auto",
        "Whether each report runs in a process of its own. auto: where there are several users.",
        choices=("auto", "on", "off"),
    )
    report_memory_mb: int = _setting(
        1024,
        "How much memory the process of a report may take, in MB, where reports are isolated.",
        minimum=128,
    )
    report_request_seconds: int = _setting(
        60,
        "How long an isolated report may take for one answer, in seconds, before it is ended.",
        minimum=1,
    )
    frame_ancestors: str = _setting(
        "'self'", "The origins that may show a report in a frame, separated by spaces."
    )
    reload_token: str = _setting(
        "",
        "The secret for POST /reload, which rebuilds the reports. Empty: nobody may.",
    )
    api_host: str = _setting(
        "data.sfgov.org", "Where the report on service requests gets its data."
    )
    api_token: str = _setting(
        "", "The application token for API_HOST. Empty: requests are anonymous."
    )
    api_minutes: int = _setting(
        60,
        "How many minutes data of API_HOST is used before it is fetched again.",
        minimum=1,
    )
    log_level: str = _setting(
        "INFO", "The least severe message that is logged.", choices=LOG_LEVELS
    )
    google_cloud_project: str = _setting(
        "",
        "The Google Cloud project that traces in the log belong to. Empty: the log has bare trace ids.",
    )
    metrics_token: str = _setting(
        "", "The secret that Prometheus sends to /metrics. Empty: no token is needed."
    )
    revision: str = _setting(
        "",
        "The commit of the code, for metrics and error reports. The images set it.",
    )

    @classmethod
    def from_environ(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from environment variables.

        Parameters
        ----------
        environ : mapping of str to str, optional
            Default: ``os.environ``.

        Returns
        -------
        Settings

        Raises
        ------
        ValueError
            A variable has a value that cannot be used; the sentence names it.
        """
        environ = os.environ if environ is None else environ
        values = {
            setting.name: _parse(setting, environ[setting.name.upper()])
            for setting in fields(cls)
            if environ.get(setting.name.upper(), "") != ""
        }
        return cls(**values)

    @property
    def isolates_reports(self) -> bool:
        """Whether each report runs in a process of its own."""
        if self.reports_isolated == "auto":
            return getattr(self, "login", "off") != "off"
        return self.reports_isolated == "on"

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload in bytes."""
        return self.max_upload_mb * 1024 * 1024


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """Return environment variables without those that only the server itself may know.

    Parameters
    ----------
    environ : mapping of str to str

    Returns
    -------
    dict of str to str
        For a process that reads a stranger's file, or runs a report.
    """
    return {
        name: value
        for name, value in environ.items()
        if name not in _SECRETS and not name.startswith(_SECRET_PREFIXES)
    }


def _parse(setting, text: str):
    name, metadata = setting.name.upper(), setting.metadata
    value = text
    if isinstance(setting.default, int):
        try:
            value = int(text)
        except ValueError:
            raise ValueError(
                f"{name} is {text!r}, but must be a whole number. {metadata['help']}"
            ) from None
    if metadata["minimum"] is not None and value < metadata["minimum"]:
        raise ValueError(
            f"{name} is {text}, but must be at least {metadata['minimum']}. {metadata['help']}"
        )
    if metadata["choices"] and value not in metadata["choices"]:
        raise ValueError(
            f"{name} is {text!r}, but must be one of {', '.join(metadata['choices'])}."
        )
    return value


def writable_data_dir(preferred: str, instance_path: str) -> Path:
    """Return the directory for tables and runs; create it if it is missing.

    Parameters
    ----------
    preferred : str
        The value of ``DATA_DIR``; may be empty.
    instance_path : str
        Flask's instance folder; used when `preferred` is empty and the folder is writable.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        `preferred` is given and not writable.
    """
    if preferred:
        try:
            return _made(Path(preferred))
        except OSError as error:
            raise ValueError(
                f"DATA_DIR is {preferred!r}, which cannot be written: {error.strerror}. "
                "Name a directory that the server may write to."
            ) from None
    try:
        return _made(Path(instance_path))
    except OSError:
        return _made(Path(tempfile.gettempdir()) / "dashboard")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        return folder.resolve()
