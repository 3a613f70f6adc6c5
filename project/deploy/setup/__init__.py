"""Sets a project up, once: all that a release needs, with the least rights; safe to run again."""

from __future__ import annotations

import sys

from deploy import DeployError
from deploy.config import Config
from deploy.project import Project
from deploy.setup import access, accounts, places
from deploy.setup.plan import Plan
from deploy.setup.result import what_to_set_on_github

# In this order: what a step needs is made by one before it. Each tells why by its docstring.
STEPS = (
    access.project_number,
    places.apis,
    places.registry,
    places.cleanup_policy,
    accounts.service_accounts,
    places.secrets,
    places.bucket,
    places.service,
    accounts.rights_of_the_deployer,
    access.workload_identity,
    access.key,
    places.budget,
)


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="ask nobody and change nothing; print every command for an empty project, ready to be copied",
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
        help="instead, write a key of the deployer that never expires (not recommended: whoever has it may deploy)",
    )
    parser.add_argument(
        "--branch",
        default="main",
        help="the branch whose workflows may deploy (main)",
    )
    parser.add_argument(
        "--no-previews",
        action="store_true",
        help="workflows of pull requests get no access at all, only those in the environment production",
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
    """Go through the steps; each leaves alone what is there and right."""
    plan = Plan.of(Config.from_environ(), arguments)
    cloud = Project(plan.project, arguments.dry_run)
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
    for line in what_to_set_on_github(plan, cloud):
        print(line, flush=True)
    for sentence in cloud.to_do:
        print(f"# Still to do: {sentence}", file=sys.stderr, flush=True)


def _why(step) -> str:
    return " ".join(step.__doc__.partition("\n\n")[0].split())


def _how_far(done: list[str]) -> str:
    if not done:
        return "Nothing was set up."
    return (
        f"Done before that: {', '.join(done)}. Run the same command again when it is mended: "
        "it leaves alone what is there, and goes on."
    )
