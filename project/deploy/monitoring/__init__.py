"""Makes the dashboard, the alerts and the uptime check of the service; safe to run again."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

from deploy import DeployError
from deploy.config import Config
from deploy.monitoring.charts import dashboard
from deploy.project import Project

FOLDER = Path(__file__).parent
UPTIME_FLAGS = FOLDER / "uptime.flags.yaml"
ALERTS = ("alert-errors.json", "alert-latency.json", "alert-crashes.json")
UPTIME_ALERT = "alert-uptime.json"
# Cloud Monitoring wants at least three, so that trouble with the network of one of them is no alert.
REGIONS = "europe,usa-virginia,asia-pacific"

_ADDRESS = re.compile(r"[^@\s,]+@[^@\s,]+\.[^@\s,]+")


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--email",
        metavar="ADDRESS",
        help="where alerts are mailed to; without it nobody is notified",
    )
    parser.add_argument(
        "--uptime",
        action="store_true",
        help="also ask /health/ready every five minutes, which keeps an instance awake and billed all month",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="change nothing; print the commands that would",
    )


def run(arguments) -> None:
    """Make or update everything."""
    config = Config.from_environ()
    if arguments.email and not _ADDRESS.fullmatch(arguments.email):
        raise DeployError(
            f"--email is {arguments.email!r}, which is not an e-mail address."
        )
    cloud = Project(config.project_id, arguments.dry_run)
    values = {
        "APP": config.app_name,
        "PROJECT": config.project_id,
        "REGION": config.region,
    }
    _tell("The API of Cloud Monitoring must be enabled.")
    cloud.change("services", "enable", "monitoring.googleapis.com")
    channel = ""
    if arguments.email:
        _tell("An alert must reach somebody.")
        channel = email_channel(cloud, arguments.email)
    else:
        _tell("No --email: alerts are only seen in the console.")
    _tell("The dashboard shows requests, latencies, instances and what they use.")
    update_dashboard(cloud, dashboard(config.app_name, config.region, cloud.id))
    _tell("Alerts report errors, slow answers and instances that die.")
    for name in ALERTS:
        alert(cloud, FOLDER / name, values, channel)
    if not arguments.uptime:
        _tell(
            "No uptime check: with --min=0 it would keep an instance awake, and billed, all month; --uptime makes one."
        )
        return
    _tell("The uptime check notices when no request can arrive at all.")
    values["HOST"] = _host(cloud, config)
    uptime_check(cloud, values)
    alert(cloud, FOLDER / UPTIME_ALERT, values, channel)


def email_channel(cloud: Project, address: str) -> str:
    """Return the name of the notification channel to an address, which is created if there is none."""
    group = ("beta", "monitoring", "channels")
    for channel in cloud.look(*group, "list") or []:
        if channel.get("labels", {}).get("email_address") == address:
            return channel["name"]
    created = cloud.change(
        *(*group, "create", "--type=email", f"--display-name={address}"),
        f"--channel-labels=email_address={address}",
        "--format=value(name)",
    )
    return created or "CHANNEL"


def update_dashboard(cloud: Project, wanted: dict) -> None:
    """Make or update the dashboard."""
    group, command = ("monitoring", "dashboards"), ["create"]
    found = _named(cloud.look(*group, "list"), wanted["displayName"])
    if found:
        command = ["update", found["name"].rpartition("/")[2]]
        # The etag proves that nobody has changed it since it was read.
        wanted = wanted | {"etag": found["etag"]}
    cloud.change(*group, *command, "--config-from-file=-", stdin=json.dumps(wanted))


def alert(cloud: Project, file: Path, values: dict[str, str], channel: str) -> None:
    """Make or update one alert policy; it keeps the notification channels that it has."""
    wanted, group = fill(file, values), ("alpha", "monitoring", "policies")
    found = _named(cloud.look(*group, "list"), wanted["displayName"])
    if found:
        command, flag = ["update", found["name"]], "--set-notification-channels"
        channels = [*found.get("notificationChannels", []), channel]
    else:
        command, flag, channels = ["create"], "--notification-channels", [channel]
    channels = list(dict.fromkeys(filter(None, channels)))
    if channels:
        command.append(f"{flag}={','.join(channels)}")
    cloud.change(*group, *command, "--policy-from-file=-", stdin=json.dumps(wanted))


def uptime_check(cloud: Project, values: dict[str, str]) -> None:
    """Make or update the uptime check."""
    name = f"{values['APP']}: is it up?"
    command = ("monitoring", "uptime")
    found = _named(cloud.look(*command, "list-configs"), name)
    if found is None:
        cloud.change(
            *command,
            "create",
            name,
            "--resource-type=uptime-url",
            f"--resource-labels=host={values['HOST']},project_id={values['PROJECT']}",
            f"--flags-file={UPTIME_FLAGS}",
            f"--regions={REGIONS}",
        )
        return
    check = found["name"].rpartition("/")[2]
    labels = found.get("monitoredResource", {}).get("labels", {})
    if labels.get("host") != values["HOST"]:
        raise DeployError(
            f"The uptime check {name!r} asks {labels.get('host')}, which cannot be changed: delete it "
            f"(`gcloud monitoring uptime delete {check} --project={cloud.id}`) and run this again."
        )
    cloud.change(
        *command,
        "update",
        check,
        f"--flags-file={UPTIME_FLAGS}",
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


def _named(found: list[dict] | None, name: str) -> dict | None:
    return next((one for one in found or [] if one.get("displayName") == name), None)


def _host(cloud: Project, config: Config) -> str:
    region = f"--region={config.region}"
    service = cloud.look("run", "services", "describe", config.app_name, region)
    if not service:
        raise DeployError(
            f"There is no service {config.app_name} in {config.region} yet, so there is no address to check: "
            "`project/bin/deploy setup` makes it."
        )
    return urlsplit(service["status"]["url"]).netloc


def _tell(why: str) -> None:
    print(f"# {why}", file=sys.stderr, flush=True)
