"""Stands in for gcloud: remembers what was made, answers what is asked, writes down every call, fails when told to.

Its state is a JSON file, named by GCLOUD_STUB; `tests/deploy/conftest.py` puts this file on PATH.
"""

import json
import os
import re
import sys

CREATING = {"create", "create-oidc", "deploy", "enable", "undelete"}
UPDATING = {"update", "update-oidc", "set-cleanup-policies"}
LISTING = {"list", "list-configs"}


def answer(arguments, stdin):
    """Return the exit code and what gcloud would write, to standard output and error."""
    with open(os.environ["GCLOUD_STUB"]) as file:
        state = json.load(file)
    words = [word for word in arguments if not word.startswith("-")]
    flags = dict(
        word[2:].partition("=")[::2] for word in arguments if word.startswith("--")
    )
    reads = is_reading(words)
    state["calls"].append({"arguments": arguments, "stdin": stdin, "reads": reads})
    complaint = next(
        (
            said
            for pattern, said in state["fails"].items()
            if re.search(pattern, " ".join(arguments))
        ),
        None,
    )
    found = None if complaint else perform(state, words, flags, stdin)
    with open(os.environ["GCLOUD_STUB"], "w") as file:
        json.dump(state, file)
    if complaint or found is None:
        name = ".".join(words[:-1])
        said = complaint or f"NOT_FOUND: {words[-1]} was not found."
        return 1, "", f"ERROR: (gcloud.{name}) {said}"
    if "value(projectNumber)" in flags.values():
        found = found["projectNumber"]
    return 0, found if isinstance(found, str) else json.dumps(found), ""


def is_reading(words):
    return bool({"describe", "get-iam-policy", *LISTING} & set(words))


def perform(state, words, flags, stdin):
    """Return what gcloud would print; None if the thing is not there."""
    things, policies = state["things"], state["policies"]
    words = [re.sub(r"@.*gserviceaccount\.com$", "", word) for word in words]
    verb = next(
        word
        for word in words
        if is_reading([word])
        or word in CREATING | UPDATING | {"add", "add-iam-policy-binding"}
    )
    place = words.index(verb)
    group, names = " ".join(words[:place]), words[place + 1 :]
    if group == "run":
        group = "run services"
    if verb in LISTING:
        group = f"{group} {names[0]}" if names else group
        return list(things.get(group, {}).values())
    if verb == "enable":
        things.setdefault("services", {}).update(
            {name: {"config": {"name": name}} for name in names}
        )
        return ""
    if verb == "add":
        things.setdefault(f"{group} {names[0]}", {})[stdin] = {"name": "1"}
        return ""
    name = names[0] if names else flags.get("display-name")
    name = name or json.loads(stdin)["displayName"]
    if verb == "describe":
        return things.get(group, {}).get(name)
    key = f"{group} {name}"
    if verb == "get-iam-policy":
        return {"bindings": policies.get(key, [])}
    if verb == "add-iam-policy-binding":
        binding = {"role": flags["role"], "members": [flags["member"]]}
        policies.setdefault(key, []).append(binding)
        return ""
    if verb in UPDATING:
        name = name.rpartition("/")[2]
    thing = things.setdefault(group, {}).setdefault(
        name, {"name": f"projects/demo-proj/{name}"}
    )
    thing.update(described(group, names, flags, stdin))
    return thing["name"] if flags.get("format") == "value(name)" else ""


def described(group, names, flags, stdin):
    """Return what a thing that is made or changed by these flags looks like."""
    if group.endswith("providers") and "issuer-uri" in flags:
        mapping = flags["attribute-mapping"].split(",")
        return {
            "attributeCondition": flags["attribute-condition"],
            "attributeMapping": dict(pair.split("=") for pair in mapping),
            "oidc": {"issuerUri": flags["issuer-uri"]},
            "disabled": False,
            "state": "ACTIVE",
        }
    if group.endswith("pools") or group.endswith("providers"):
        return {"state": "ACTIVE"}
    if group == "storage buckets":
        folders = (
            {"hierarchicalNamespace": {"enabled": True}}
            if "enable-hierarchical-namespace" in flags
            else {}
        )
        return folders | {
            "iamConfiguration": {
                "uniformBucketLevelAccess": {
                    "enabled": "uniform-bucket-level-access" in flags
                },
                "publicAccessPrevention": "enforced",
            },
            "softDeletePolicy": {
                "retentionDurationSeconds": flags["soft-delete-duration"]
            },
        }
    if "policy" in flags:
        policies = json.loads(stdin)
        return {
            "cleanupPolicies": {
                one["name"]: {
                    "id": one["name"],
                    "action": one["action"]["type"],
                    **{
                        k: one[k]
                        for k in ("condition", "mostRecentVersions")
                        if k in one
                    },
                }
                for one in policies
            }
        }
    if group == "billing budgets":
        amount = re.fullmatch(r"([\d.]+)([A-Z]*)", flags["budget-amount"])
        specified = {"units": amount[1], "currencyCode": amount[2] or "EUR"}
        named = (
            {"displayName": flags["display-name"]} if "display-name" in flags else {}
        )
        return named | {"amount": {"specifiedAmount": specified}}
    if group == "run services":
        return {"status": {"url": "https://dashboard-1.a.run.app"}}
    if group == "beta monitoring channels":
        key, _, value = flags["channel-labels"].partition("=")
        return {"labels": {key: value}}
    if group == "monitoring uptime" and "resource-labels" in flags:
        labels = dict(pair.split("=") for pair in flags["resource-labels"].split(","))
        return {"displayName": names[0], "monitoredResource": {"labels": labels}}
    if stdin.startswith("{"):
        channels = flags.get("notification-channels") or flags.get(
            "set-notification-channels", ""
        )
        return json.loads(stdin) | {
            "etag": "e1",
            "notificationChannels": [one for one in channels.split(",") if one],
        }
    return {}


if __name__ == "__main__":
    code, printed, complained = answer(sys.argv[1:], sys.stdin.read())
    print(printed)
    print(complained, file=sys.stderr)
    sys.exit(code)
