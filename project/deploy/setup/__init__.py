"""Sets up a project, once: all that a release needs, with the fewest permissions; safe to run again."""

from __future__ import annotations

import sys

from deploy import DeployError
from deploy.config import Config
from deploy.project import Project
from deploy.setup import github_access, resources, service_accounts
from deploy.setup.github_settings import what_to_set_on_github
from deploy.setup.plan import Plan

# In this order: what a step needs is made by one before it. The docstring of each is printed as its reason.
STEPS = (
    resources.apis,
    resources.registry,
    service_accounts.service_accounts,
    resources.secrets,
    resources.bucket,
    resources.service,
    service_accounts.roles_of_the_deployer,
    github_access.workload_identity,
    github_access.key,
    resources.budget,
)


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="change nothing; print the commands that would",
    )
    signing_in = parser.add_mutually_exclusive_group()
    signing_in.add_argument(
        "--repository-id",
        metavar="NUMBER",
        help="let this repository's workflows deploy without a key: `gh api repos/OWNER/NAME --jq .id` prints it",
    )
    signing_in.add_argument(
        "--key",
        metavar="FILE",
        help="instead, write a key of the deployer that never expires (not recommended: anybody who has it can deploy)",
    )
    parser.add_argument(
        "--branch",
        default="main",
        help="the branch whose workflows can deploy (main)",
    )
    parser.add_argument(
        "--no-previews",
        action="store_true",
        help="give workflows of pull requests no access at all, only those in the environment production",
    )
    parser.add_argument(
        "--billing-account",
        metavar="ID",
        help="mail its administrators when the budget is spent: `gcloud billing accounts list` prints it",
    )
    parser.add_argument(
        "--budget",
        default="10",
        metavar="AMOUNT",
        help="a month's budget in the account's currency: 10, or 10EUR (10)",
    )


def run(arguments) -> None:
    """Go through the steps; each creates only what does not exist."""
    plan = Plan.of(Config.from_environ(), arguments)
    cloud = Project(plan.project, arguments.dry_run)
    # Asked for first: without a project there is nothing to set up.
    number = cloud.number
    done: list[str] = []
    for step in STEPS:
        if not plan.wants(step.__name__):
            continue
        print(f"# {_why(step)}", file=sys.stderr, flush=True)
        try:
            step(plan, cloud)
        except DeployError as error:
            raise DeployError(f"{error}\n{_how_far(done)}") from error
        done.append(step.__name__.replace("_", " "))
    for line in what_to_set_on_github(plan, number):
        print(line, flush=True)
    for sentence in cloud.to_do:
        print(f"# Still to do: {sentence}", file=sys.stderr, flush=True)


def _why(step) -> str:
    return " ".join(step.__doc__.partition("\n\n")[0].split())


def _how_far(done: list[str]) -> str:
    if not done:
        return "Nothing was set up."
    return (
        f"Done before that: {', '.join(done)}. Run the same command again when that is fixed: "
        "it creates only what is missing, and goes on."
    )
