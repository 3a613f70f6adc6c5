"""What a set-up makes: names, derived from the configuration and the arguments, and checked."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from deploy import DeployError
from deploy.config import Config

# Roles on the service can only be given once it exists, so a placeholder runs until the first release.
PLACEHOLDER_IMAGE = "us-docker.pkg.dev/cloudrun/container/hello"
PLACEHOLDER_SUFFIX = "placeholder"
POOL = "github"
# The variables whose secrets are generated here; the value of any other comes from somewhere else.
GENERATED = ("RELOAD_TOKEN", "METRICS_TOKEN")

_REGISTRY = "-docker.pkg.dev"
_ACCOUNT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_BUDGET = re.compile(r"\d+(\.\d{1,2})?([A-Z]{3})?")
_BILLING_ACCOUNT = re.compile(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}")
_BRANCH = re.compile(r"[A-Za-z0-9._/-]+")


@dataclass(frozen=True)
class Secret:
    """A variable of the service, and the secret in Secret Manager that holds its value."""

    variable: str
    name: str
    version: str = "latest"

    @classmethod
    def of(cls, entry: str) -> Secret:
        """Read an entry of ``GCP_SECRETS``."""
        variable, _, rest = entry.partition("=")
        name, _, version = rest.partition(":")
        return cls(variable, name, version or "latest")

    def __str__(self) -> str:
        return f"{self.variable}={self.name}:{self.version}"


@dataclass(frozen=True)
class Plan:
    """All that the steps need to know."""

    config: Config
    # Addresses of the accounts that deploy, that the service runs as, and that previews run as.
    deployer: str
    runtime: str
    preview: str
    secrets: tuple[Secret, ...]
    repository_id: str
    key: str
    branch: str
    previews: bool
    billing_account: str
    budget: str

    @classmethod
    def of(cls, config: Config, arguments) -> Plan:
        """Derive the names, and refuse what cannot be made.

        Parameters
        ----------
        config : Config
        arguments : argparse.Namespace

        Returns
        -------
        Plan

        Raises
        ------
        DeployError
            An argument is missing or wrong, or a name is too long.
        """
        app = config.app_name
        entries = config.secret_list or [
            f"RELOAD_TOKEN={app}-reload-token:latest",
            f"METRICS_TOKEN={app}-metrics-token:latest",
        ]
        plan = cls(
            config=config,
            deployer=_account(
                config, "GCP_EMAIL", os.environ.get("GCP_EMAIL", "").strip(), "deploy"
            ),
            runtime=_account(
                config, "GCP_SERVICE_ACCOUNT", config.service_account, "run"
            ),
            preview=_account(
                config, "GCP_PREVIEW_ACCOUNT", config.preview_account, "preview"
            ),
            secrets=tuple(Secret.of(entry) for entry in entries),
            repository_id=arguments.repository_id or "",
            key=arguments.key or "",
            branch=arguments.branch,
            previews=not arguments.no_previews,
            billing_account=(arguments.billing_account or "").removeprefix(
                "billingAccounts/"
            ),
            budget=arguments.budget,
        )
        plan._check()
        return plan

    def _check(self) -> None:
        parts = self.config.package.split("/")
        if len(parts) != 4 or not parts[0].endswith(_REGISTRY):
            raise DeployError(
                f"GCP_REGISTRY is {self.config.registry!r}, but setup knows gcr.io, us.gcr.io, eu.gcr.io and "
                "asia.gcr.io, or a repository of Artifact Registry."
            )
        if not self.repository_id and not self.key:
            raise DeployError(
                "Say how GitHub signs in: --repository-id NUMBER (recommended; `gh api repos/OWNER/NAME --jq .id` "
                "prints it) or --key FILE."
            )
        if self.repository_id and not self.repository_id.isdecimal():
            raise DeployError(
                f"--repository-id is {self.repository_id!r}, but must be the repository's number, which stays "
                "when it is renamed: `gh api repos/OWNER/NAME --jq .id` prints it."
            )
        if not _BRANCH.fullmatch(self.branch):
            raise DeployError(
                f"--branch is {self.branch!r}, but must be the name of a branch."
            )
        if self.billing_account and not _BILLING_ACCOUNT.fullmatch(
            self.billing_account
        ):
            raise DeployError(
                f"--billing-account is {self.billing_account!r}, but must be like 0X0X0X-0X0X0X-0X0X0X: "
                "`gcloud billing accounts list` prints it."
            )
        if not _BUDGET.fullmatch(self.budget):
            raise DeployError(
                f"--budget is {self.budget!r}, but must be an amount such as 10, 12.50 or 10EUR."
            )

    def wants(self, step: str) -> bool:
        """Tell whether the configuration and the arguments ask for a step."""
        return {
            "bucket": bool(self.config.data_bucket),
            "workload_identity": bool(self.repository_id),
            "key": bool(self.key),
            "budget": bool(self.billing_account),
        }.get(step, True)

    @property
    def project(self) -> str:
        """The project's id."""
        return self.config.project_id

    @property
    def app(self) -> str:
        """The service's name."""
        return self.config.app_name

    @property
    def repository(self) -> tuple[str, str]:
        """The name of the registry's repository, and the flag with its location."""
        host, _, repository, *_ = self.config.package.split("/")
        return repository, f"--location={host.removesuffix(_REGISTRY)}"

    @property
    def provider(self) -> str:
        """The name of the identity provider; a project may trust several repositories."""
        return f"repository-{self.repository_id}"

    def provider_path(self, number: str) -> str:
        """The provider's full name, which is what the variable on GitHub holds."""
        return f"{self._pool_path(number)}/providers/{self.provider}"

    def workflows(self, number: str) -> str:
        """The repository's workflows, as IAM calls them."""
        pool = f"principalSet://iam.googleapis.com/{self._pool_path(number)}"
        return f"{pool}/attribute.repository_id/{self.repository_id}"

    @staticmethod
    def _pool_path(number: str) -> str:
        return f"projects/{number}/locations/global/workloadIdentityPools/{POOL}"

    @property
    def condition(self) -> str:
        """Which of GitHub's tokens the provider accepts."""
        branch = f"assertion.ref == 'refs/heads/{self.branch}'"
        if self.previews:
            # By the environment, which a pull request cannot leave out: that of previews has rules of its own.
            production = f"{branch} && assertion.environment == 'production'"
            where = f"({production} || assertion.environment == 'preview')"
        else:
            where = f"{branch} && assertion.environment == 'production'"
        return f"assertion.repository_id == '{self.repository_id}' && {where}"


def _account(config: Config, variable: str, given: str, suffix: str) -> str:
    domain = f"@{config.project_id}.iam.gserviceaccount.com"
    if given:
        if not given.endswith(domain) or not _ACCOUNT.fullmatch(
            given.removesuffix(domain)
        ):
            raise DeployError(
                f"{variable} is {given!r}, but must be an account of this project: NAME{domain}, where NAME has "
                "6 to 30 lowercase letters, digits and hyphens. Leave it out, and setup chooses one."
            )
        return given
    name = f"{config.app_name}-{suffix}"
    if not _ACCOUNT.fullmatch(name):
        raise DeployError(
            f"{name!r} cannot be the name of an account, which has 6 to 30 characters: set {variable} to NAME{domain}."
        )
    return name + domain
