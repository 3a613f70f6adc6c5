"""Releases through the real gcloud: healthy images are promoted, and every other one leaves the service unchanged."""

from __future__ import annotations

import re
import signal

import pytest

from deploy.traffic import STEPS
from tests.cloud.commands import QUICK, deploy, release, released, split, start
from tests.cloud.fake.cloud import APP_NAME

UPDATE = rf"/namespaces/[^/]+/services/{APP_NAME}$"


def becomes_sick_at(cloud, step: int) -> str:
    """Push an image that is healthy until the traffic is shifted to it for the n-th time."""
    sick = cloud.rollout.folder / "sick"
    cloud.on("PUT", UPDATE, lambda _: sick.touch(), after=step)
    return cloud.image("sick-later", SICK_FILE=str(sick))


def assert_untouched(cloud, before: dict[str, int]) -> None:
    """The traffic is as it was, no candidate is left, and users are served."""
    assert cloud.traffic() == before
    assert not [tag for tag in cloud.tags() if tag.startswith("c-")]
    done = deploy(cloud, "smoke", cloud.url())
    assert done.code == 0, done.err


def test_the_first_deploy_serves_at_once_and_everybody_may_open_it(cloud):
    done = release(cloud)
    assert done.code == 0, done.err
    assert list(cloud.traffic().values()) == [100]
    assert "the first to do so" in done.out
    bindings = cloud.rollout.services[APP_NAME].policy["bindings"]
    assert {"role": "roles/run.invoker", "members": ["allUsers"]} in bindings
    assert "GCP_SERVICE_ACCOUNT is not set" in done.out
    (image,) = cloud.registry.images(APP_NAME)
    assert any(tag.startswith("released-g0123456-") for tag in image.tags)


def test_a_good_candidate_gets_10_50_and_100_percent_of_the_traffic(cloud):
    old = released(cloud)
    seen = []
    cloud.on("PUT", UPDATE, lambda _: seen.append(cloud.traffic()), times=10)
    new = released(cloud)
    assert new != old
    assert {new: 10, old: 90} in seen and {new: 50, old: 50} in seen
    assert cloud.tags() == {}
    served = {name for (name, tag), count in cloud.rollout.served.items() if count}
    assert served == {old, new}


def test_the_service_gets_its_settings_its_secrets_and_its_data(cloud):
    cloud.rollout.secrets["reload"] = "s3cret"
    name = released(
        cloud,
        GCP_SECRETS="RELOAD_TOKEN=reload",
        GCP_SETTINGS="RETENTION_DAYS=7\nFRAME_ANCESTORS='self' https://a.org",
        GCP_DATA_BUCKET="tables",
        GCP_SERVICE_ACCOUNT="run@demo-proj.iam.gserviceaccount.com",
    )
    revision = cloud.revisions()[name]
    assert revision.secrets == {"RELOAD_TOKEN": "reload:latest"}
    assert revision.environ["RETENTION_DAYS"] == "7"
    assert revision.environ["FRAME_ANCESTORS"] == "'self' https://a.org"
    assert revision.volumes == {"/data": "tables"}
    spec = revision.template["spec"]
    assert spec["serviceAccountName"] == "run@demo-proj.iam.gserviceaccount.com"
    limits = revision.container["resources"]["limits"]
    assert limits == {"cpu": "1", "memory": "1Gi"}
    moved = release(cloud, GCP_SETTINGS="RELOAD_TOKEN=open")
    assert moved.code == 1
    assert "release once with it in neither" in moved.err
    without = released(cloud)
    bare = cloud.revisions()[without]
    assert bare.secrets == {} and bare.volumes == {}
    assert "RETENTION_DAYS" not in bare.environ


@pytest.mark.parametrize(
    ("variant", "reason"),
    [
        ("crashing", "failed to start and listen on the port"),
        ("broken-page", r"/ answers 500"),
        ("broken-layout", r"/_dash-layout answers 500"),
        ("broken-callback", r"/_dash-update-component answers 500"),
        ("broken-static", r"_dash-component-suites/\S+ answers 500"),
    ],
)
def test_a_sick_image_never_gets_any_traffic(cloud, variant, reason):
    before = {released(cloud): 100}
    seen = []
    cloud.on("PUT", UPDATE, lambda _: seen.append(cloud.traffic()), times=20)
    done = release(cloud, variant)
    assert done.code == 1
    assert re.search(reason, done.err), done.err
    assert "The traffic is as it was" in done.err
    assert all(traffic == before for traffic in seen)
    assert_untouched(cloud, before)


def test_a_fix_for_an_unhealthy_service_gets_all_traffic_at_once(cloud):
    sick = cloud.image("broken-page")
    image = f"--image=gcr.io/demo-proj/{APP_NAME}@{sick}"
    where = ("--region=europe-west1", "--allow-unauthenticated", "--quiet")
    assert cloud.gcloud("run", "deploy", APP_NAME, image, *where).code == 0
    (before,) = cloud.traffic()
    seen = []
    cloud.on("PUT", UPDATE, lambda _: seen.append(cloud.traffic()), times=20)
    cure = released(cloud)
    assert all(len(traffic) == 1 for traffic in seen)
    assert cure != before


def test_a_tag_of_a_revision_that_never_started_does_not_block_later_changes(cloud):
    before = {released(cloud): 100}
    # gcloud reports every change as a failure, because the newest revision never becomes ready.
    cloud.rollout.stays_unready = True
    done = release(cloud, "crashing")
    assert done.code == 1
    assert_untouched(cloud, before)
    assert list(cloud.traffic()) != [released(cloud)]


def test_an_image_that_is_too_slow_to_start_is_not_released(cloud):
    before = {released(cloud): 100}
    cloud.rollout.speed = 30
    done = release(cloud, "slow")
    assert done.code == 1
    assert "startup probe" in done.err
    assert_untouched(cloud, before)


@pytest.mark.parametrize(("step", "share"), list(enumerate(STEPS, start=1)))
def test_an_image_that_becomes_unhealthy_under_traffic_is_rolled_back(
    cloud, step, share
):
    (old,) = before = {released(cloud): 100}
    digest = becomes_sick_at(cloud, step)
    seen = []
    cloud.on("PUT", UPDATE, lambda _: seen.append(cloud.traffic()), times=20)
    done = deploy(cloud, "release", digest, *QUICK)
    assert done.code == 1
    assert "answers 500" in done.err
    assert min(traffic.get(old, 0) for traffic in seen) == 100 - share
    assert_untouched(cloud, before)


def test_a_split_of_70_and_30_is_restored_exactly(cloud):
    first, second = released(cloud), released(cloud)
    before = split(cloud, **{first: 70, second: 30})
    assert before == {first: 70, second: 30}
    done = deploy(cloud, "release", becomes_sick_at(cloud, 2), *QUICK)
    assert done.code == 1
    assert_untouched(cloud, before)


def test_a_good_release_ends_a_split_and_keeps_the_tags_of_previews(cloud):
    first, second = released(cloud), released(cloud)
    split(cloud, **{first: 70, second: 30})
    digest = cloud.image()
    assert deploy(cloud, "preview", "7", digest, "--within", "10").code == 0
    third = released(cloud)
    assert third not in (first, second)
    assert list(cloud.tags()) == ["pr-7"]


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("status", [500, 0])
def test_gcloud_that_fails_in_the_middle_leaves_the_traffic_as_it_was(
    cloud, after, status
):
    before = {released(cloud): 100}
    # gcloud itself tries again some times.
    cloud.fail("PUT", UPDATE, status, times=6, after=after)
    done = release(cloud)
    assert done.code == 1
    assert_untouched(cloud, before)


def test_traffic_that_cannot_be_restored_is_reported_with_the_command_to_run(cloud):
    old = released(cloud)
    digest = becomes_sick_at(cloud, 1)
    cloud.fail("PUT", UPDATE, 403, times=100, after=2)
    done = deploy(cloud, "release", digest, *QUICK)
    assert done.code == 1
    assert "could NOT be restored" in done.err
    command = f"gcloud run services update-traffic {APP_NAME} --to-revisions={old}=100"
    lines = [line.strip() for line in (done.out + done.err).splitlines()]
    by_hand = [line for line in lines if "--to-revisions" in line and line[0] != "$"]
    assert len(by_hand) == 1 and by_hand[0].startswith(command)


def test_of_two_releases_at_once_exactly_one_goes_on(cloud):
    released(cloud)
    digests = [cloud.image(), cloud.image()]
    both = [start(cloud, "release", digest, *QUICK) for digest in digests]
    said = [process.communicate(timeout=300) for process in both]
    codes = [process.returncode for process in both]
    assert sorted(codes) == [0, 1], said
    winner = codes.index(0)
    assert "Another release is under way" in said[1 - winner][1], said
    (serving,) = cloud.traffic()
    assert cloud.revisions()[serving].digest == digests[winner]
    assert cloud.tags() == {}


def test_a_release_beside_one_that_is_under_way_does_not_begin(cloud):
    old = released(cloud)
    digest = cloud.image()
    done = cloud.gcloud(
        *("run", "deploy", APP_NAME, f"--image=gcr.io/demo-proj/{APP_NAME}@{digest}"),
        *("--no-traffic", "--tag=c-abcdef0-1", "--region=europe-west1", "--quiet"),
    )
    assert done.code == 0, done.err
    revisions = list(cloud.revisions())
    done = release(cloud)
    assert done.code == 1
    assert "Another release is under way" in done.err
    assert list(cloud.revisions()) == revisions
    assert cloud.traffic() == {old: 100}
    assert list(cloud.tags()) == ["c-abcdef0-1"]


def test_the_tag_of_a_release_that_has_ended_is_not_taken_for_one_under_way(cloud):
    before = released(cloud)
    # After the shares: the removal of the tag, which is tried again and again.
    cloud.fail("PUT", UPDATE, 403, times=3, after=1 + len(STEPS))
    done = release(cloud)
    assert done.code == 0, done.err
    assert "could not be removed; the next release does" in done.out
    ((tag, serving),) = cloud.tags().items()
    assert tag.startswith("c-") and cloud.traffic() == {serving: 100}
    cloud.stop_failing()
    assert released(cloud) not in (before, serving)
    assert cloud.tags() == {}


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_release_that_is_cancelled_restores_the_traffic(cloud, stop):
    before = {released(cloud): 100}
    process = start(cloud, "release", cloud.image(), "--watch", "60")
    for line in process.stdout:
        if "has 10 %" in line or "without traffic" in line:
            break
    process.send_signal(stop)
    _, err = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "The traffic is as it was" in err
    assert_untouched(cloud, before)


def test_what_a_killed_release_left_is_undone_by_the_workflows_next_step(cloud):
    before = {released(cloud): 100}
    process = start(cloud, "release", cloud.image(), "--watch", "60")
    for line in process.stdout:
        if "has 10 %" in line:
            break
    process.kill()
    process.communicate(timeout=60)
    assert len(cloud.traffic()) == 2
    done = deploy(cloud, "restore")
    assert done.code == 0, done.err
    assert "The traffic is as it was" in done.out
    assert_untouched(cloud, before)
    again = deploy(cloud, "restore")
    assert again.code == 0 and "nothing to undo" in again.out


def test_a_release_that_ended_leaves_nothing_to_undo(cloud):
    released(cloud)
    new = released(cloud)
    done = deploy(cloud, "restore")
    assert done.code == 0 and "nothing to undo" in done.out
    assert cloud.traffic() == {new: 100}


def test_a_service_deleted_in_between_is_a_sentence(cloud):
    released(cloud)
    service = cloud.rollout.services[APP_NAME]
    cloud.on("PUT", UPDATE, lambda _: cloud.rollout.remove(service), after=1)
    done = release(cloud)
    assert done.code == 1
    assert "somebody deleted it" in done.err
    assert "Traceback" not in done.err


def test_a_project_without_the_api_is_told_what_to_run(cloud):
    cloud.disable("run")
    done = release(cloud)
    assert done.code == 1
    assert "`project/bin/deploy setup`" in done.err
    assert cloud.services == []


def test_without_a_network_nothing_is_touched(cloud):
    before = {released(cloud): 100}
    with cloud.offline():
        done = release(cloud)
    assert done.code == 1
    assert "cannot be reached" in done.err
    assert_untouched(cloud, before)


def test_an_image_that_is_not_in_the_registry_is_refused(cloud):
    before = {released(cloud): 100}
    done = deploy(cloud, "release", "sha256:" + "0" * 64, *QUICK)
    assert done.code == 1
    assert "not found" in done.err
    assert_untouched(cloud, before)


@pytest.mark.parametrize("name", ["GCP_PROJECT_ID", "GCP_APP_NAME"])
def test_a_missing_variable_is_named_before_anything_is_touched(cloud, name):
    done = release(cloud, **{name: ""})
    assert done.code == 1
    assert f"{name} is missing or empty" in done.err
    assert cloud.calls == []


def test_a_name_that_leaves_no_room_for_tags_is_refused_before_anything_is_touched(
    cloud,
):
    done = release(cloud, GCP_APP_NAME="a" * 40)
    assert done.code == 1
    assert "choose a shorter GCP_APP_NAME" in done.err
    assert cloud.calls == []


def test_on_github_the_sentence_is_an_error_of_the_run_and_the_summary_tells_the_end(
    cloud, tmp_path
):
    summary = tmp_path / "summary"
    here = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    revision = released(cloud, **here)
    assert f"{revision} serves" in summary.read_text()
    done = release(cloud, "broken-page", **here)
    assert "::error::" in done.err
    assert "Not released. The traffic is as it was" in summary.read_text()
