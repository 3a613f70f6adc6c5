"""The dashboard of the service in Cloud Monitoring: its charts, and the JSON that the API takes.

References
----------
https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
"""

from __future__ import annotations

from dataclasses import dataclass

BY_CLASS = "metric.labels.response_code_class"
BY_STATE = "metric.labels.state"
BY_REVISION = "resource.labels.revision_name"


@dataclass(frozen=True)
class Chart:
    """One chart; `metric` follows ``run.googleapis.com/``, `percentiles` are of all instances or requests."""

    title: str
    unit: str
    metric: str
    aligner: str = "ALIGN_DELTA"
    percentiles: tuple[int, ...] = ()
    group_by: str = ""
    threshold: float | None = None


CHARTS = (
    Chart(
        "Requests a second, by class of answer",
        "requests/s",
        "request_count",
        "ALIGN_RATE",
        group_by=BY_CLASS,
    ),
    Chart("Latency of requests", "ms", "request_latencies", percentiles=(50, 95, 99)),
    Chart(
        "Requests a second, by revision",
        "requests/s",
        "request_count",
        "ALIGN_RATE",
        group_by=BY_REVISION,
    ),
    Chart(
        "Instances, by state",
        "instances",
        "container/instance_count",
        "ALIGN_MAX",
        group_by=BY_STATE,
    ),
    Chart(
        "CPU, busiest instances, by revision",
        "share of the limit",
        "container/cpu/utilizations",
        percentiles=(99,),
        group_by=BY_REVISION,
    ),
    Chart(
        "Memory, fullest instances, by revision",
        "share of the limit",
        "container/memory/utilizations",
        percentiles=(99,),
        group_by=BY_REVISION,
        threshold=0.9,
    ),
    Chart(
        "Most concurrent requests in one instance",
        "requests",
        "container/max_request_concurrencies",
        percentiles=(99,),
    ),
    Chart(
        "Seconds billed a second",
        "s/s",
        "container/billable_instance_time",
        "ALIGN_RATE",
    ),
    Chart(
        "Time to start an instance",
        "ms",
        "container/startup_latencies",
        percentiles=(95,),
    ),
)


def dashboard(app: str, region: str, project: str) -> dict:
    """Return the dashboard as the API takes it."""
    service = (
        f'resource.type="cloud_run_revision" AND resource.labels.service_name="{app}" '
        f'AND resource.labels.location="{region}"'
    )
    logs = {
        "filter": f"{service} AND severity>=WARNING",
        "resourceNames": [f"projects/{project}"],
    }
    widgets = [
        *(_widget(chart, service) for chart in CHARTS),
        {"title": "Warnings and errors", "logsPanel": logs},
    ]
    return {
        "displayName": app,
        "labels": {"app": app},
        "gridLayout": {"columns": "2", "widgets": widgets},
    }


def _widget(chart: Chart, service: str) -> dict:
    reducers = [f"REDUCE_PERCENTILE_{percent}" for percent in chart.percentiles]
    plot = {
        "dataSets": [
            _data_set(chart, service, reducer) for reducer in reducers or ["REDUCE_SUM"]
        ],
        "yAxis": {"label": chart.unit, "scale": "LINEAR"},
    }
    if chart.threshold is not None:
        plot["thresholds"] = [{"value": chart.threshold}]
    return {"title": chart.title, "xyChart": plot}


def _data_set(chart: Chart, service: str, reducer: str) -> dict:
    aggregation = {
        "alignmentPeriod": "60s",
        "perSeriesAligner": chart.aligner,
        "crossSeriesReducer": reducer,
        "groupByFields": [chart.group_by] if chart.group_by else [],
    }
    query = {
        "filter": f'metric.type="run.googleapis.com/{chart.metric}" AND {service}',
        "aggregation": aggregation,
    }
    is_total = reducer == "REDUCE_SUM" and chart.group_by
    data_set = {
        "timeSeriesQuery": {"timeSeriesFilter": query},
        "plotType": "STACKED_AREA" if is_total else "LINE",
        "targetAxis": "Y1",
    }
    if len(chart.percentiles) > 1:
        data_set["legendTemplate"] = f"{reducer.rpartition('_')[2]} %"
    return data_set
