"""Which images stay: whatever serves, whatever one goes back to, whatever a person tagged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy.cloudrun import Revision
from deploy.prune import Used, why_keep
from deploy.registry import Image

TAGS = st.sampled_from(["g0123456", "released-1", "v1.2", "latest", "stable"])


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def image(number: int, *tags: str, media_type: str = "") -> Image:
    return Image(digest(number), tags, f"{1000 - number}", media_type)


def revision(number: int, ready: bool = True) -> Revision:
    name = f"gcr.io/p/app@{digest(number)}"
    return Revision(f"app-{number}", name, ready, 100 - number, "", "app")


NOTHING = Used(frozenset(), ())


@given(
    st.lists(st.lists(TAGS, max_size=3), max_size=30),
    st.sets(st.integers(0, 29)),
    st.lists(st.tuples(st.integers(0, 29), st.booleans()), max_size=20),
    st.integers(1, 5),
    st.integers(1, 5),
)
def test_nothing_that_serves_or_is_new_or_tagged_by_a_person_ever_goes(
    tags, serving, revisions, keep, keep_good
):
    images = [image(number, *names) for number, names in enumerate(tags)]
    used = Used(
        frozenset(map(digest, serving)), tuple(revision(*one) for one in revisions)
    )
    kept = why_keep(images, used, keep, keep_good)
    assert used.serving <= set(kept)
    assert {one.digest for one in images[:keep]} <= set(kept)
    for one in images:
        if {"v1.2", "latest", "stable"} & set(one.tags):
            assert one.digest in kept


def test_old_images_of_which_nothing_holds_go():
    images = [image(number, f"g{number:07x}") for number in range(12)]
    assert set(why_keep(images, NOTHING, 10, 3)) == {digest(n) for n in range(10)}


def test_the_last_good_revisions_keep_their_images_and_failed_ones_do_not():
    images = [
        image(number, *([f"released-{number}"] if number != 5 else []))
        for number in range(9)
    ]
    used = Used(frozenset(), (revision(4, ready=False), *map(revision, (5, 6, 7, 8))))
    kept = why_keep(images, used, keep=1, keep_good=2)
    assert kept == {digest(0): "new", digest(6): "good", digest(7): "good"}


def test_two_revisions_of_one_image_count_once():
    images = [image(number, f"released-{number}") for number in range(4)]
    used = Used(frozenset(), tuple(map(revision, (1, 1, 2, 3))))
    assert set(why_keep(images, used, 1, 2)) == {digest(0), digest(1), digest(2)}


def test_where_a_list_of_images_lies_its_untagged_members_stay():
    index = image(8, "g0123456", media_type="application/vnd.oci.image.index.v1+json")
    images = [image(0, "g0000000"), image(7), index, image(9, "g0000009")]
    assert digest(9) not in why_keep(images, NOTHING, 1, 1)
    assert {digest(7), digest(8)} < set(why_keep(images, NOTHING, 1, 1))
