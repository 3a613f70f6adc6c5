"""Makes the resources: APIs, the registry's repository, secrets, the bucket, the service, and a budget."""

from __future__ import annotations

import secrets as randomness

from deploy.project import Project
from deploy.setup.plan import (
    GENERATED,
    PLACEHOLDER_IMAGE,
    PLACEHOLDER_SUFFIX,
    Plan,
    Secret,
)

_APIS = (
    "run",
    "artifactregistry",
    "iam",
    "iamcredentials",
    "sts",
    "cloudresourcemanager",
    "secretmanager",
    "storage",
    "monitoring",
    "logging",
)
# A password of 43 characters that is never shown.
_TOKEN_BYTES = 32


def apis(plan: Plan, cloud: Project) -> None:
    """An API must be enabled before anything can be made with it."""
    wanted = [*_APIS, *(["billingbudgets"] if plan.billing_account else [])]
    cloud.change("services", "enable", *(f"{name}.googleapis.com" for name in wanted))


def registry(plan: Plan, cloud: Project) -> None:
    """Images are pushed to a repository of Artifact Registry; behind gcr.io is one of that very name."""
    repository, location = plan.repository
    group = ("artifacts", "repositories")
    if not cloud.look(*group, "describe", repository, location):
        cloud.change(
            *(*group, "create", repository, location),
            "--repository-format=docker",
            f"--description=Images of {plan.app}",
        )


def secrets(plan: Plan, cloud: Project) -> None:
    """Tokens are kept in Secret Manager, where only the service may read them: neither GitHub nor the image has any."""
    for secret in plan.secrets:
        name = secret.name
        if not cloud.look("secrets", "describe", name):
            cloud.change("secrets", "create", name, "--replication-policy=automatic")
        enabled = ("secrets", "versions", "list", name, "--filter=state=ENABLED")
        if not cloud.look(*enabled):
            _give_value(secret, cloud)
        cloud.bind(
            ("secrets",),
            name,
            f"serviceAccount:{plan.runtime}",
            "roles/secretmanager.secretAccessor",
        )


def _give_value(secret: Secret, cloud: Project) -> None:
    if secret.variable in GENERATED:
        cloud.change(
            *("secrets", "versions", "add", secret.name, "--data-file=-"),
            stdin=randomness.token_urlsafe(_TOKEN_BYTES),
            is_secret=True,
        )
        return
    cloud.to_do.append(
        f"give {secret.variable} its value, or no release can start: printf %s VALUE | gcloud secrets versions add "
        f"{secret.name} --data-file=- --project={cloud.id}"
    )


def bucket(plan: Plan, cloud: Project) -> None:
    """Tables and runs outlive an instance in a bucket; with a hierarchical namespace, renaming a folder is atomic."""
    url = f"gs://{plan.config.data_bucket}"
    group = ("storage", "buckets")
    # No soft delete: people upload their tables here, and the server deletes them when their retention ends.
    settings = (
        "--uniform-bucket-level-access",
        "--public-access-prevention",
        "--soft-delete-duration=0",
    )
    found = cloud.look(*group, "describe", url, "--raw")
    if not found:
        cloud.change(
            *(*group, "create", url, f"--location={plan.config.region}", *settings),
            "--enable-hierarchical-namespace",
        )
    else:
        cloud.change(*group, "update", url, *settings)
        if not found.get("hierarchicalNamespace", {}).get("enabled"):
            cloud.to_do.append(
                f"{url} has no hierarchical namespace, which a bucket gets only when it is created, so a reader may "
                "see half of a run: set GCP_DATA_BUCKET to a new name and run setup again."
            )
    cloud.bind(group, url, f"serviceAccount:{plan.runtime}", "roles/storage.objectUser")


def service(plan: Plan, cloud: Project) -> None:
    """Making a service public needs permissions that a deployer should not have: it is done here, on a placeholder
    that the first release replaces."""
    region = f"--region={plan.config.region}"
    if not cloud.look("run", "services", "describe", plan.app, region):
        cloud.change(
            *("run", "deploy", plan.app, region, f"--image={PLACEHOLDER_IMAGE}"),
            f"--revision-suffix={PLACEHOLDER_SUFFIX}",
            f"--service-account={plan.runtime}",
            "--max-instances=1",
        )
    cloud.bind(("run", "services"), plan.app, "allUsers", "roles/run.invoker", region)


def budget(plan: Plan, cloud: Project) -> None:
    """A budget mails the billing administrators before a mistake becomes expensive; it stops nothing."""
    name = f"{plan.project} {plan.app}"[:60]
    account = f"--billing-account={plan.billing_account}"
    group, amount = ("billing", "budgets"), f"--budget-amount={plan.budget}"
    budgets = cloud.look(*group, "list", account) or []
    found = [one["name"] for one in budgets if one.get("displayName") == name]
    if found:
        cloud.change(*group, "update", found[0], amount)
        return
    cloud.change(
        *(*group, "create", account, f"--display-name={name}", amount),
        f"--filter-projects=projects/{plan.project}",
        "--threshold-rule=percent=0.5",
        "--threshold-rule=percent=1.0",
        "--threshold-rule=percent=1.0,basis=forecasted-spend",
    )
