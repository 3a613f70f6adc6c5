"""Fakes of the actions that the workflows use: each does as much as the jobs rely on, and takes no other inputs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

from tests.workflows.steps import ActionFailed, Steps


def checkout(job: Steps, *, persist_credentials: str) -> None:
    """Copy the files of the working tree; no history and no credentials."""
    assert persist_credentials == "false"
    repository = job.repository
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        + ["--", *repository.paths],
        cwd=repository.root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        source, target = repository.root / name, job.workspace / name
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
    for name, text in repository.replaced.items():
        path = job.workspace / name
        if path.exists():
            path.rename(path.with_name(f"{path.name}.real"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)


def upload(
    job: Steps,
    *,
    name: str,
    path: str,
    if_no_files_found: str,
    retention_days: str,
    compression_level: str = "6",
) -> None:
    """Keep a file, or all that is in a folder, for later jobs."""
    source, target = job.workspace / path, job.artifacts / name
    if not source.exists():
        raise ActionFailed(f"{source.name} does not exist.")
    if target.exists():
        raise ActionFailed(f"There is already an artifact {name}.")
    if source.is_dir():
        shutil.copytree(source, target)
        return
    target.mkdir(parents=True)
    shutil.copy2(source, target)


def download(job: Steps, *, name: str, path: str = ".") -> None:
    """Get what an earlier job kept."""
    source = job.artifacts / name
    if not source.exists():
        raise ActionFailed(f"There is no artifact {name}.")
    shutil.copytree(source, job.workspace / path, dirs_exist_ok=True)


def authenticate(
    job: Steps,
    *,
    project_id: str,
    workload_identity_provider: str = "",
    service_account: str = "",
    credentials_json: str = "",
) -> None:
    """Write a file of credentials into the workspace, as the action does, and remove it when the job ends."""
    if bool(workload_identity_provider) == bool(credentials_json):
        raise ActionFailed(
            "Give just one of workload_identity_provider and credentials_json."
        )
    if workload_identity_provider and not service_account:
        raise ActionFailed("A service_account must be specified.")
    file = job.workspace / "gha-creds-0123456789abcdef.json"
    file.write_text("{}")
    job.cleanups.append(file.unlink)
    job.environ["GOOGLE_GHA_CREDS_PATH"] = str(file)
    job.environ["CLOUDSDK_CORE_PROJECT"] = project_id


def set_up_gcloud(job: Steps, *, version: str, install_components: str) -> None:
    """Do nothing: gcloud is installed, or not needed."""


def list_contents(
    job: Steps,
    *,
    image: str,
    format: str,
    output_file: str,
    upload_artifact: str,
    upload_release_assets: str,
    dependency_snapshot: str,
) -> None:
    """Write an empty list of what the image holds."""
    _require_image_alone(job, image)
    file = job.workspace / output_file
    file.write_text(json.dumps({"spdxVersion": "SPDX-2.3", "packages": []}))


def scan(
    job: Steps,
    *,
    image: str,
    only_fixed: str,
    severity_cutoff: str,
    fail_build: str,
    output_format: str,
) -> None:
    """Find nothing in the image."""
    _require_image_alone(job, image)


def attest(
    job: Steps,
    *,
    subject_name: str,
    subject_digest: str,
    push_to_registry: str,
    sbom_path: str = "",
) -> None:
    """Check that what is attested exists."""
    if not subject_digest.startswith("sha256:"):
        raise ActionFailed("subject-digest must be like sha256:…")
    if sbom_path and not (job.workspace / sbom_path).is_file():
        raise ActionFailed(f"{sbom_path} does not exist.")


def zap_baseline(
    job: Steps,
    *,
    target: str,
    docker_name: str,
    rules_file_name: str,
    cmd_options: str,
    fail_action: str,
    allow_issue_writing: str,
) -> None:
    """Find nothing."""


def _require_image_alone(job: Steps, image: str) -> None:
    kind, _, path = image.partition(":")
    if kind != "oci-archive" or not (job.workspace / path).is_file():
        raise ActionFailed(f"{image} is not an image.")
    found = {path.name for path in job.workspace.iterdir()}
    assert found <= {path, "sbom.spdx.json"}, "A scanner has nothing else beside it."


ACTIONS: dict[str, Callable[..., dict[str, str] | None]] = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload,
    "actions/download-artifact": download,
    "actions/attest": attest,
    "anchore/sbom-action": list_contents,
    "anchore/scan-action": scan,
    "google-github-actions/auth": authenticate,
    "google-github-actions/setup-gcloud": set_up_gcloud,
    "zaproxy/action-baseline": zap_baseline,
}
