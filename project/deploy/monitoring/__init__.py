"""Makes the dashboard, the alerts and the uptime check of the service from the files beside; safe to run again."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from deploy import DeployError
from deploy.config import Config
from deploy.project import Project, rendered, shell

FOLDER = Path(__file__).parent
UPTIME_FLAGS = FOLDER / "uptime.flags.yaml"
DASHBOARD = FOLDER / "dashboard.json"
ALERTS = ("alert-errors.json", "alert-latency.json", "alert-crashes.json")
UPTIME_ALERT = "alert-uptime.json"
# Cloud Monitoring wants at least three, so that one place's trouble with its network is not ours.
REGIONS = "europe,usa-virginia,asia-pacific"

_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--email", metavar="ADDRESS", help="who is told of an alert; else nobody is"
    )
    parser.add_argument(
        "--uptime",
        action="store_true",
        help="also ask /health/ready every five minutes, which keeps an instance awake and billed all month",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="ask nobody and change nothing; print every command, ready to be copied",
    )


def run(arguments) -> None:
    """Make or update everything."""
    config = Config.from_environ()
    if arguments.email and not _ADDRESS.fullmatch(arguments.email):
        raise DeployError(
            f"--email is {arguments.email!r}, which is no e-mail address."
        )
    cloud = Project(config.project_id, arguments.dry_run)
    values = {
        "APP": config.app_name,
        "PROJECT": config.project_id,
        "REGION": config.region,
    }
    _tell("APIs: nothing can be made before this one is enabled.")
    if not _is_enabled(cloud):
        cloud.change("services", "enable", "monitoring.googleapis.com")
    channel = ""
    if arguments.email:
        _tell("An alert must reach somebody.")
        channel = email_channel(cloud, arguments.email)
    else:
        _tell("No --email: alerts are only seen in the console.")
    _tell("The dashboard shows requests, latencies, instances and what they use.")
    dashboard(cloud, values)
    _tell("Alerts tell of errors, slowness and instances that die.")
    for name in ALERTS:
        alert(cloud, FOLDER / name, values, channel)
    if not arguments.uptime:
        _tell(
            "No uptime check: with --min=0 it would keep an instance awake, and billed, all month; --uptime makes one."
        )
        return
    _tell("The uptime check sees what requests cannot tell: that none arrive.")
    values["HOST"] = _host(cloud, config)
    uptime_check(cloud, values)
    alert(cloud, FOLDER / UPTIME_ALERT, values, channel)


def email_channel(cloud: Project, address: str) -> str:
    """Return the name of the channel to an address, made if there is none."""
    for channel in cloud.look("beta", "monitoring", "channels", "list") or []:
        if channel.get("labels", {}).get("email_address") == address:
            return channel["name"]
    return cloud.change(
        *("beta", "monitoring", "channels", "create", "--type=email"),
        f"--display-name={address}",
        f"--channel-labels=email_address={address}",
        "--format=value(name)",
        into="CHANNEL",
    )


def dashboard(cloud: Project, values: dict[str, str]) -> None:
    """Make or update the dashboard."""
    wanted = fill(DASHBOARD, values)
    there = _named(
        cloud.look("monitoring", "dashboards", "list"), wanted["displayName"]
    )
    command = ("monitoring", "dashboards")
    if there is None:
        _apply(cloud, (*command, "create"), "--config-from-file=-", DASHBOARD, values)
        return
    # The etag proves that nobody has changed it since it was read.
    text = json.dumps(wanted | {"etag": there["etag"]})
    cloud.change(
        *command,
        "update",
        there["name"].rpartition("/")[2],
        "--config-from-file=-",
        stdin=text,
    )


def alert(cloud: Project, file: Path, values: dict[str, str], channel: str) -> None:
    """Make or update one alert policy; without a channel it keeps those that it has."""
    wanted = fill(file, values)
    command = ("alpha", "monitoring", "policies")
    there = _named(cloud.look(*command, "list"), wanted["displayName"])
    if there is None:
        flags = [f"--notification-channels={channel}"] if channel else []
        _apply(cloud, (*command, "create"), "--policy-from-file=-", file, values, flags)
        return
    channels = list(
        dict.fromkeys(filter(None, [*there.get("notificationChannels", []), channel]))
    )
    flags = [f"--set-notification-channels={','.join(channels)}"] if channels else []
    _apply(
        cloud,
        (*command, "update", there["name"]),
        "--policy-from-file=-",
        file,
        values,
        flags,
    )


def uptime_check(cloud: Project, values: dict[str, str]) -> None:
    """Make or update the uptime check."""
    name = f"{values['APP']}: is it up?"
    command = ("monitoring", "uptime")
    there = _named(cloud.look(*command, "list-configs"), name)
    if there is None:
        cloud.change(
            *command,
            "create",
            name,
            "--resource-type=uptime-url",
            f"--resource-labels=host={values['HOST']},project_id={values['PROJECT']}",
            f"--flags-file={os.path.relpath(UPTIME_FLAGS)}",
            f"--regions={REGIONS}",
        )
        return
    check = there["name"].rpartition("/")[2]
    labels = there.get("monitoredResource", {}).get("labels", {})
    if labels.get("host") != values["HOST"]:
        raise DeployError(
            f"The uptime check {name!r} asks {labels.get('host')}, which cannot be changed: delete it "
            f"(`gcloud monitoring uptime delete {check} --project={cloud.id}`) and run this again."
        )
    cloud.change(
        *command,
        "update",
        check,
        f"--flags-file={os.path.relpath(UPTIME_FLAGS)}",
        f"--set-regions={REGIONS}",
    )


def fill(file: Path, values: dict[str, str]) -> dict:
    """Return what a file says about this service.

    Parameters
    ----------
    file : pathlib.Path
        JSON with placeholders such as ``${APP}``.
    values : dict of str to str
        What stands for each.

    Returns
    -------
    dict
    """
    return json.loads(Template(file.read_text(encoding="utf-8")).substitute(values))


def _apply(
    cloud: Project,
    command: tuple[str, ...],
    flag: str,
    file: Path,
    values: dict[str, str],
    flags: list[str] | None = None,
) -> None:
    cloud.change(
        *command,
        flag,
        *(flags or []),
        stdin=json.dumps(fill(file, values)),
        source=rendered(file, **values),
    )


def _named(found: list[dict] | None, name: str) -> dict | None:
    return next((one for one in found or [] if one.get("displayName") == name), None)


def _is_enabled(cloud: Project) -> bool:
    found = cloud.look(
        "services",
        "list",
        "--enabled",
        "--filter=config.name=monitoring.googleapis.com",
    )
    return bool(found)


def _host(cloud: Project, config: Config) -> str:
    where = (
        "run",
        "services",
        "describe",
        config.app_name,
        f"--region={config.region}",
    )
    if cloud.dry_run:
        command = shell(
            "gcloud", *where, f"--project={cloud.id}", "--format=value(status.url)"
        )
        return cloud.assign("HOST", f"{command} | sed 's|https://||'")
    service = cloud.look(*where)
    if not service:
        raise DeployError(
            f"There is no service {config.app_name} in {config.region} yet, so nothing can be asked whether it is up: "
            "`project/bin/deploy setup` makes it."
        )
    return urlsplit(service["status"]["url"]).netloc


def _tell(why: str) -> None:
    print(f"# {why}", file=sys.stderr, flush=True)
