"""A stub of gcloud: remembers resources, answers questions about them, records every call, fails on demand.

Its state is a JSON file, named by GCLOUD_STUB; `tests/deploy/conftest.py` puts this file on PATH.
"""

import json
import os
import re
import sys

CREATING = {"create", "create-oidc", "deploy", "undelete"}
UPDATING = {"update", "update-oidc"}
LISTING = {"list", "list-configs"}
OTHER = {"enable", "add", "add-iam-policy-binding"}


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
    failures = [
        failure
        for pattern, failure in state["failures"].items()
        if re.search(pattern, " ".join(arguments))
    ]
    found = None if failures else perform(state, words, flags, stdin)
    with open(os.environ["GCLOUD_STUB"], "w") as file:
        json.dump(state, file)
    if found is None:
        message, code = failures[0] if failures else (f"{words[-1]} is missing.", 404)
        return 1, "", log(f"(gcloud.{'.'.join(words[:-1])}) {message}", code)
    return 0, found if isinstance(found, str) else json.dumps(found), ""


def log(message, code):
    """Return gcloud's structured log of a request that was answered with an HTTP code, and of the error."""
    response = f'http://127.0.0.1:80 "GET / HTTP/11" {code} 126'
    records = [("DEBUG", response), ("ERROR", message)]
    return "\n".join(
        json.dumps({"version": "0.0.1", "verbosity": verbosity, "message": message})
        for verbosity, message in records
    )


def is_reading(words):
    return bool({"describe", *LISTING} & set(words))


def perform(state, words, flags, stdin):
    """Return what gcloud would print; None if the resource does not exist."""
    resources, bindings = state["resources"], state["bindings"]
    words = [re.sub(r"@.*gserviceaccount\.com$", "", word) for word in words]
    verb = next(
        word
        for word in words
        if is_reading([word]) or word in CREATING | UPDATING | OTHER
    )
    position = words.index(verb)
    group, names = " ".join(words[:position]), words[position + 1 :]
    if group == "run":
        group = "run services"
    if verb in LISTING:
        group = f"{group} {names[0]}" if names else group
        return list(resources.get(group, {}).values())
    if verb == "enable":
        return ""
    if verb == "add":
        resources.setdefault(f"{group} {names[0]}", {})[stdin] = {"name": "1"}
        return ""
    name = names[0] if names else flags.get("display-name")
    name = name or json.loads(stdin)["displayName"]
    if verb == "describe":
        return resources.get(group, {}).get(name)
    if verb == "add-iam-policy-binding":
        binding = [flags["member"], flags["role"], f"{group} {name}"]
        if binding not in bindings:
            bindings.append(binding)
        return ""
    if name.startswith("projects/"):
        name = name.rpartition("/")[2]
    resource = resources.setdefault(group, {}).setdefault(
        name, {"name": f"projects/demo-proj/{name}"}
    )
    resource.update(described(group, names, flags, stdin))
    return resource["name"] if flags.get("format") == "value(name)" else ""


def described(group, names, flags, stdin):
    """Return what a resource that is created or changed by these flags looks like."""
    if "issuer-uri" in flags:
        return {"condition": flags["attribute-condition"], "state": "ACTIVE"}
    if group.endswith(("pools", "providers")):
        return {"state": "ACTIVE"}
    if "enable-hierarchical-namespace" in flags:
        return {"hierarchicalNamespace": {"enabled": True}}
    if group == "billing budgets":
        named = {"display-name": "displayName", "budget-amount": "amount"}
        return {named[flag]: flags[flag] for flag in named if flag in flags}
    if group == "run services":
        return {"status": {"url": "https://dashboard-1.a.run.app"}}
    if group == "beta monitoring channels":
        key, _, value = flags["channel-labels"].partition("=")
        return {"labels": {key: value}}
    if "resource-labels" in flags:
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
