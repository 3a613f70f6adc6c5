"""Every gcloud command in the repository is accepted by gcloud's own linter."""

from __future__ import annotations

import os
import re
import shlex

from deploy.__main__ import main
from tests.conftest import PROJECT
from tests.deploy.lint import (
    commands_in,
    commands_in_markdown,
    lint,
    needs_gcloud,
)

pytestmark = needs_gcloud
REPOSITORY = PROJECT.parent
SETUP = ("setup", "--repository-id=1", "--billing-account=012345-6789AB-CDEF01")
MONITORING = ("monitoring", "--email=me@example.org", "--uptime")


def texts(*patterns: str):
    """The repository's files of these names."""
    for pattern in patterns:
        for path in sorted(REPOSITORY.glob(pattern)):
            if path.is_file():
                yield path.relative_to(REPOSITORY), path.read_text(encoding="utf-8")


def test_what_a_set_up_and_monitoring_call(service_environ, monkeypatch, gcloud):
    monkeypatch.setenv("GCP_DATA_BUCKET", "demo-data")
    assert main(list(SETUP)) == 0
    assert main(["setup", "--key=no-key.json", "--budget=12.50EUR"]) == 0
    assert main(list(MONITORING)) == 0
    deleted = {"state": "DELETED", "name": "x"}
    gcloud.put("iam workload-identity-pools", github=deleted)
    gcloud.put("iam workload-identity-pools providers", **{"repository-1": deleted})
    assert main([*SETUP, "--budget=11", "--no-previews"]) == 0
    assert main(list(MONITORING)) == 0
    commands = [shlex.join(["gcloud", *call["arguments"]]) for call in gcloud.calls]
    for verb in ("update-oidc", "undelete", "buckets update", "budgets update"):
        assert any(verb in command for command in commands)
    monkeypatch.setenv("PATH", os.environ["PATH"].partition(os.pathsep)[2])
    assert lint(commands) == []


def test_what_the_documentation_scripts_and_sentences_say():
    commands = []
    for path, text in texts("*.md", "project/docs/*.md"):
        commands += commands_in_markdown(text)
    assert commands
    for path, text in texts(
        ".github/**/*.yml", ".github/scripts/*", ".ci/*", "project/bin/*"
    ):
        commands += commands_in(text)
    for path, text in texts("project/deploy/**/*.py", "project/deploy/**/*.json"):
        # A sentence may go on in the next line of the code.
        found = commands_in_markdown(re.sub(r'"\n\s*f?"', "", text))
        commands += [command for command in found if "{" not in command]
    assert lint(commands) == []


def test_a_wrong_command_is_complained_about():
    wrong = [
        "gcloud run deploy s --image=i --no-such-flag",
        "gcloud run deploi s",
        "gcloud run deploy s --image=i --execution-environment=gen3",
        "gcloud artifacts repositories create r --location=us",
    ]
    complaints = lint(["gcloud projects list", *wrong])
    assert [one.partition(":")[0] for one in complaints] == wrong


def test_commands_are_found_among_what_a_shell_does_around_them():
    script = """
# gcloud in a comment
number=$(gcloud projects describe p --format='value(projectNumber)')
sed 's|a|b|' f | gcloud artifacts repositories list --project="$p" >/dev/null
gcloud run services describe s \\
  --region=r || exit 1
$ gcloud projects list 2>/dev/null
"""
    assert commands_in(script) == [
        "gcloud projects describe p --format='value(projectNumber)'",
        'gcloud artifacts repositories list --project="$p"',
        "gcloud run services describe s --region=r",
        "gcloud projects list",
    ]
