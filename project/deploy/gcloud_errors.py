"""Tells by codes what went wrong in gcloud: the API's status, its reason, the class of an exception."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from deploy import DeployError

# gcloud then writes its log as JSON, with the status of every HTTP response and the traceback of an exception.
STRUCTURED_LOG = {
    "CLOUDSDK_CORE_SHOW_STRUCTURED_LOGS": "always",
    "CLOUDSDK_CORE_VERBOSITY": "debug",
}

# The names that Google's APIs give to HTTP's codes: https://cloud.google.com/apis/design/errors
_STATUS_OF_HTTP = {
    "400": "INVALID_ARGUMENT",
    "401": "UNAUTHENTICATED",
    "403": "PERMISSION_DENIED",
    "404": "NOT_FOUND",
    "409": "ABORTED",
    "429": "RESOURCE_EXHAUSTED",
    "500": "INTERNAL",
    "503": "UNAVAILABLE",
    "504": "DEADLINE_EXCEEDED",
}
_STATUSES = {*_STATUS_OF_HTTP.values(), "ALREADY_EXISTS", "FAILED_PRECONDITION"}
# Exceptions of gcloud and its libraries that are raised before any API has answered; a refresh of the credentials
# that fails for lack of a network raises one of both kinds, so the network comes first.
_STATUS_OF_EXCEPTION = {
    "ConnectionError": "UNAVAILABLE",
    "ConnectTimeout": "UNAVAILABLE",
    "ProxyError": "UNAVAILABLE",
    "ReadTimeout": "UNAVAILABLE",
    "SSLError": "UNAVAILABLE",
    "TransportError": "UNAVAILABLE",
    "NoActiveAccountException": "UNAUTHENTICATED",
    "ReauthenticationException": "UNAUTHENTICATED",
    "TokenRefreshError": "UNAUTHENTICATED",
    "TokenRefreshReauthError": "UNAUTHENTICATED",
}

_NO_BILLING = (
    "The project has no billing account, or a closed one: "
    "https://console.cloud.google.com/billing/projects links one."
)
_UNREACHABLE = "Google Cloud cannot be reached: check the network, and try again."
# What to do, by the reason or else by the status.
_ADVICE = {
    "BILLING_DISABLED": _NO_BILLING,
    "UREQ_PROJECT_BILLING_NOT_FOUND": _NO_BILLING,
    "UREQ_PROJECT_BILLING_NOT_OPEN": _NO_BILLING,
    "SERVICE_DISABLED": "The project has not enabled an API that this needs: run `project/bin/deploy setup` once.",
    # Of all that our flags can set, gcloud refuses only this by itself.
    "ConfigurationError": (
        "A variable cannot become a setting where it was a secret, nor the other way round, in one step: release once "
        "with it in neither GCP_SETTINGS nor GCP_SECRETS, then again with it where it belongs."
    ),
    "UNAUTHENTICATED": (
        "gcloud has no valid credentials: check GCP_CREDENTIALS or GCP_WORKLOAD_IDENTITY_PROVIDER, or run "
        "`gcloud auth login`."
    ),
    "PERMISSION_DENIED": (
        "The account lacks a permission: `project/bin/deploy setup`, run by an owner of the project, gives the "
        "deployer the roles that it needs."
    ),
    "FAILED_PRECONDITION": (
        "The project or its organisation does not allow this. If it is about allUsers, an administrator has to lift "
        "the policy iam.allowedPolicyMemberDomains for this project."
    ),
    "NOT_FOUND": (
        "It does not exist, or no longer: check GCP_PROJECT_ID, GCP_APP_NAME and GCP_REGION, and whether somebody "
        "deleted it."
    ),
    "INTERNAL": _UNREACHABLE,
    "UNAVAILABLE": _UNREACHABLE,
    "DEADLINE_EXCEEDED": _UNREACHABLE,
}

_STATUS = re.compile(r"\(gcloud[\w.-]*\) (?P<status>[A-Z_]+):")
_RESPONSE = re.compile(r'HTTP/\d+" (?P<code>\d{3}) ')
_REASON = re.compile(r"^ +reason: (?P<reason>[A-Z0-9_]+)$", re.MULTILINE)
_EXCEPTION = re.compile(
    r"^[\w.]+\.(?P<name>\w+(Error|Exception|Timeout))\b", re.MULTILINE
)


class GcloudError(DeployError):
    """A call of gcloud failed.

    Attributes
    ----------
    status : str
        As Google's APIs name it, ``"NOT_FOUND"``; empty where no request failed: a container that does not start.
    reason : str
        More precise: that of the API, ``"SERVICE_DISABLED"``, or else the class of gcloud's exception.
    """

    def __init__(self, command: str, message: str, status: str = "", reason: str = ""):
        self.status, self.reason = status, reason
        advice = _ADVICE.get(reason) or _ADVICE.get(status)
        parts = [f"`{command}` failed.", advice, f"gcloud said: {message}"]
        super().__init__(" ".join(filter(None, parts)))

    @classmethod
    def of(cls, command: str, stderr: str) -> GcloudError:
        """Read what gcloud wrote.

        Parameters
        ----------
        command : str
            What was called, without its flags.
        stderr : str
            gcloud's standard error, with `STRUCTURED_LOG` in its environment.

        Returns
        -------
        GcloudError
        """
        records = list(_records(stderr))
        errors = [one["message"] for one in records if one["verbosity"] == "ERROR"]
        message = errors[-1] if errors else stderr.strip().rpartition("\n")[2]
        exceptions = [
            found["name"]
            for record in records
            if "error" in record
            for found in _EXCEPTION.finditer(record["error"]["details"])
        ]
        reason = _REASON.search(message)
        return cls(
            command,
            " ".join(message.split())[:600] or "nothing.",
            _status(message, exceptions, records),
            reason["reason"] if reason else exceptions[-1] if exceptions else "",
        )


def _status(message: str, exceptions: list[str], records: list[dict]) -> str:
    """Return the status that gcloud names, else that of the exception, else that of the last response."""
    named = _STATUS.match(message)
    if named and named["status"] in _STATUSES:
        return named["status"]
    for name, status in _STATUS_OF_EXCEPTION.items():
        if name in exceptions:
            return status
    responses = [_RESPONSE.search(record["message"]) for record in records]
    codes = [response["code"] for response in responses if response]
    return _STATUS_OF_HTTP.get(codes[-1], "") if codes else ""


def _records(stderr: str) -> Iterator[dict]:
    """Yield the records of the log; a line may begin with the dots of a progress bar."""
    for line in stderr.splitlines():
        _, brace, rest = line.partition('{"version"')
        if brace:
            yield json.loads(brace + rest)
