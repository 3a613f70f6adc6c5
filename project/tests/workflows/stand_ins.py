"""What is done here in place of each action that the workflows use: as much of it as the jobs rely on."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

from tests.workflows.steps import Action, ActionFailed


def checkout(action: Action) -> None:
    """Copy the files of the working tree; no history and no credentials."""
    assert action.inputs.get("persist-credentials") == "false"
    root, workspace = action.scope.root, action.scope.workspace
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        + ["--", *action.scope.paths],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (root / name).is_file():
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, workspace / name)
    for name, text in action.scope.replaced.items():
        path = workspace / name
        if path.exists():
            path.rename(path.with_name(f"{path.name}.real"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def upload(action: Action) -> None:
    """Keep a file for later jobs."""
    source = action.scope.workspace / action.inputs["path"]
    if not source.is_file():
        raise ActionFailed(f"{source.name} is not there.")
    target = action.scope.artifacts / action.inputs["name"]
    if target.exists():
        raise ActionFailed(f"There is an artifact {target.name} already.")
    target.mkdir(parents=True)
    shutil.copy2(source, target)


def download(action: Action) -> dict[str, str]:
    """Get what an earlier job kept."""
    source = action.scope.artifacts / action.inputs["name"]
    if not source.exists():
        raise ActionFailed(f"There is no artifact {source.name}.")
    target = action.scope.workspace / action.inputs.get("path", ".")
    shutil.copytree(source, target, dirs_exist_ok=True)
    return {"download-path": str(target)}


def authenticate(action: Action) -> dict[str, str]:
    """Write a file of credentials into the workspace, as the action does, and remove it when the job ends."""
    keyless = action.inputs.get("workload_identity_provider", "")
    key = action.inputs.get("credentials_json", "")
    if bool(keyless) == bool(key):
        raise ActionFailed(
            "The action must specify exactly one of workload_identity_provider or credentials_json."
        )
    if keyless and not action.inputs.get("service_account"):
        raise ActionFailed("A service_account must be specified.")
    file = action.scope.workspace / "gha-creds-0123456789abcdef.json"
    kind = "external_account" if keyless else "service_account"
    file.write_text(json.dumps({"type": kind}))
    action.scope.at_the_end.append(file.unlink)
    action.export("GOOGLE_GHA_CREDS_PATH", str(file))
    action.export("CLOUDSDK_CORE_PROJECT", action.inputs["project_id"])
    return {"credentials_file_path": str(file)}


def list_contents(action: Action) -> None:
    """Write an empty list of what the image holds."""
    _need_image(action)
    file = action.scope.workspace / action.inputs["output-file"]
    file.write_text(json.dumps({"spdxVersion": "SPDX-2.3", "packages": []}))


def scan(action: Action) -> None:
    """Find nothing in the image."""
    _need_image(action)


def attest(action: Action) -> None:
    """Check that what is attested is there."""
    if not action.inputs["subject-digest"].startswith("sha256:"):
        raise ActionFailed("subject-digest must be like sha256:…")
    path = action.inputs.get("sbom-path")
    if path and not (action.scope.workspace / path).is_file():
        raise ActionFailed(f"{path} is not there.")


def nothing(action: Action) -> None:
    """Do nothing: what it is given is recorded."""


def _need_image(action: Action) -> None:
    kind, _, path = action.inputs["image"].partition(":")
    if kind != "oci-archive" or not (action.scope.workspace / path).is_file():
        raise ActionFailed(f"{action.inputs['image']} is no image.")
    found = {path.name for path in action.scope.workspace.iterdir()}
    assert found <= {path, "sbom.spdx.json"}, "A scanner runs beside nothing else."


STAND_INS: dict[str, Callable[[Action], dict[str, str] | None]] = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
    "actions/attest": attest,
    "anchore/sbom-action": list_contents,
    "anchore/scan-action": scan,
    "google-github-actions/auth": authenticate,
    "google-github-actions/setup-gcloud": nothing,
    "zaproxy/action-baseline": nothing,
}
