"""Lets GitHub's workflows act as the deployer: without a key, or with one."""

from __future__ import annotations

from pathlib import Path

from deploy.project import Project
from deploy.setup.plan import POOL, Plan

ISSUER = "https://token.actions.githubusercontent.com"
MAPPING = {
    "google.subject": "assertion.sub",
    "attribute.repository_id": "assertion.repository_id",
}

_POOLS = ("iam", "workload-identity-pools")
_PROVIDERS = (*_POOLS, "providers")


def project_number(plan: Plan, cloud: Project) -> None:
    """The project's number is part of the name by which GitHub's workflows are known."""
    cloud.find_number()


def workload_identity(plan: Plan, cloud: Project) -> None:
    """Workflows of this one repository sign in with a token that lasts minutes; there is no key that can
    be stolen."""
    _pool(cloud)
    _provider(plan, cloud)
    cloud.bind(
        ("iam", "service-accounts"),
        plan.deployer,
        plan.workflows(cloud.number),
        "roles/iam.workloadIdentityUser",
    )


def key(plan: Plan, cloud: Project) -> None:
    """A key of the deployer, for those who cannot go without: it never expires, so replace it now and then."""
    if not cloud.dry_run and Path(plan.key).exists():
        cloud.to_do.append(
            f"{plan.key} was there and is taken for the deployer's key; delete it and run setup again for a new one."
        )
        return
    cloud.change(
        "iam",
        "service-accounts",
        "keys",
        "create",
        plan.key,
        f"--iam-account={plan.deployer}",
    )


def _pool(cloud: Project) -> None:
    where = "--location=global"
    there = cloud.look(*_POOLS, "describe", POOL, where)
    if not there:
        cloud.change(*_POOLS, "create", POOL, where, "--display-name=GitHub")
    elif there.get("state") == "DELETED":
        # For thirty days the name of a deleted pool is neither gone nor free.
        cloud.change(*_POOLS, "undelete", POOL, where)


def _provider(plan: Plan, cloud: Project) -> None:
    where = (f"--workload-identity-pool={POOL}", "--location=global")
    settings = (
        f"--issuer-uri={ISSUER}",
        "--attribute-mapping="
        + ",".join(f"{name}={value}" for name, value in MAPPING.items()),
        f"--attribute-condition={plan.condition}",
    )
    there = cloud.look(*_PROVIDERS, "describe", plan.provider, *where)
    if not there:
        cloud.change(*_PROVIDERS, "create-oidc", plan.provider, *where, *settings)
        return
    if there.get("state") == "DELETED":
        cloud.change(*_PROVIDERS, "undelete", plan.provider, *where)
    if not _is_right(there, plan):
        cloud.change(
            *_PROVIDERS,
            "update-oidc",
            plan.provider,
            *where,
            *settings,
            "--no-disabled",
        )


def _is_right(provider: dict, plan: Plan) -> bool:
    return (
        provider.get("attributeCondition") == plan.condition
        and provider.get("attributeMapping") == MAPPING
        and provider.get("oidc", {}).get("issuerUri") == ISSUER
        and not provider.get("disabled")
    )
