"""Previews of pull requests and rolling back, through the real gcloud."""

from __future__ import annotations

from tests.cloud.delivery import QUICK, deploy, output_of, release, released
from tests.cloud.fake.cloud import APP_NAME

WITHIN = ("--within", "10")


def test_a_preview_is_made_at_an_address_of_its_own_and_removed(cloud, tmp_path):
    serving = released(cloud)
    output = tmp_path / "output"
    digest = cloud.image()
    done = deploy(
        cloud,
        "preview",
        "7",
        digest,
        *WITHIN,
        GITHUB_OUTPUT=str(output),
        GCP_SETTINGS="X=1",
    )
    assert done.code == 0, done.err
    assert output_of(output) == {"url": cloud.url(tag="pr-7")}
    assert deploy(cloud, "smoke", cloud.url(tag="pr-7")).code == 0
    assert cloud.traffic() == {serving: 100}
    revision = cloud.revisions()[cloud.tags()["pr-7"]]
    assert revision.digest == digest
    assert "X" not in revision.environ

    again = deploy(cloud, "preview", "7", cloud.image(), *WITHIN)
    assert again.code == 0, again.err
    previews = [name for name in cloud.revisions() if "-pr-7-" in name]
    assert previews == [cloud.tags()["pr-7"]], "the earlier one is deleted"

    done = deploy(cloud, "preview", "7", "--remove")
    assert done.code == 0, done.err
    assert cloud.tags() == {}
    assert cloud.traffic() == {serving: 100}
    assert deploy(cloud, "preview", "7", "--remove").code == 0, "there may be none"


def test_a_preview_that_does_not_start_leaves_no_tag_and_the_service_alone(cloud):
    serving = released(cloud)
    done = deploy(cloud, "preview", "8", cloud.image("crashing"), *WITHIN)
    assert done.code == 1
    assert "No preview" in done.err and "failed to start" in done.err
    assert cloud.tags() == {}
    assert cloud.traffic() == {serving: 100}
    assert released(cloud) != serving


def test_a_preview_that_is_sick_says_what_is_wrong(cloud):
    serving = released(cloud)
    done = deploy(cloud, "preview", "8", cloud.image("broken-page"), "--within", "0")
    assert done.code == 1
    assert "answers 500" in done.err
    assert cloud.traffic() == {serving: 100}


def test_without_a_service_there_is_nothing_to_preview_beside(cloud):
    done = deploy(cloud, "preview", "7", cloud.image(), *WITHIN)
    assert done.code == 1
    assert "the first push to main makes it" in done.err
    assert deploy(cloud, "preview", "7", "--remove").code == 0


def test_rolling_back_goes_to_the_revision_before_and_a_release_goes_on_from_there(
    cloud,
):
    first, second = released(cloud), released(cloud)
    done = deploy(cloud, "rollback", "--watch", "0")
    assert done.code == 0, done.err
    assert cloud.traffic() == {first: 100}
    assert f"{first} serves" in done.out

    none = deploy(cloud, "rollback", "--watch", "0")
    assert none.code == 1
    assert "no released revision before" in none.err

    by_name = deploy(cloud, "rollback", second, "--watch", "0")
    assert by_name.code == 0, by_name.err
    assert cloud.traffic() == {second: 100}
    assert released(cloud) not in (first, second)


def test_a_revision_that_was_taken_back_is_not_gone_back_to_later(cloud):
    good = released(cloud)
    released(cloud)
    assert deploy(cloud, "rollback", "--watch", "0").code == 0
    released(cloud)
    done = deploy(cloud, "rollback", "--watch", "0")
    assert done.code == 0, done.err
    assert cloud.traffic() == {good: 100}


def test_one_can_roll_back_beside_a_revision_that_never_started(cloud):
    good, bad = released(cloud), released(cloud)
    cloud.rollout.is_stubborn = True
    assert release(cloud, "crashing").code == 1
    assert cloud.traffic() == {bad: 100}
    done = deploy(cloud, "rollback", "--watch", "0")
    assert done.code == 0, done.err
    assert cloud.traffic() == {good: 100}


def test_rolling_back_to_what_is_not_there_changes_nothing(cloud):
    first, second = released(cloud), released(cloud)
    done = deploy(cloud, "rollback", "dashboard-g9999999-1")
    assert done.code == 1
    assert f"The newest that could serve: {second}, {first}" in done.err

    cloud.registry.delete(APP_NAME, cloud.revisions()[first].digest)
    done = deploy(cloud, "rollback", first)
    assert done.code == 1
    assert "no longer in the registry" in done.err
    assert cloud.traffic() == {second: 100}


def test_a_revision_that_turns_out_sick_is_left_again(cloud, tmp_path):
    file = tmp_path / "sick"
    digest = cloud.image("sick-later", SICK_FILE=str(file))
    done = deploy(cloud, "release", digest, *QUICK)
    assert done.code == 0, done.err
    (bad,) = cloud.traffic()
    good = released(cloud)
    file.touch()
    done = deploy(cloud, "rollback", bad, "--watch", "0")
    assert done.code == 1
    assert cloud.traffic() == {good: 100}
