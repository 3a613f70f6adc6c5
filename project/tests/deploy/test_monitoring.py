"""The monitoring of the service: files that Cloud Monitoring understands, applied with the same outcome each time."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from deploy import monitoring
from deploy.__main__ import main
from deploy.monitoring.charts import dashboard
from tests.deploy.lint import needs_gcloud

API_FIELDS = Path(__file__).with_name("api_fields.py")
VALUES = {
    "APP": "dashboard",
    "PROJECT": "demo-proj",
    "REGION": "europe-west1",
    "HOST": "dashboard-1.a.run.app",
}
DASHBOARD = dashboard("dashboard", "europe-west1", "demo-proj")
ALERTS = [*monitoring.ALERTS, monitoring.UPTIME_ALERT]
ALL = ("monitoring", "--email=me@example.org", "--uptime")

# Each metric with its kind, its type and its labels, of
# https://cloud.google.com/monitoring/api/metrics_gcp_p_z#gcp-run and
# https://cloud.google.com/monitoring/api/metrics_gcp_i_o#gcp-monitoring.
METRICS = {
    metric: (kind, value, set(labels))
    for metric, kind, value, *labels in map(
        str.split,
        """
        run.googleapis.com/request_count DELTA INT64 response_code response_code_class
        run.googleapis.com/request_latencies DELTA DISTRIBUTION response_code response_code_class
        run.googleapis.com/container/instance_count GAUGE INT64 state
        run.googleapis.com/container/cpu/utilizations DELTA DISTRIBUTION container_name
        run.googleapis.com/container/memory/utilizations DELTA DISTRIBUTION container_name
        run.googleapis.com/container/max_request_concurrencies DELTA DISTRIBUTION state
        run.googleapis.com/container/billable_instance_time DELTA DOUBLE
        run.googleapis.com/container/startup_latencies DELTA DISTRIBUTION
        monitoring.googleapis.com/uptime_check/check_passed GAUGE BOOL check_id checker_location checked_resource_id
        """.strip().splitlines(),
    )
}
# https://cloud.google.com/monitoring/api/resources
RESOURCES = {
    "cloud_run_revision": {
        "project_id",
        "service_name",
        "revision_name",
        "location",
        "configuration_name",
    },
    "uptime_url": {"project_id", "host"},
}
# https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#Aligner
ALIGNERS = {
    ("DELTA", "INT64"): {"ALIGN_DELTA", "ALIGN_RATE"},
    ("DELTA", "DOUBLE"): {"ALIGN_DELTA", "ALIGN_RATE"},
    ("DELTA", "DISTRIBUTION"): {"ALIGN_DELTA"},
    ("GAUGE", "INT64"): {"ALIGN_MAX", "ALIGN_MEAN"},
    ("GAUGE", "BOOL"): {"ALIGN_NEXT_OLDER"},
}
REDUCERS = {
    "DISTRIBUTION": {f"REDUCE_PERCENTILE_{n}" for n in ("05", "50", "95", "99")},
    "INT64": {"REDUCE_SUM"},
    "DOUBLE": {"REDUCE_SUM"},
    "BOOL": {"REDUCE_COUNT_FALSE"},
}
COMPARISON = re.compile(
    r'(?P<left>[a-zA-Z_.]+) ?(=|:|=~|>=|!=starts_with\() ?("(?P<text>([^"\\]|\\.)*)"|[A-Z]+)'
)

pytestmark = pytest.mark.usefixtures("service_environ")


def filled(name: str) -> dict:
    return monitoring.fill(monitoring.FOLDER / name, VALUES)


def parts(value, *names: str):
    """Yield every part of a JSON value that has one of these names."""
    if isinstance(value, dict):
        for name, part in value.items():
            if name in names:
                yield part
            yield from parts(part, *names)
    elif isinstance(value, list):
        for part in value:
            yield from parts(part, *names)


def queries() -> list:
    """Every filter of a metric, with its aggregation."""
    found = []
    for name in ALERTS:
        for condition in parts(filled(name), "conditionThreshold"):
            found.append((condition["filter"], condition["aggregations"][0]))
            if "denominatorFilter" in condition:
                found.append(
                    (
                        condition["denominatorFilter"],
                        condition["denominatorAggregations"][0],
                    )
                )
    for query in parts(DASHBOARD, "timeSeriesFilter"):
        found.append((query["filter"], query["aggregation"]))
    return found


def comparisons(text: str) -> dict[str, str]:
    """What a filter compares; every word of it must be part of a comparison."""
    rest = COMPARISON.sub("", text)
    assert not re.sub(r"AND|OR|NOT|[() ]|log_id\(\"[a-z./]+\"\)", "", rest), rest
    return {match["left"]: match["text"] for match in COMPARISON.finditer(text)}


@pytest.mark.parametrize(
    ("text", "aggregation"),
    [pytest.param(*query, id=f"query{n}") for n, query in enumerate(queries())],
)
def test_a_query_asks_for_a_metric_that_exists_in_a_way_that_its_kind_allows(
    text, aggregation
):
    compared = comparisons(text)
    kind, value, labels = METRICS[compared.pop("metric.type")]
    resource = RESOURCES[compared.pop("resource.type")]
    fields = [*compared, *aggregation.get("groupByFields", [])]
    for field in fields:
        group, _, label = field.rpartition(".")
        assert label in {"metric.labels": labels, "resource.labels": resource}[group]
    assert aggregation["perSeriesAligner"] in ALIGNERS[kind, value]
    assert aggregation["crossSeriesReducer"] in REDUCERS[value]
    assert int(aggregation["alignmentPeriod"].removesuffix("s")) % 60 == 0


def test_every_query_and_log_filter_asks_for_this_service_alone():
    ours = re.compile(
        r'resource\.labels\.(service_name="dashboard"|host="dashboard-1\.a\.run\.app")'
    )
    filters = list(
        parts([DASHBOARD, *map(filled, ALERTS)], "filter", "denominatorFilter")
    )
    assert len(filters) > 15
    assert all(ours.search(text) for text in filters)


@pytest.mark.parametrize("name", ["alert-errors.json", "alert-latency.json"])
def test_no_alert_counts_the_previews_of_pull_requests(name):
    filters = list(parts(filled(name), "filter", "denominatorFilter"))
    assert filters
    for text in filters:
        # Monitoring's filters have this for it; `=~` is known to those of logs alone.
        (begin,) = re.findall(
            r'resource\.labels\.revision_name!=starts_with\("([^"]*)"\)', text
        )
        assert "dashboard-pr-7-12".startswith(begin)
        assert not "dashboard-g0123456-12".startswith(begin)
        assert "=~" not in text


def test_the_log_filter_finds_what_cloud_run_writes_when_an_instance_dies():
    (matched,) = parts(filled("alert-crashes.json"), "conditionMatchedLog")
    comparisons(matched["filter"])
    contains = re.findall(r'textPayload:"([^"]*)"', matched["filter"])
    patterns = re.findall(r'textPayload=~"([^"]*)"', matched["filter"])

    def is_found(line: str) -> bool:
        return any(text in line for text in contains) or any(
            re.search(pattern, line) for pattern in patterns
        )

    assert is_found("Memory limit of 1024 MiB exceeded with 1046 MiB used. Consider …")
    assert is_found("Container terminated on signal 9.")
    assert is_found("Uncaught signal: 11, pid=1, tid=1, fault_addr=0.")
    assert is_found("Container called exit(1).")
    assert is_found("Container called exit(137).")
    assert not is_found("Container called exit(0).")
    assert not is_found("Starting new instance. Reason: AUTOSCALING")
    (revision,) = re.findall(
        r'NOT resource.labels.revision_name=~"([^"]*)"', matched["filter"]
    )
    assert re.search(revision, "dashboard-pr-7-12")
    assert not re.search(revision, "dashboard-g0123456-12")


def test_each_alert_says_what_to_do_and_links_to_the_console():
    for name in ALERTS:
        policy = filled(name)
        assert "https://" in policy["documentation"]["content"]
        assert policy["displayName"].startswith("dashboard: ")
        assert policy["enabled"] is True
        assert 1 <= len(policy["conditions"]) <= 6


@needs_gcloud
@pytest.mark.parametrize("name", ALERTS)
def test_the_api_knows_every_field_and_value_of_an_alert(name):
    assert unknown_to_the_api(filled(name), "v3", "AlertPolicy") == []


@needs_gcloud
def test_the_api_knows_every_field_and_value_of_the_dashboard():
    assert unknown_to_the_api(DASHBOARD, "v1", "Dashboard") == []


@needs_gcloud
def test_the_api_would_not_know_another_field():
    wrong = {
        "combiner": "MAYBE",
        "conditions": [{"conditionThreshold": {"thresholdvalue": 1}}],
    }
    assert unknown_to_the_api(wrong, "v3", "AlertPolicy") == [
        "AlertPolicy.combiner",
        "AlertPolicy.conditions.conditionThreshold.thresholdvalue",
    ]


def unknown_to_the_api(value: dict, version: str, name: str) -> list[str]:
    """Ask gcloud's own definition of the Monitoring API."""
    asked = "--format=value(basic.python_location,installation.sdk_root)"
    python, root = run(["gcloud", "info", asked]).split()
    answer = run([python, str(API_FIELDS), root, version, name], json.dumps(value))
    return answer.splitlines()


def run(command: list[str], stdin: str = "") -> str:
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def service(gcloud):
    """There is a service."""
    gcloud.put(
        "run services", dashboard={"status": {"url": "https://dashboard-1.a.run.app"}}
    )
    return gcloud


def test_everything_is_made_once_and_updated_the_next_time(service):
    assert main(list(ALL)) == 0
    assert len(service.created) == 1 + 1 + len(ALERTS) + 1
    service.forget()
    assert main(list(ALL)) == 0
    assert service.created == []
    updated = [one for one in service.changes if " update" in one]
    assert len(updated) == 1 + len(ALERTS) + 1


def test_an_update_of_the_dashboard_proves_which_one_it_knew(service):
    assert main(list(ALL)) == 0
    service.forget()
    assert main(list(ALL)) == 0
    (update,) = [
        call
        for call in service.calls
        if "dashboards update" in " ".join(call["arguments"])
    ]
    assert json.loads(update["stdin"])["etag"] == "e1"


def test_an_alert_keeps_those_whom_it_told_before(service):
    assert main(["monitoring", "--email=first@example.org"]) == 0
    assert main(["monitoring"]) == 0
    assert main(["monitoring", "--email=second@example.org"]) == 0
    for policy in service.state["resources"]["alpha monitoring policies"].values():
        assert policy["notificationChannels"] == [
            "projects/demo-proj/first@example.org",
            "projects/demo-proj/second@example.org",
        ]


def test_no_uptime_check_is_made_unasked_because_it_costs(service, capsys):
    assert main(["monitoring"]) == 0
    assert not [one for one in service.commands if "uptime" in one]
    assert "--uptime makes one" in capsys.readouterr().err


def test_an_uptime_check_of_another_address_is_left_to_a_person(service, capsys):
    assert main(list(ALL)) == 0
    service.put(
        "run services", dashboard={"status": {"url": "https://moved.a.run.app"}}
    )
    assert main(list(ALL)) == 1
    assert "gcloud monitoring uptime delete" in capsys.readouterr().err


def test_without_a_service_there_is_nothing_to_ask_whether_it_is_up(gcloud, capsys):
    assert main(list(ALL)) == 1
    assert "There is no service dashboard" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["me", "me@", "a@b.org,c@d.org"])
def test_what_is_no_address_is_refused_before_anything_is_touched(
    gcloud, capsys, address
):
    assert main(["monitoring", f"--email={address}"]) == 1
    assert "not an e-mail address" in capsys.readouterr().err
    assert gcloud.calls == []


def test_a_dry_run_changes_nothing_and_prints_the_commands_that_would(service, capsys):
    before = service.state["resources"]
    assert main([*ALL, "--dry-run"]) == 0
    assert service.changes == []
    assert service.state["resources"] == before
    printed = capsys.readouterr().out
    assert main(list(ALL)) == 0
    verbs = [call["arguments"][:3] for call in service.calls if not call["reads"]]
    assert [line.split()[1:4] for line in printed.splitlines()] == verbs
