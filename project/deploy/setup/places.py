"""Makes the places: APIs, the registry's repository, secrets, the bucket, the service, and a budget for them."""

from __future__ import annotations

import json
import secrets as randomness
from pathlib import Path
from string import Template

from deploy.project import Project, rendered
from deploy.setup.plan import (
    INVENTED,
    PLACEHOLDER_IMAGE,
    PLACEHOLDER_SUFFIX,
    Plan,
)

CLEANUP_POLICY = Path(__file__).with_name("cleanup-policy.json")

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
_MAKE_TOKEN = f"python3 -c 'import secrets; print(secrets.token_urlsafe({_TOKEN_BYTES}), end=\"\")'"


def apis(plan: Plan, cloud: Project) -> None:
    """An API must be enabled before anything can be made with it."""
    wanted = [f"{name}.googleapis.com" for name in _APIS]
    if plan.billing_account:
        wanted.append("billingbudgets.googleapis.com")
    found = cloud.look("services", "list", "--enabled") or []
    enabled = {service["config"]["name"] for service in found}
    missing = [name for name in wanted if name not in enabled]
    if missing:
        cloud.change("services", "enable", *missing)


def registry(plan: Plan, cloud: Project) -> None:
    """Images are pushed to a repository of Artifact Registry; behind gcr.io is one of that very name."""
    repository, location = plan.repository
    if cloud.look("artifacts", "repositories", "describe", repository, location):
        return
    cloud.change(
        "artifacts",
        "repositories",
        "create",
        repository,
        location,
        "--repository-format=docker",
        f"--description=Images of {plan.app}",
    )


def cleanup_policy(plan: Plan, cloud: Project) -> None:
    """Should pruning fail for weeks, the registry itself deletes images that nobody could want back."""
    repository, location = plan.repository
    if namesakes := _namesakes(plan, cloud):
        cloud.to_do.append(
            f"the registry's cleanup policy was not set, since it goes by how a name begins and would also delete "
            f"images of {', '.join(namesakes)}. Prune by hand if ever a release cannot, or rename the service."
        )
        return
    text = Template(CLEANUP_POLICY.read_text()).substitute(APP=plan.app)
    ours = json.loads(text)
    described = (
        cloud.look("artifacts", "repositories", "describe", repository, location) or {}
    )
    there = _policies(described)
    wanted = there | {policy["name"]: policy for policy in ours}
    if wanted == there and not described.get("cleanupPolicyDryRun"):
        return
    cloud.change(
        "artifacts",
        "repositories",
        "set-cleanup-policies",
        repository,
        location,
        "--policy=-",
        "--no-dry-run",
        stdin=json.dumps(list(wanted.values())),
        source=rendered(CLEANUP_POLICY, APP=plan.app),
    )


def secrets(plan: Plan, cloud: Project) -> None:
    """Tokens lie in Secret Manager, where only the service may read them: neither GitHub nor the image holds any."""
    for secret in plan.secrets:
        if not cloud.look("secrets", "describe", secret.name):
            cloud.change(
                "secrets", "create", secret.name, "--replication-policy=automatic"
            )
        if not cloud.look(
            "secrets", "versions", "list", secret.name, "--filter=state=ENABLED"
        ):
            _give_value(secret, cloud)
        cloud.bind(
            ("secrets",),
            secret.name,
            f"serviceAccount:{plan.runtime}",
            "roles/secretmanager.secretAccessor",
        )


def _give_value(secret, cloud: Project) -> None:
    if secret.variable not in INVENTED:
        cloud.to_do.append(
            f"give {secret.variable} its value, or no release can start: printf %s VALUE | gcloud secrets versions add "
            f"{secret.name} --data-file=- --project={cloud.id}"
        )
        return
    cloud.change(
        "secrets",
        "versions",
        "add",
        secret.name,
        "--data-file=-",
        stdin=randomness.token_urlsafe(_TOKEN_BYTES),
        source=_MAKE_TOKEN,
    )


def bucket(plan: Plan, cloud: Project) -> None:
    """Tables and runs outlive an instance in a bucket; with a hierarchy of folders, renaming one is a single act."""
    url = f"gs://{plan.config.data_bucket}"
    # What is deleted must be gone: people upload their tables here, and the server itself ends their retention.
    settings = (
        "--uniform-bucket-level-access",
        "--public-access-prevention",
        "--soft-delete-duration=0",
    )
    there = cloud.look("storage", "buckets", "describe", url, "--raw")
    if not there:
        cloud.change(
            "storage",
            "buckets",
            "create",
            url,
            f"--location={plan.config.region}",
            *settings,
            "--enable-hierarchical-namespace",
        )
    else:
        if not _is_private(there):
            cloud.change("storage", "buckets", "update", url, *settings)
        if not there.get("hierarchicalNamespace", {}).get("enabled"):
            cloud.to_do.append(
                f"{url} has no hierarchical namespace, which a bucket gets only when it is made: a reader may see "
                "half of a run: set GCP_DATA_BUCKET to a new name and run setup again."
            )
    cloud.bind(
        ("storage", "buckets"),
        url,
        f"serviceAccount:{plan.runtime}",
        "roles/storage.objectUser",
    )


def service(plan: Plan, cloud: Project) -> None:
    """Opening a service to everybody needs rights that a deployer should not have: it is done here, on a placeholder
    that the first release replaces."""
    region = f"--region={plan.config.region}"
    if not cloud.look("run", "services", "describe", plan.app, region):
        cloud.change(
            "run",
            "deploy",
            plan.app,
            region,
            f"--image={PLACEHOLDER_IMAGE}",
            f"--revision-suffix={PLACEHOLDER_SUFFIX}",
            f"--service-account={plan.runtime}",
            "--max-instances=1",
        )
    cloud.bind(("run", "services"), plan.app, "allUsers", "roles/run.invoker", region)


def budget(plan: Plan, cloud: Project) -> None:
    """A budget mails the billing administrators before a mistake becomes expensive; it stops nothing."""
    name, account = (
        f"{plan.project} {plan.app}"[:60],
        f"--billing-account={plan.billing_account}",
    )
    found = cloud.look("billing", "budgets", "list", account) or []
    there = next((one for one in found if one.get("displayName") == name), None)
    if there is None:
        cloud.change(
            "billing",
            "budgets",
            "create",
            account,
            f"--display-name={name}",
            f"--budget-amount={plan.budget}",
            f"--filter-projects=projects/{plan.project}",
            "--threshold-rule=percent=0.5",
            "--threshold-rule=percent=1.0",
            "--threshold-rule=percent=1.0,basis=forecasted-spend",
        )
    elif not _is_amount(there, plan.budget):
        cloud.change(
            "billing",
            "budgets",
            "update",
            there["name"],
            f"--budget-amount={plan.budget}",
        )


def _namesakes(plan: Plan, cloud: Project) -> list[str]:
    repository, location = plan.repository
    found = cloud.look(
        "artifacts", "packages", "list", f"--repository={repository}", location
    )
    names = (one["name"].rpartition("/")[2] for one in found or [])
    return [name for name in names if name.startswith(plan.app) and name != plan.app]


def _policies(repository: dict) -> dict[str, dict]:
    """The policies of a described repository, in the form of a policy file."""
    return {
        name: {
            "name": name,
            "action": {"type": policy.get("action", "")},
            **{
                part: policy[part]
                for part in ("condition", "mostRecentVersions")
                if policy.get(part)
            },
        }
        for name, policy in (repository.get("cleanupPolicies") or {}).items()
    }


def _is_private(described: dict) -> bool:
    access = described.get("iamConfiguration", {})
    return (
        access.get("uniformBucketLevelAccess", {}).get("enabled", False)
        and access.get("publicAccessPrevention") == "enforced"
        and int(
            described.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0)
        )
        == 0
    )


def _is_amount(described: dict, wanted: str) -> bool:
    amount = described.get("amount", {}).get("specifiedAmount", {})
    number = float(amount.get("units", 0)) + amount.get("nanos", 0) / 1e9
    digits = wanted.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    currency = wanted.removeprefix(digits)
    return abs(number - float(digits)) < 0.005 and currency in (
        "",
        amount.get("currencyCode"),
    )
