"""Makes the service accounts, and gives each the least that it needs."""

from __future__ import annotations

from deploy.project import Project
from deploy.setup.plan import Plan


def service_accounts(plan: Plan, cloud: Project) -> None:
    """Three accounts, so that none has a permission that only another one needs: one deploys, the service runs as the
    second, previews of pull requests as the third, which has none at all."""
    names = {
        plan.deployer: f"Deploys {plan.app}",
        plan.runtime: f"Runs {plan.app}",
        plan.preview: f"Runs previews of {plan.app}",
    }
    group = ("iam", "service-accounts")
    for email, name in names.items():
        if not cloud.look(*group, "describe", email):
            account = email.partition("@")[0]
            cloud.change(*group, "create", account, f"--display-name={name}")


def roles_of_the_deployer(plan: Plan, cloud: Project) -> None:
    """The deployer can push, tag and delete images, change this one service, see what runs in the project, and let the
    service run as its two accounts; nothing else."""
    member = f"serviceAccount:{plan.deployer}"
    repository, location = plan.repository
    cloud.bind(
        ("artifacts", "repositories"),
        repository,
        member,
        "roles/artifactregistry.repoAdmin",
        location,
    )
    region = f"--region={plan.config.region}"
    cloud.bind(("run", "services"), plan.app, member, "roles/run.developer", region)
    # Services and revisions can only be listed by those who may see them in the whole project.
    cloud.bind(("projects",), plan.project, member, "roles/run.viewer")
    for account in (plan.runtime, plan.preview):
        cloud.bind(
            ("iam", "service-accounts"),
            account,
            member,
            "roles/iam.serviceAccountUser",
        )
