"""Every environment variable that the server reads: its type, its default and one line of help."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOGINS = ("off", "password", "oidc", "iap")
NEW_USERS = ("none", "viewer", "editor")
# What only the server itself uses; by name, for the tokens of a report's own source are its own.
_SECRETS = {
    "SECRET_KEY",
    "SECRET_KEY_FILE",
    "DATABASE_URL",
    "LIMITS_URL",
    "METRICS_TOKEN",
    "RELOAD_TOKEN",
}
_SECRET_PREFIXES = ("OIDC_", "SMTP_")


def _setting(default, help, minimum=None, choices=None, secret=False):
    return field(
        default=default,
        repr=not secret,
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
    visitor_runs: int = _setting(
        100,
        "How many runs of one visitor may wait or train: of one account, else of one network address.",
        minimum=1,
    )
    visitor_uploads: int = _setting(
        50, "How many files one visitor may upload at once.", minimum=1
    )
    visitor_mb: int = _setting(
        10_000,
        "How much the tables and runs of one visitor may take, in MB; never more than half of what all may take.",
        minimum=1,
    )
    visitor_requests: int = _setting(
        6000,
        "How many requests one visitor may send in a minute, those for health and static files aside.",
        minimum=1,
    )
    disk_mb: int = _setting(
        0,
        "How much all tables, runs and uploads may take, in MB. 0: nine tenths of what others leave free on the disk.",
        minimum=0,
    )
    ingest_seconds: int = _setting(
        120,
        "How much processor time reading an uploaded table may take, in seconds; twice as much by the clock.",
        minimum=1,
    )
    models_dir: str = _setting(
        "",
        "The folder of models that somebody brought, a folder each. Empty: there are none.",
    )
    predict_memory_mb: int = _setting(
        512,
        "How much memory the models that answer programs may take, in MB, for each worker of gunicorn.",
        minimum=16,
    )
    predict_seconds: int = _setting(
        60,
        "How long a program waits for predictions, in seconds, before it is told to try again.",
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
    links_only: bool = _setting(
        False,
        "Whether the id of a table or a run opens nothing to others, only a link that was made to share it does.",
    )
    allowed_hosts: str = _setting(
        "",
        "The names by which the server may be called, separated by commas; .example.com: all below. Empty: any.",
    )
    trusted_proxies: int = _setting(
        0,
        "How many proxies in front of the server are believed: who asks, whether by HTTPS, and below which path.",
        minimum=0,
    )
    log_level: str = _setting(
        "INFO", "The least severe message that is logged.", choices=LOG_LEVELS
    )
    google_cloud_project: str = _setting(
        "",
        "The Google Cloud project that traces in the log belong to. Empty: the log has bare trace ids.",
    )
    metrics_token: str = _setting(
        "",
        "The secret that Prometheus sends to /metrics. Empty: only requests on the same machine are answered.",
    )
    revision: str = _setting(
        "",
        "The commit of the code, for metrics and error reports. The images set it.",
    )
    listen: str = _setting(
        "0.0.0.0",  # nosec B104: a container is reached from outside
        "The network address to listen on. `project/bin/serve` takes 127.0.0.1: this machine only.",
    )
    login: str = _setting(
        "off",
        "How people log in: by a password, a provider of OpenID Connect, or Google's Identity-Aware Proxy.",
        choices=LOGINS,
    )
    secret_key: str = _setting(
        "",
        "The secret that signs cookies and links: 32 random characters or more, the same for all workers.",
        secret=True,
    )
    secret_key_file: str = _setting(
        "", "A file that holds SECRET_KEY, as platforms mount secrets."
    )
    database_url: str = _setting(
        "",
        "The database of accounts, such as `postgresql://user:password@host/name`. Empty: an SQLite file in DATA_DIR.",
        secret=True,
    )
    first_administrator: str = _setting(
        "",
        "Who becomes administrator if there is none yet. With passwords, the log then has a link that works once.",
    )
    new_users: str = _setting(
        "none",
        "The role of somebody whom the provider knows and nobody has added. With none, they are not let in.",
        choices=NEW_USERS,
    )
    session_idle_hours: int = _setting(
        12, "After how many hours without a request a session ends.", minimum=1
    )
    session_hours: int = _setting(
        168, "After how many hours a session ends in any case.", minimum=1
    )
    audit_days: int = _setting(
        400, "How many days the audit log is kept in the database.", minimum=1
    )
    limits_url: str = _setting(
        "",
        "A Redis server that counts for all workers, such as `redis://host`. Empty: each worker counts its own.",
        secret=True,
    )
    oidc_discovery_url: str = _setting(
        "",
        "The provider's address that ends with `/.well-known/openid-configuration`.",
    )
    oidc_client_id: str = _setting(
        "", "The name under which the provider knows this server."
    )
    oidc_client_secret: str = _setting(
        "", "The secret that goes with OIDC_CLIENT_ID.", secret=True
    )
    oidc_scopes: str = _setting(
        "openid email profile", "What the provider is asked to tell."
    )
    oidc_domains: str = _setting(
        "",
        "The domains whose verified addresses are let in, separated by commas. Empty: every domain.",
    )
    oidc_groups_claim: str = _setting(
        "groups",
        "The claim that lists somebody's groups; dots lead into it, as in `realm_access.roles`.",
    )
    oidc_editors: str = _setting(
        "", "The groups whose members are editors, separated by commas."
    )
    oidc_administrators: str = _setting(
        "", "The groups whose members are administrators, separated by commas."
    )
    iap_audience: str = _setting(
        "",
        "The audience in the signed header of Identity-Aware Proxy, such as `/projects/1/global/backendServices/2`.",
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
            return self.login != "off"
        return self.reports_isolated == "on"

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload in bytes."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def is_open_to_all(self) -> bool:
        """Whether nobody logs in although other machines reach the server."""
        return self.login == "off" and not (
            self.listen == "localhost"
            or self.listen.startswith(("127.", "[::1", "::1"))
        )


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
    if isinstance(setting.default, bool):
        return _truth(name, text)
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


def _truth(name: str, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"{name} is {text!r}, but must be true or false.")
    return text.lower() == "true"


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
