"""The registry's own cleanup policy, a backstop, deletes nothing that pruning would keep."""

from __future__ import annotations

import json
from string import Template

from hypothesis import given
from hypothesis import strategies as st

from deploy.setup.places import CLEANUP_POLICY

PREFIXES = st.sampled_from(["released-g0123456-1", "v1.2", "g0123456"])


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sets(PREFIXES, max_size=2)), max_size=25),
)
def test_the_registry_deletes_nothing_that_is_new_or_released_or_tagged_as_a_version(
    images,
):
    newest_first = sorted(images, key=lambda image: image[0])
    deleted = deleted_by_the_registry(newest_first)
    for place, (age, tags) in enumerate(newest_first):
        wanted = place < 10 or any(tag.startswith(("released-", "v")) for tag in tags)
        assert (place in deleted) == (not wanted and age > 14)


def deleted_by_the_registry(images: list[tuple[int, set[str]]]) -> set[int]:
    """Do what Artifact Registry says that it does: what any rule keeps is kept.

    References
    ----------
    https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy-overview
    """
    rules = json.loads(Template(CLEANUP_POLICY.read_text()).substitute(APP="dashboard"))
    kept, condemned = set(), set()
    for rule in rules:
        newest = rule.get("mostRecentVersions")
        matching = {
            place
            for place, image in enumerate(images)
            if (place < newest["keepCount"] if newest else matches(rule, *image))
        }
        (kept if rule["action"]["type"] == "KEEP" else condemned).update(matching)
    return condemned - kept


def matches(rule: dict, age: int, tags: set[str]) -> bool:
    condition = rule["condition"]
    prefixes = tuple(condition.get("tagPrefixes", []))
    older = int(condition.get("olderThan", "0s").removesuffix("s"))
    return (
        (condition["tagState"] != "TAGGED" or bool(tags))
        and (not prefixes or any(tag.startswith(prefixes) for tag in tags))
        and (not older or age * 86400 > older)
    )
