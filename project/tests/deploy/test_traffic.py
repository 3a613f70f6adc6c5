"""How traffic is split, and which revision a rollback chooses."""

from __future__ import annotations

import re
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy import DeployError
from deploy.cloudrun import CloudRun, Revision, Service
from deploy.config import Config
from deploy.release import yield_to_earlier_release
from deploy.rollback import named, previous
from deploy.traffic import Safeguard, restored_on_failure, with_share


@st.composite
def splits(draw) -> dict[str, int]:
    """100 percent among one to five revisions."""
    cuts = draw(st.sets(st.integers(1, 99), max_size=4))
    edges = [0, *sorted(cuts), 100]
    return {f"r{i}": b - a for i, (a, b) in enumerate(zip(edges, edges[1:]))}


@given(splits(), st.integers(0, 100), st.sampled_from(["new", "r0"]))
def test_shares_always_add_up_and_the_others_keep_their_order(split, percent, revision):
    shares = with_share(split, revision, percent)
    assert sum(shares.values()) == 100
    assert all(share > 0 for share in shares.values())
    others = [name for name in split if name != revision]
    if others:
        assert shares.get(revision, 0) == percent
    for one in others:
        for other in others:
            if split[one] >= split[other] + 2:
                assert shares.get(one, 0) >= shares.get(other, 0)


def test_a_split_of_70_and_30_gives_way_in_proportion():
    shares = with_share({"a": 70, "b": 30}, "new", 10)
    assert shares == {"new": 10, "a": 63, "b": 27}


def revision(number: int, ready: bool = True) -> Revision:
    digest = f"sha256:{number:064d}"
    image = f"gcr.io/p/app@{digest}"
    return Revision(f"app-{number}", image, ready, number, "", "app")


REVISIONS = [revision(number, ready=number != 4) for number in (5, 4, 3, 2, 1)]
RELEASED = {"5", "4", "2", "1"}


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        ({"app-5": 100}, "app-2"),  # 4 never started, 3 was never released
        ({"app-2": 100}, "app-1"),
        ({"app-5": 10, "app-2": 90}, "app-2"),
    ],
)
def test_rolling_back_goes_to_the_released_revision_before(split, expected):
    assert previous(Service("", split), REVISIONS, RELEASED).name == expected


def test_rolling_back_from_the_first_revision_says_that_there_is_none_before():
    with pytest.raises(DeployError, match="no released revision before"):
        previous(Service("", {"app-1": 100}), REVISIONS, RELEASED)


def test_a_revision_is_found_by_its_name_or_its_end():
    assert named("app-2", REVISIONS, "app").name == "app-2"
    assert named("2", REVISIONS, "app").name == "app-2"
    with pytest.raises(DeployError, match="app-4 never started"):
        named("4", REVISIONS, "app")
    with pytest.raises(DeployError, match="no revision 'app-9'. .*app-5, app-3"):
        named("app-9", REVISIONS, "app")


class Cloud(CloudRun):
    """Cloud Run with fixed revisions."""

    def revisions(self) -> list[Revision]:
        return REVISIONS


def test_of_two_releases_the_second_gives_way_and_the_first_goes_on():
    tags = {"c-a-1": "app-2", "c-b-2": "app-3", "c-c-3": "app-of-another"}
    both = Service("", {"app-1": 100}, tags=tags)
    cloud = Cloud(Config("demo-proj", "app"))
    yield_to_earlier_release(cloud, both, "app-2")
    with pytest.raises(DeployError, match="Another release is under way: app-2"):
        yield_to_earlier_release(cloud, both, "app-3")


class Slow:
    """Cloud Run while it still applies a split that an interrupted command has requested."""

    def __init__(self):
        self.config = Config("demo-proj", "app")
        self.requested = {"new": 100}
        self.changes = []

    def describe(self) -> Service:
        return Service("", {"old": 100}, self.requested)

    def change_traffic(self, split, *without) -> None:
        self.changes.append(split)
        self.requested = split


def test_a_requested_split_that_is_not_in_effect_yet_is_undone_too(
    monkeypatch, tmp_path
):
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    cloud = Slow()
    outcome = Safeguard(cloud, {"old": 100}).restore()
    assert outcome == "The traffic is as it was: old 100 %."
    assert cloud.changes == [{"old": 100}]
    assert list(tmp_path.iterdir()) == []


class Stuck(Slow):
    """Cloud Run while it refuses every change."""

    def change_traffic(self, split, *without) -> None:
        raise DeployError("PERMISSION_DENIED")

    update_traffic = CloudRun.update_traffic


@pytest.mark.parametrize("split", [{"old": 100}, {}])
def test_the_command_to_run_by_hand_stands_on_a_line_of_its_own_once(
    monkeypatch, tmp_path, capsys, split
):
    summary = tmp_path / "summary"
    monkeypatch.setenv("RUNNER_TEMP", str(tmp_path))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    monkeypatch.setattr("deploy.traffic.time.sleep", lambda seconds: None)
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    cloud = Stuck()
    cloud.describe = lambda: Service("", {}, {"new": 100}, tags={"c-1": "new"})
    with pytest.raises(DeployError) as raised:
        with restored_on_failure(cloud, split, "c-1"):
            raise DeployError("It is sick.")
    for each, handler in zip((signal.SIGINT, signal.SIGTERM), handlers):
        signal.signal(each, handler)
    printed = "".join(capsys.readouterr()) + str(raised.value)
    for text in (printed, summary.read_text()):
        commands = [line for line in text.splitlines() if "gcloud" in line]
        assert len(commands) == 1
        assert re.match("    gcloud run services update-traffic app ", commands[0])
        assert "--remove-tags=c-1" in commands[0]
