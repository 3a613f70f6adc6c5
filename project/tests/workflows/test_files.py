"""What must hold for every file in .github: pins, permissions, commands and documentation."""

from __future__ import annotations

import json
import os
import re
import shlex

import pytest

from tests.workflows.conftest import ROOT, WORKFLOWS
from tests.workflows.expressions import names_in
from tests.workflows.runner import load

FILES = sorted(ROOT.glob(".github/workflows/*.yml"))
COMPOSITES = sorted(ROOT.glob(".github/actions/*/action.yml"))


def jobs():
    """Every job with its file, and a name to print."""
    return [
        pytest.param(path, job, id=f"{path.stem}-{name}")
        for path in FILES
        for name, job in load(path)["jobs"].items()
    ]


def steps():
    """Every step, those of the repository's own actions too."""
    described = [
        (path, job["steps"]) for path in FILES for job in load(path)["jobs"].values()
    ]
    described += [(path, load(path)["runs"]["steps"]) for path in COMPOSITES]
    return [
        pytest.param(step, id=f"{path.stem}-{step['name']}")
        for path, several in described
        for step in several
    ]


def using():
    """Every step that uses an action."""
    return [each for each in steps() if "uses" in each.values[0]]


def running():
    """Every step that runs a command."""
    return [each for each in steps() if "run" in each.values[0]]


def test_an_action_is_pinned_by_one_commit_with_its_version_behind_it():
    text = "".join(path.read_text() for path in [*FILES, *COMPOSITES])
    uses = re.findall(r"uses: (?!\$/)(.*)", text)
    pins = {re.fullmatch(r"(\S+)@[0-9a-f]{40} # v\d\S*", use)[1]: use for use in uses}
    assert set(pins.values()) == set(uses)


def test_gcloud_has_the_component_by_which_a_release_mounts_the_bucket():
    (install,) = [
        step.values[0] for step in using() if "setup-gcloud@" in step.values[0]["uses"]
    ]
    assert install["with"]["install_components"] == "beta"


@pytest.mark.parametrize("step", running())
def test_a_step_is_one_call_of_a_script_of_the_repository(step):
    command = step["run"]
    assert "\n" not in command.strip()
    assert not set(re.sub(r'"[^"]*"|\$\{[^}]*\}', "", command)) & set(";&|<>`")
    script = ROOT / shlex.split(command.removeprefix("exec "))[0]
    assert script.is_relative_to(ROOT) and script.is_file(), script
    assert os.access(script, os.X_OK), script


@pytest.mark.parametrize("path, job", jobs())
def test_a_job_has_just_the_rights_it_names_and_a_limit_of_time(path, job):
    assert load(path)["permissions"] == {}
    assert "permissions" in job
    writes = {key for key, value in job["permissions"].items() if value == "write"}
    allowed = {"id-token", "attestations", "pull-requests"}
    if path.stem == "challenge" and job["name"] == "Open the pull request":
        allowed = {"contents", "pull-requests"}
    assert writes <= allowed
    assert job["timeout-minutes"] <= 60
    assert job["runs-on"] == "ubuntu-24.04"


@pytest.mark.parametrize("path, job", jobs())
def test_secrets_go_only_to_jobs_of_an_environment(path, job):
    uses_secrets = "secrets." in json.dumps(job)
    assert uses_secrets == ("environment" in job)


@pytest.mark.parametrize("path, job", jobs())
def test_third_party_programs_never_run_beside_secrets(path, job):
    names = {step.get("uses", "").partition("@")[0] for step in job["steps"]}
    if names & {
        "anchore/sbom-action",
        "anchore/scan-action",
        "zaproxy/action-baseline",
    }:
        text = json.dumps(job)
        assert "secrets." not in text and "github.token" not in text
        assert "id-token" not in job["permissions"]


@pytest.mark.parametrize("path, job", jobs())
def test_what_changes_the_service_waits_for_its_turn(path, job):
    if commands(job, "push|release|rollback|preview|prune"):
        assert job["concurrency"] == {
            "group": "deploy",
            "queue": "max",
            "cancel-in-progress": False,
        }


@pytest.mark.parametrize("path, job", jobs())
def test_what_shifts_traffic_is_a_deployment_to_production_that_is_undone_if_cancelled(
    path, job
):
    for number, command in commands(job, "release|rollback"):
        assert job["environment"] == {"name": "production"}
        assert command.startswith("exec ")
        assert job["steps"][number + 1]["run"] == "project/bin/deploy restore"
        assert "always()" in job["steps"][number + 1]["if"]


def commands(job: dict, names: str) -> list[tuple[int, str]]:
    """The steps of a job that call a command of project/bin/deploy, with their positions."""
    steps = [step.get("run", "") for step in job["steps"]]
    return [
        (number, run)
        for number, run in enumerate(steps)
        if re.search(f"bin/deploy ({names})", run)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_runs_on_main_for_a_pull_request_uses_nothing_of_it_but_numbers(path):
    if "pull_request_target" in load(path)["on"]:
        text = path.read_text()
        used = {name for name in names_in(text) if name.startswith("github.event.")}
        assert used == {"github.event.number"}
        for job in load(path)["jobs"].values():
            condition = (
                "github.event.pull_request.head.repo.full_name == github.repository"
            )
            assert job["if"] == condition
            checkout = job["steps"][0]
            assert checkout["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("path, job", jobs())
def test_what_other_jobs_made_cannot_replace_the_scripts(path, job):
    names = [step.get("uses", "").partition("@")[0] for step in job["steps"]]
    if "actions/checkout" in names:
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/download-artifact@"):
                assert step["with"]["path"] == "received"


def test_a_release_knows_every_variable_that_the_configuration_reads():
    from deploy.config import Config

    fields = {f"GCP_{name.upper()}" for name in Config.__dataclass_fields__}
    main = load(WORKFLOWS / "main.yml")["jobs"]
    (check,) = [step for step in main["check"]["steps"] if "run" in step]
    assert fields <= set(check["env"])
    assert fields - {"GCP_PREVIEW_ACCOUNT"} <= set(main["deploy"]["env"])


def test_every_secret_and_variable_is_documented():
    used = {
        name
        for path in [*FILES, *COMPOSITES]
        for name in names_in(path.read_text())
        if name.startswith(("secrets.", "vars."))
    }
    used |= {
        f"vars.{name}"
        for path in FILES
        for name in re.findall(r"if: vars\.(\w+)", path.read_text())
    }
    documented = (ROOT / "project/docs/operations.md").read_text()
    missing = [name for name in used if f"`{name.partition('.')[2]}`" not in documented]
    assert len(used) > 10 and not missing


def test_the_rules_for_the_live_address_can_be_read():
    lines = (ROOT / ".github/zap-rules.tsv").read_text().splitlines()
    rules = [line.split("\t") for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"\d{5}", rule[0]) for rule in rules)
    assert {rule[1] for rule in rules} == {"FAIL", "IGNORE"}
    assert {len(rule) for rule in rules} == {3}


def test_dependabot_looks_after_everything_that_is_pinned():
    updates = load(ROOT / ".github/dependabot.yml")["updates"]
    kinds = {update["package-ecosystem"] for update in updates}
    assert kinds == {"github-actions", "pip", "docker"}
    for update in updates:
        assert update["groups"] and update["cooldown"]["default-days"] >= 7
        for folder in update.get("directories", [update.get("directory")]):
            assert list(ROOT.glob(folder.strip("/") or "*")), folder


def test_owners_are_told_for_folders_that_exist():
    lines = (ROOT / ".github/CODEOWNERS").read_text().splitlines()
    rules = [line.split() for line in lines if line and not line.startswith("#")]
    assert rules[0][0] == "*"
    for pattern, *owners in rules:
        assert owners and all(owner.startswith("@") for owner in owners)
        assert list(ROOT.glob(pattern.strip("/"))), pattern


def test_main_takes_nothing_that_was_not_reviewed_tested_and_scanned():
    rules = json.loads((ROOT / ".github/ruleset.json").read_text())["rules"]
    parameters = {rule["type"]: rule.get("parameters", {}) for rule in rules}
    assert {"deletion", "non_fast_forward"} <= set(parameters)
    assert parameters["pull_request"]["require_code_owner_review"]
    checks = parameters["required_status_checks"]["required_status_checks"]
    names = {job["name"] for job in load(WORKFLOWS / "main.yml")["jobs"].values()}
    assert {check["context"] for check in checks} <= names
