"""Previews of pull requests and rolling back, through the real gcloud."""

from __future__ import annotations

import signal

import pytest

from tests.cloud.commands import QUICK, deploy, output_of, release, released, start
from tests.cloud.fake.cloud import APP_NAME, Cloud
from tests.conftest import wait_for

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


def begun(cloud: Cloud, number: str):
    """Begin a preview that will not start; return its process and its revision."""
    digest = cloud.image("crashing")
    process = start(cloud, "preview", number, digest, *WITHIN)

    def made() -> list:
        return [one for name, one in cloud.revisions().items() if "-pr-" in name]

    return process, wait_for(made, 60, "the preview's revision")[0]


def test_a_preview_that_is_cancelled_leaves_no_tag(cloud):
    serving = released(cloud)
    process, _ = begun(cloud, "8")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "No preview" in err
    assert asked_tags(cloud) == []
    assert cloud.traffic() == {serving: 100}


@pytest.mark.parametrize("command", ["release", "rollback", "preview"])
def test_what_a_killed_preview_left_does_not_block_later_changes(cloud, command):
    first, second = released(cloud), released(cloud)
    process, revision = begun(cloud, "8")
    process.kill()
    process.communicate()
    wait_for(lambda: revision.state.ready is False, 60, "its end")
    assert asked_tags(cloud) == ["pr-8"]
    if command == "release":
        assert released(cloud) not in (first, second)
    elif command == "rollback":
        done = deploy(cloud, "rollback", "--watch", "0")
        assert done.code == 0, done.err
        assert "never started" in done.out
        assert cloud.traffic() == {first: 100}
    else:
        done = deploy(cloud, "preview", "9", cloud.image(), *WITHIN)
        assert done.code == 0, done.err
    assert "pr-8" not in asked_tags(cloud)


def asked_tags(cloud: Cloud) -> list[str]:
    """The tags that were requested for the service, whether or not they are in effect."""
    targets = cloud.rollout.services[APP_NAME].traffic_spec
    return [target["tag"] for target in targets if target.get("tag")]


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


def test_a_revision_that_was_rolled_back_is_skipped_later(cloud):
    good = released(cloud)
    released(cloud)
    assert deploy(cloud, "rollback", "--watch", "0").code == 0
    released(cloud)
    done = deploy(cloud, "rollback", "--watch", "0")
    assert done.code == 0, done.err
    assert cloud.traffic() == {good: 100}


def test_a_revision_that_was_chosen_again_counts_as_good_again(cloud):
    released(cloud)
    chosen = released(cloud)
    assert deploy(cloud, "rollback", "--watch", "0").code == 0
    assert deploy(cloud, "rollback", chosen, "--watch", "0").code == 0
    released(cloud)
    done = deploy(cloud, "rollback", "--watch", "0")
    assert done.code == 0, done.err
    assert cloud.traffic() == {chosen: 100}


def test_one_can_roll_back_beside_a_revision_that_never_started(cloud):
    good, bad = released(cloud), released(cloud)
    cloud.rollout.stays_unready = True
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


def test_a_rollback_to_an_unhealthy_revision_is_undone(cloud, tmp_path):
    file = tmp_path / "sick"
    digest = cloud.image("sick-later", SICK_FILE=str(file))
    done = deploy(cloud, "release", digest, *QUICK)
    assert done.code == 0, done.err
    (bad,) = cloud.traffic()
    good = released(cloud)
    file.touch()
    done = deploy(cloud, "rollback", bad, "--watch", "0")
    assert done.code == 1
    assert "Not rolled back. The traffic is as it was" in done.err
    assert cloud.traffic() == {good: 100}
