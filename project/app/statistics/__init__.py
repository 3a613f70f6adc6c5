"""The statistics of reports: experiments, funnels, prices, service requests. Pure, and loaded on first use."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "closing_times",
        "events",
        "experiments",
        "forecasting",
        "funnels",
        "group_differences",
        "outcome_columns",
        "outcomes",
        "planning",
        "prices",
        "proportions",
        "regression_demo",
        "service_request_sample",
        "service_requests",
        "several",
        "verdicts",
    ],
)
