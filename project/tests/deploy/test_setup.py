"""A set-up gives the fewest permissions, has the same outcome each time, and continues where it stopped."""

from __future__ import annotations

import re
import shlex
import subprocess

import pytest

from deploy import project
from deploy.__main__ import main
from tests.conftest import PROJECT

ALL = (
    "setup",
    "--repository-id=123",
    "--billing-account=012345-6789AB-CDEF01",
    "--budget=10EUR",
)
DEPLOYER = "serviceAccount:dashboard-deploy@demo-proj.iam.gserviceaccount.com"
ACCOUNT = "iam service-accounts dashboard"
RUNTIME = "serviceAccount:dashboard-run@demo-proj.iam.gserviceaccount.com"

pytestmark = pytest.mark.usefixtures("service_environ")


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """What was just created is known at once, or never."""
    monkeypatch.setattr(project.time, "sleep", lambda seconds: None)


@pytest.fixture
def with_bucket(monkeypatch):
    """The service keeps its data."""
    monkeypatch.setenv("GCP_DATA_BUCKET", "demo-data")


def roles(gcloud) -> set[tuple[str, ...]]:
    """Each member, its role, and on what."""
    return {tuple(binding) for binding in gcloud.state["bindings"]}


def test_each_account_gets_the_least_that_it_needs(gcloud, with_bucket):
    assert main(list(ALL)) == 0
    repository = (
        "principalSet://iam.googleapis.com/projects/4711/locations/global/workloadIdentityPools/github"
        "/attribute.repository_id/123"
    )
    assert roles(gcloud) == {
        (member, f"roles/{role}", resource)
        for member, role, resource in (
            (DEPLOYER, "artifactregistry.repoAdmin", "artifacts repositories gcr.io"),
            (DEPLOYER, "run.developer", "run services dashboard"),
            (DEPLOYER, "run.viewer", "projects demo-proj"),
            (DEPLOYER, "iam.serviceAccountUser", f"{ACCOUNT}-run"),
            (DEPLOYER, "iam.serviceAccountUser", f"{ACCOUNT}-preview"),
            (repository, "iam.workloadIdentityUser", f"{ACCOUNT}-deploy"),
            (RUNTIME, "secretmanager.secretAccessor", "secrets dashboard-reload-token"),
            (
                RUNTIME,
                "secretmanager.secretAccessor",
                "secrets dashboard-metrics-token",
            ),
            (RUNTIME, "storage.objectUser", "storage buckets gs://demo-data"),
            ("allUsers", "run.invoker", "run services dashboard"),
        )
    }


def test_a_second_set_up_creates_nothing_and_leaves_all_as_it_is(gcloud, with_bucket):
    assert main(list(ALL)) == 0
    assert len(gcloud.created) > 10
    before = gcloud.state
    gcloud.forget()
    assert main(list(ALL)) == 0
    assert gcloud.created == []
    assert gcloud.state["resources"] == before["resources"]
    assert gcloud.state["bindings"] == before["bindings"]


def test_another_choice_changes_the_provider_and_the_budget(gcloud, with_bucket):
    assert main(list(ALL)) == 0
    assert main([*ALL[:-1], "--budget=25EUR", "--no-previews"]) == 0
    resources = gcloud.state["resources"]
    (provider,) = resources["iam workload-identity-pools providers"].values()
    assert "pull_request" not in provider["condition"]
    (budget,) = resources["billing budgets"].values()
    assert budget["amount"] == "25EUR"


def test_a_bucket_that_others_may_read_is_closed(gcloud, with_bucket, capsys):
    gcloud.put("storage buckets", **{"gs://demo-data": {"name": "demo-data"}})
    assert main(list(ALL)) == 0
    (closed,) = [one for one in gcloud.changes if "storage buckets update" in one]
    assert "--public-access-prevention" in closed
    assert "no hierarchical namespace" in capsys.readouterr().err


def test_a_deleted_pool_and_provider_come_back(gcloud):
    gcloud.put("iam workload-identity-pools", github={"state": "DELETED"})
    gcloud.put(
        "iam workload-identity-pools providers",
        **{"repository-123": {"state": "DELETED"}},
    )
    assert main(list(ALL)) == 0
    undeleted = [one for one in gcloud.changes if "undelete" in one]
    assert len(undeleted) == 2
    gcloud.forget()
    assert main(list(ALL)) == 0
    assert not [one for one in gcloud.changes if "undelete" in one]


def test_only_tokens_of_this_repository_and_branch_are_accepted(gcloud):
    assert main([*ALL, "--branch=release/1", "--no-previews"]) == 0
    (created,) = [one for one in gcloud.changes if "create-oidc" in one]
    assert (
        "--attribute-condition=assertion.repository_id == '123' && assertion.ref == 'refs/heads/release/1' "
        "&& assertion.environment == 'production'" in created
    )
    assert "--issuer-uri=https://token.actions.githubusercontent.com " in created


def test_no_secret_is_shown_and_none_is_made_twice(gcloud, capsys):
    assert main(list(ALL)) == 0
    given = [call for call in gcloud.calls if "--data-file=-" in call["arguments"]]
    values = [call["stdin"] for call in given]
    assert len(set(values)) == 2 and all(len(value) == 43 for value in values)
    said = "".join(capsys.readouterr())
    on_command_lines = " ".join(gcloud.commands)
    assert not [value for value in values if value in said or value in on_command_lines]


def test_a_secret_that_comes_from_somewhere_else_is_not_generated(
    gcloud, monkeypatch, capsys
):
    monkeypatch.setenv("GCP_SECRETS", "RELOAD_TOKEN=a:latest,API_TOKEN=b:latest")
    assert main(list(ALL)) == 0
    added = [one for one in gcloud.changes if "versions add" in one]
    assert len(added) == 1 and " a " in added[0]
    assert "give API_TOKEN its value" in capsys.readouterr().err


def test_a_secret_without_a_value_gets_one(gcloud):
    gcloud.put("secrets", **{"dashboard-reload-token": {"name": "x"}})
    assert main(list(ALL)) == 0
    assert [one for one in gcloud.changes if "add dashboard-reload-token" in one]
    assert not [one for one in gcloud.changes if "create dashboard-reload" in one]


@pytest.mark.parametrize(
    "failing",
    [
        "repositories create",
        "service-accounts create dashboard-run",
        "versions add dashboard-metrics",
        "buckets add-iam",
        "run deploy",
        "providers create-oidc",
        "budgets create",
    ],
)
def test_it_tells_how_far_it_came_and_goes_on_from_there(
    gcloud, with_bucket, capsys, failing
):
    gcloud.fail(failing, "INTERNAL: something broke", 500)
    assert main(list(ALL)) == 1
    error = capsys.readouterr().err
    assert "something broke" in error
    assert "goes on" in error
    created = gcloud.created[:-1]
    gcloud.forget()
    assert main(list(ALL)) == 0
    assert not set(created) & set(gcloud.created), "created twice"
    gcloud.forget()
    assert main(list(ALL)) == 0
    assert gcloud.created == []


@pytest.mark.parametrize(
    ("failing", "message", "code", "sentence"),
    [
        (
            "projects describe",
            "[a@b] does not have permission to access projects instance [demo-proj] (or it may not exist)",
            403,
            "There is no project 'demo-proj', or the account may not see it",
        ),
        (
            "services enable",
            "FAILED_PRECONDITION: Billing must be enabled.\n- violations:\n  reason: UREQ_PROJECT_BILLING_NOT_FOUND",
            400,
            "no billing account",
        ),
        (
            "services enable",
            "PERMISSION_DENIED: Permission denied to enable service [run.googleapis.com]",
            403,
            "run by an owner of the project",
        ),
        (
            "member=allUsers",
            "FAILED_PRECONDITION: One or more users do not belong to a permitted customer",
            400,
            "allowedPolicyMemberDomains",
        ),
        ("services enable", "Service Unavailable", 503, "cannot be reached"),
    ],
)
def test_what_google_refuses_becomes_a_sentence(
    gcloud, capsys, failing, message, code, sentence
):
    gcloud.fail(failing, message, code)
    assert main(list(ALL)) == 1
    assert sentence in capsys.readouterr().err


def test_an_account_that_is_not_known_everywhere_yet_is_waited_for(gcloud, monkeypatch):
    gcloud.fail(
        "repoAdmin",
        "INVALID_ARGUMENT: Service account dashboard-deploy does not exist.",
    )
    waited = []

    def sleep(seconds):
        waited.append(seconds)
        if len(waited) == 3:
            gcloud.write(failures={})

    monkeypatch.setattr(project.time, "sleep", sleep)
    assert main(list(ALL)) == 0
    assert len(waited) == 3


def test_the_registry_of_another_continent_is_where_its_host_name_leads(
    gcloud, monkeypatch
):
    monkeypatch.setenv("GCP_REGISTRY", "eu.gcr.io")
    assert main(list(ALL)) == 0
    (created,) = [one for one in gcloud.changes if "repositories create" in one]
    assert " eu.gcr.io --location=europe " in created


def test_it_prints_what_to_set_on_github(gcloud, with_bucket, capsys):
    assert main(list(ALL)) == 0
    said = capsys.readouterr().out
    assert (
        "gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER --body projects/4711/locations/global/workloadIdentityPools/"
        "github/providers/repository-123\n" in said
    )
    for name in ("GCP_PROJECT_ID", "GCP_APP_NAME", "GCP_EMAIL"):
        assert f"gh secret set {name} --body " in said
    for name in ("GCP_SERVICE_ACCOUNT", "GCP_SECRETS", "GCP_DATA_BUCKET"):
        assert f"gh variable set {name} --body " in said


@pytest.mark.parametrize("by_key", [False, True])
def test_without_previews_pull_requests_find_nothing_that_is_set(
    gcloud, with_bucket, tmp_path, capsys, by_key
):
    way = f"--key={tmp_path}/key.json" if by_key else "--repository-id=123"
    assert main(["setup", way, "--no-previews"]) == 0
    said = capsys.readouterr().out.splitlines()
    lines = [line for line in said if line.startswith("gh ")]
    (url,) = [line for line in lines if "GCP_URL" in line]
    # The weekly look at the live address runs in no environment.
    assert "--env" not in url
    lines.remove(url)
    assert len(lines) == 8
    assert all(" --env production " in line for line in lines)
    assert any("secret set GCP_CREDENTIALS " in line for line in lines) == by_key


def test_with_previews_a_pull_request_is_believed_in_its_environment_only(gcloud):
    assert main(list(ALL)) == 0
    (created,) = [one for one in gcloud.changes if "--attribute-condition" in one]
    assert (
        "assertion.repository_id == '123' && (assertion.ref == 'refs/heads/main' "
        "&& assertion.environment == 'production' || assertion.environment == 'preview')"
        in created
    )


def test_with_previews_what_is_set_is_the_repositorys(gcloud, capsys):
    assert main(list(ALL)) == 0
    assert "--env" not in capsys.readouterr().out


def test_a_key_is_made_only_on_demand_and_never_over_another(gcloud, tmp_path, capsys):
    key = tmp_path / "key.json"
    assert main(["setup", f"--key={key}"]) == 0
    (made,) = [one for one in gcloud.changes if "keys create" in one]
    assert f"{key} --iam-account=dashboard-deploy@" in made
    assert not [one for one in gcloud.changes if "workload-identity" in one]
    assert f"gh secret set GCP_CREDENTIALS < {key} && rm {key}" in (
        capsys.readouterr().out
    )
    key.write_text("{}")
    gcloud.forget()
    assert main(["setup", f"--key={key}"]) == 0
    assert gcloud.created == []
    assert key.read_text() == "{}"


@pytest.mark.parametrize(
    ("arguments", "environ", "sentence"),
    [
        (["setup"], {}, "Say how GitHub signs in"),
        (
            ["setup", "--repository-id=owner/name"],
            {},
            "must be the repository's number",
        ),
        ([*ALL, "--branch=a'b"], {}, "must be the name of a branch"),
        ([*ALL, "--budget=ten"], {}, "must be an amount"),
        ([*ALL, "--billing-account=mine"], {}, "must be like 0X0X0X"),
        (ALL, {"GCP_EMAIL": "me@example.org"}, "GCP_EMAIL is 'me@example.org'"),
        (
            ALL,
            {"GCP_APP_NAME": "a-very-long-name-of-a-service"},
            "set GCP_EMAIL to NAME@demo-proj",
        ),
        (ALL, {"GCP_REGISTRY": "localhost:5000"}, "setup knows gcr.io"),
        (ALL, {"GCP_PROJECT_ID": ""}, "GCP_PROJECT_ID is missing or empty"),
    ],
)
def test_what_cannot_be_made_is_refused_before_anything_is_touched(
    gcloud, monkeypatch, capsys, arguments, environ, sentence
):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert main(list(arguments)) == 1
    assert sentence in capsys.readouterr().err
    assert gcloud.calls == []


def test_a_dry_run_changes_nothing_and_prints_the_commands_that_would(
    gcloud, with_bucket, capsys
):
    before = gcloud.state["resources"]
    assert main([*ALL, "--dry-run"]) == 0
    assert gcloud.changes == []
    assert gcloud.state["resources"] == before
    lines = capsys.readouterr().out.splitlines()
    printed = [
        shlex.split(line, comments=True) for line in lines if line.startswith("gcloud ")
    ]
    gcloud.forget()
    assert main(list(ALL)) == 0
    done = [
        ["gcloud", *call["arguments"]] for call in gcloud.calls if not call["reads"]
    ]
    assert printed == done
    assert main([*ALL, "--dry-run"]) == 0
    assert " create" not in capsys.readouterr().out


def test_the_command_itself_sets_a_project_up(gcloud):
    done = subprocess.run(
        [PROJECT / "bin" / "deploy", "setup", "--repository-id=123"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "gh variable set GCP_WORKLOAD_IDENTITY_PROVIDER" in done.stdout
    assert len(gcloud.changes) > 15


def test_every_step_says_why_in_one_sentence(gcloud, capsys):
    assert main([*ALL, "--dry-run"]) == 0
    said = capsys.readouterr().err.splitlines()
    reasons = [line for line in said if line.startswith("# ")]
    assert len(reasons) == 8
    assert all(re.fullmatch(r"# [A-Z].*[a-z]\.", line) for line in reasons)
