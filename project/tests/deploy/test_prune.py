"""Which images stay: what serves, what a rollback needs, what a person tagged, and the newest."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.cloudrun import Revision
from deploy.prune import images_to_keep
from deploy.registry import Image

TAGS = st.sampled_from(["g0123456", "released-1", "v1.2", "latest", "stable"])


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def image(number: int, *tags: str) -> Image:
    return Image(digest(number), tags, f"{1000 - number}")


def revision(number: int, ready: bool = True) -> Revision:
    name = f"gcr.io/p/app@{digest(number)}"
    return Revision(f"app-{number}", name, ready, 100 - number, "", "app")


@given(
    st.lists(st.lists(TAGS, max_size=3), max_size=30),
    st.sets(st.integers(0, 29)),
    st.lists(st.tuples(st.integers(0, 29), st.booleans()), max_size=20),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_nothing_that_serves_or_is_new_or_tagged_by_a_person_is_deleted(
    tags, serving, revisions, keep, keep_good
):
    images = [image(number, *names) for number, names in enumerate(tags)]
    serving = set(map(digest, serving))
    revisions = [revision(*one) for one in revisions]
    kept = images_to_keep(images, serving, revisions, keep, keep_good)
    assert serving <= kept
    assert {one.digest for one in images[:keep]} <= kept
    for one in images:
        if {"v1.2", "latest", "stable"} & set(one.tags):
            assert one.digest in kept


def test_old_images_that_nobody_needs_are_deleted():
    images = [image(number, f"g{number:07x}") for number in range(12)]
    assert images_to_keep(images, set(), [], 10, 3) == set(map(digest, range(10)))


def test_the_last_good_revisions_keep_their_images_and_failed_ones_do_not():
    images = [
        image(number, *([f"released-{number}"] if number != 5 else []))
        for number in range(9)
    ]
    revisions = [revision(4, ready=False), *map(revision, (5, 6, 7, 8))]
    kept = images_to_keep(images, set(), revisions, keep=1, keep_good=2)
    assert kept == {digest(0), digest(6), digest(7)}


def test_two_revisions_of_one_image_count_once():
    images = [image(number, f"released-{number}") for number in range(4)]
    revisions = list(map(revision, (1, 1, 2, 3)))
    kept = images_to_keep(images, set(), revisions, 1, 2)
    assert kept == {digest(0), digest(1), digest(2)}
