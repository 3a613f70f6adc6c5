"""Lets GitHub's workflows act as the deployer: without a key, or with one."""

from __future__ import annotations

from pathlib import Path

from deploy.project import Project
from deploy.setup.plan import POOL, Plan

ISSUER = "https://token.actions.githubusercontent.com"
_MAPPING = (
    "google.subject=assertion.sub,attribute.repository_id=assertion.repository_id"
)
_POOLS = ("iam", "workload-identity-pools")
_PROVIDERS = (*_POOLS, "providers")


def workload_identity(plan: Plan, cloud: Project) -> None:
    """Workflows of this one repository sign in with a token that lasts minutes; there is no key that can
    be stolen."""
    where = ("--location=global",)
    pool = _revived(_POOLS, POOL, where, cloud)
    if not pool:
        cloud.change(*_POOLS, "create", POOL, *where, "--display-name=GitHub")
    where = (f"--workload-identity-pool={POOL}", *where)
    settings = (
        f"--issuer-uri={ISSUER}",
        f"--attribute-mapping={_MAPPING}",
        f"--attribute-condition={plan.condition}",
    )
    if _revived(_PROVIDERS, plan.provider, where, cloud):
        update = ("update-oidc", plan.provider, *where, *settings, "--no-disabled")
        cloud.change(*_PROVIDERS, *update)
    else:
        cloud.change(*_PROVIDERS, "create-oidc", plan.provider, *where, *settings)
    cloud.bind(
        ("iam", "service-accounts"),
        plan.deployer,
        plan.workflows(cloud.number),
        "roles/iam.workloadIdentityUser",
    )


def key(plan: Plan, cloud: Project) -> None:
    """A key of the deployer, for those who cannot do without: it never expires, so replace it now and then."""
    if Path(plan.key).exists():
        cloud.to_do.append(
            f"{plan.key} exists and is taken for the deployer's key; delete it and run setup again for a new one."
        )
        return
    account = f"--iam-account={plan.deployer}"
    cloud.change("iam", "service-accounts", "keys", "create", plan.key, account)


def _revived(
    group: tuple[str, ...], name: str, where: tuple[str, ...], cloud: Project
) -> bool:
    """Tell whether a pool or provider exists; for thirty days the name of a deleted one is neither gone nor free."""
    found = cloud.look(*group, "describe", name, *where)
    if found and found.get("state") == "DELETED":
        cloud.change(*group, "undelete", name, *where)
    return bool(found)
