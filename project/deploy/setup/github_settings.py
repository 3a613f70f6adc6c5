"""The commands that set the repository's secrets and variables on GitHub after a set-up."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deploy.config import Config
from deploy.setup.plan import Plan


def what_to_set_on_github(plan: Plan, number: str) -> Iterator[str]:
    """Yield shell commands that set the repository's secrets and variables; they hold no secret's value.

    Parameters
    ----------
    plan : Plan
    number : str
        The project's.

    Yields
    ------
    str
        One line.
    """
    # Without previews, pull requests should find no secrets, as in a fork: some of them would make the check fail.
    where = () if plan.previews else ("--env", "production")
    yield "# On GitHub, in a clone of the repository:"
    if where:
        yield "# (The environment 'production' must exist: project/docs/operations.md.)"
    for name, value in _secrets(plan).items():
        yield _shell("gh", "secret", "set", name, *where, "--body", value)
    if plan.key:
        key = shlex.quote(plan.key)
        credentials = _shell("gh", "secret", "set", "GCP_CREDENTIALS", *where)
        yield f"{credentials} < {key} && rm {key}"
    for name, value in _variables(plan, number).items():
        yield _shell("gh", "variable", "set", name, *where, "--body", value)
    # Always a variable of the repository: the weekly look at the live address runs in no environment.
    address = _shell(
        *("gcloud", "run", "services", "describe", plan.app),
        *plan.config.on_this_service,
        "--format=value(status.url)",
    )
    yield f'gh variable set GCP_URL --body "$({address})"'


def _secrets(plan: Plan) -> dict[str, str]:
    return {
        "GCP_PROJECT_ID": plan.project,
        "GCP_APP_NAME": plan.app,
        "GCP_EMAIL": plan.deployer,
    }


def _variables(plan: Plan, number: str) -> dict[str, str]:
    variables = {}
    if plan.repository_id:
        variables["GCP_WORKLOAD_IDENTITY_PROVIDER"] = plan.provider_path(number)
    variables["GCP_SERVICE_ACCOUNT"] = plan.runtime
    variables["GCP_PREVIEW_ACCOUNT"] = plan.preview
    variables["GCP_SECRETS"] = ",".join(str(secret) for secret in plan.secrets)
    if plan.config.data_bucket:
        variables["GCP_DATA_BUCKET"] = plan.config.data_bucket
    if plan.config.region != Config.region:
        variables["GCP_REGION"] = plan.config.region
    if plan.config.registry != Config.registry:
        variables["GCP_REGISTRY"] = plan.config.registry
    return variables


def _shell(*words: str) -> str:
    return shlex.join(words)
