"""The registry of reports: the contents of the folder, and the version of each that is served."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from app.reporting.registry import Broken, Registry
from app.storage import NotFound
from tests.conftest import PATIENCE_SECONDS, Gate, wait_for
from tests.reporting.report_sources import age, broken, good, write


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path


@pytest.fixture
def open_registry(folder):
    """Builds a report by calling its `create_app`; scans the folder at every request."""

    def make(seconds: float = PATIENCE_SECONDS, shared: Path | None = None) -> Registry:
        return Registry(
            folder, lambda entry, module: [module.create_app()], seconds, shared
        )

    return make


@pytest.fixture(autouse=True)
def _always_look(monkeypatch):
    monkeypatch.setattr("app.reporting.registry.SCAN_SECONDS", 0.0)


def served(registry: Registry, name: str):
    (value,) = registry.get(name)
    return value


def becomes(registry: Registry, name: str, value) -> None:
    wait_for(lambda: _serves(registry, name, value), what=f"{name} to be {value}")


def _serves(registry: Registry, name: str, value) -> bool:
    try:
        return served(registry, name) == value
    except Broken:
        return False


# ---- Contents of a folder


def test_reports_are_listed_by_title_and_others_are_not(folder, open_registry):
    write(folder, "b", good())
    write(folder, "a", good().replace("Sales", "zebra"))
    write(folder, "_draft", good())
    (folder / "notes.txt").touch()
    assert [entry.name for entry in open_registry().entries()] == ["b", "a"]


def test_what_is_no_ordinary_file_never_holds_up_the_others(folder, open_registry):
    write(folder, "good", good())
    (folder / "folder.py").mkdir()
    (folder / "dangling.py").symlink_to(folder / "nowhere")
    (folder / "loop.py").symlink_to(folder / "loop.py")
    os.mkfifo(folder / "pipe.py")
    age(folder / "pipe.py")
    (folder / "endless.py").symlink_to("/dev/zero")
    problems = {entry.name: entry.problem for entry in open_registry().entries()}
    assert problems.keys() == {"good", "pipe", "endless"}
    assert problems["good"] is None
    assert "not a regular file" in problems["pipe"]
    assert "not a regular file" in problems["endless"]


def test_a_link_to_a_file_is_a_report(folder, open_registry, tmp_path_factory):
    elsewhere = write(tmp_path_factory.mktemp("elsewhere"), "x", good(7))
    (folder / "link.py").symlink_to(elsewhere)
    assert served(open_registry(), "link") == 7


def test_a_folder_that_vanishes_empties_the_list(folder, open_registry):
    path = write(folder, "x", good())
    registry = open_registry()
    assert len(registry.entries()) == 1
    path.unlink()
    assert registry.entries() == []


@pytest.mark.parametrize("name", ["", "..", "../x", "x.py", "x\0", "nope", "x/../x"])
def test_an_unknown_name_is_not_found_and_nothing_runs(folder, open_registry, name):
    write(folder, "x", good())
    with pytest.raises(NotFound, match="no such report"):
        open_registry().get(name)


# ---- Versions


def test_a_report_is_executed_on_the_first_visit_and_only_then(folder, open_registry):
    mark = folder / "executed"
    write(folder, "x", broken(f"open({str(mark)!r}, 'a').write('.')"))
    registry = open_registry()
    registry.entries()
    assert not mark.exists()
    threads = [threading.Thread(target=registry.get, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mark.read_text() == "."


def test_a_changed_file_is_served_even_with_the_same_time_and_size(
    folder, open_registry
):
    path = write(folder, "x", good(1))
    registry = open_registry()
    assert served(registry, "x") == 1
    times = path.stat()
    path.write_text(good(2))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    becomes(registry, "x", 2)


def test_a_deleted_report_is_gone_and_one_that_comes_back_is_new(folder, open_registry):
    path = write(folder, "x", good(1))
    registry = open_registry()
    assert served(registry, "x") == 1
    path.unlink()
    with pytest.raises(NotFound):
        registry.get("x")
    write(folder, "x", good(2))
    assert served(registry, "x") == 2


@pytest.mark.parametrize(
    "line, words",
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit", "SystemExit"),
        ("import a_module_that_is_not_there", "ModuleNotFoundError"),
        ("def create_app(**options): import sys; sys.exit(3)", "SystemExit"),
        ("def create_app(**options): raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("def", "not valid Python"),
        ("TITLE = ''", "no TITLE"),
    ],
)
def test_a_file_that_breaks_keeps_its_last_good_version(
    folder, open_registry, line, words
):
    write(folder, "x", good(1))
    registry = open_registry()
    assert served(registry, "x") == 1
    write(folder, "x", broken(line))
    wait_for(lambda: registry.entry("x").problem, what="the problem")
    entry = registry.entry("x")
    assert words in entry.problem
    assert entry.kept and entry.shown
    assert served(registry, "x") == 1
    write(folder, "x", good(3))
    becomes(registry, "x", 3)
    assert registry.entry("x").problem is None


def test_a_file_broken_from_the_start_is_refused_with_the_reason(folder, open_registry):
    write(folder, "x", broken("1 / 0"))
    registry = open_registry()
    with pytest.raises(Broken, match="Building it failed with ZeroDivisionError"):
        registry.get("x")
    assert "ZeroDivisionError" in registry.entry("x").problem
    assert not registry.entry("x").shown


def test_what_was_good_before_it_broke_is_served_though_nobody_had_visited_it(
    folder, open_registry
):
    write(folder, "x", good(1))
    registry = open_registry()
    registry.entries()
    write(folder, "x", broken("1 / 0"))
    assert served(registry, "x") == 1
    assert "ZeroDivisionError" in registry.entry("x").problem


def test_a_file_that_is_half_written_is_not_taken_for_broken(
    folder, open_registry, monkeypatch
):
    monkeypatch.setattr("app.reporting.registry._SETTLE_SECONDS", PATIENCE_SECONDS)
    path = write(folder, "x", good(1))
    registry = open_registry()
    assert served(registry, "x") == 1
    path.write_text(good(2)[:60])  # just now
    assert registry.entry("x").problem is None
    path.write_text(good(2))
    becomes(registry, "x", 2)


def held(gate: Gate, value: object = 1) -> str:
    """A report that is not built before the gate opens."""
    return broken(gate.code).replace("VALUE = 1", f"VALUE = {value!r}")


def test_all_give_up_a_slow_report_in_time_and_it_does_not_hold_up_others(
    folder, open_registry, gate
):
    write(folder, "slow", held(gate))
    write(folder, "x", good(1))
    registry = open_registry(seconds=0.5)
    sentences: list[str] = []

    def visit():
        try:
            registry.get("slow")
        except Broken as error:
            sentences.append(str(error))

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    gate.wait_until_reached()
    becomes(registry, "x", 1)
    for visitor in visitors:
        visitor.join()
    assert len(sentences) == 8
    assert {"more than 500 ms" in sentence for sentence in sentences} == {True}
    assert "more than 500 ms" in registry.entry("slow").problem


def test_nobody_waits_again_for_a_report_that_is_known_to_be_slow(
    folder, open_registry, gate, monkeypatch
):
    write(folder, "slow", held(gate))
    registry = open_registry(seconds=0.2)
    waited: list[float] = []
    wait = threading.Event.wait

    def noted(event, seconds=None):
        if threading.current_thread() is threading.main_thread():
            waited.append(seconds)
        return wait(event, seconds)

    with pytest.raises(Broken, match="more than 200 ms"):
        registry.get("slow")
    monkeypatch.setattr(threading.Event, "wait", noted)
    with pytest.raises(Broken, match="more than 200 ms"):
        registry.get("slow")
    assert sum(waited) == 0


def test_a_crowd_before_a_slow_report_leaves_threads_for_others(
    folder, open_registry, gate, monkeypatch
):
    monkeypatch.setattr("app.reporting.versions._CROWD_SECONDS", 0.1)
    write(folder, "slow", held(gate))
    registry = open_registry()
    impatient: list[str] = []

    def visit():
        try:
            registry.get("slow")
        except Broken as error:
            impatient.append(str(error))

    visitors = [threading.Thread(target=visit) for _ in range(8)]
    for visitor in visitors:
        visitor.start()
    wait_for(lambda: len(impatient) == 4, what="half of the crowd to give up")
    gate.open()
    for visitor in visitors:
        visitor.join()
    assert len(impatient) == 4
    assert "reload in a few seconds" in impatient[0]
    assert served(registry, "slow") == 1


def test_a_slow_old_version_never_replaces_a_newer_one(folder, open_registry, gate):
    write(folder, "x", held(gate, 1))
    registry = open_registry(seconds=0.1)
    with pytest.raises(Broken):
        registry.get("x")
    write(folder, "x", good(2))
    becomes(registry, "x", 2)
    gate.open()
    wait_for(lambda: not _building(), what="the old version to be built")
    assert served(registry, "x") == 2


def _building() -> list[str]:
    return [t.name for t in threading.enumerate() if "_work" in t.name]


def test_a_first_version_that_was_replaced_while_it_was_built_is_good_when_the_next_fails(
    folder, open_registry, gate
):
    write(folder, "x", held(gate, 1))
    registry = open_registry(seconds=0.05)
    with pytest.raises(Broken):
        registry.get("x")
    write(folder, "x", broken("1 / 0"))
    registry.entries()  # sees the next one
    gate.open()
    becomes(registry, "x", 1)


def test_modules_of_old_versions_are_forgotten(folder, open_registry):
    registry = open_registry()
    for value in range(5):
        write(folder, "forgotten", good(value))
        becomes(registry, "forgotten", value)
    write(folder, "forgotten", broken("1 / 0"))
    wait_for(lambda: registry.entry("forgotten").problem, what="the problem")
    assert (
        len([name for name in sys.modules if name.startswith("report_forgotten")]) == 1
    )


def test_a_dataclass_in_a_report_finds_its_module(folder, open_registry):
    source = "from __future__ import annotations\nimport dataclasses\n" + good()
    source += "@dataclasses.dataclass\nclass A:\n    a: int = 1\n    b: dataclasses.KW_ONLY = 1\n"
    write(folder, "x", source)
    assert served(open_registry(), "x") == 1


# ---- Reload


def test_reload_rebuilds_what_was_visited_in_all_processes(
    folder, open_registry, tmp_path_factory
):
    data = tmp_path_factory.mktemp("data")
    count = data / "count"
    source = good() + f"open({str(count)!r}, 'a').write('.')\n"
    write(folder, "x", source)
    one, other = (open_registry(shared=data / "shared") for _ in range(2))
    one.get("x"), other.get("x")
    assert one.reload() == 1
    other.entries()
    wait_for(lambda: count.read_text() == "....", what="both to build it again")
    one.get("x"), other.get("x")
    assert count.read_text() == "...."


def test_reload_works_where_nothing_can_be_written(folder, open_registry):
    count = folder / "count"
    write(folder, "x", good() + f"open({str(count)!r}, 'a').write('.')\n")
    (folder / "file").touch()
    registry = open_registry(shared=folder / "file" / "no-folder")
    registry.get("x")
    registry.reload()
    wait_for(lambda: count.read_text() == "..", what="the build")


def test_what_one_process_could_not_build_the_others_show_as_broken(
    folder, open_registry, tmp_path_factory
):
    shared = tmp_path_factory.mktemp("data")
    write(folder, "x", broken("1 / 0"))
    one, other = (open_registry(shared=shared) for _ in range(2))
    with pytest.raises(Broken):
        one.get("x")
    wait_for(lambda: other.entry("x").problem, what="the news")
    assert "ZeroDivisionError" in other.entry("x").problem
    write(folder, "x", good(2))
    assert other.entry("x").problem is None
    assert served(one, "x") == 2


# ---- All at once


def test_while_files_change_every_visitor_gets_a_whole_version(folder, open_registry):
    names = [f"r{number}" for number in range(6)]
    for name in names:
        write(folder, name, good(0))
    registry = open_registry()
    for name in names:
        registry.get(name)
    stop = threading.Event()
    failures: list[str] = []
    newest = dict.fromkeys(names, 0)

    def visit(name: str):
        last = 0
        while not stop.is_set():
            try:
                value = served(registry, name)
                registry.entries()
            except Exception as error:  # any is a failure
                failures.append(repr(error))
                return
            if not isinstance(value, int) or value < last:
                failures.append(f"{name}: {value} after {last}")
            last = value

    visitors = [threading.Thread(target=visit, args=(name,)) for name in names]
    for visitor in visitors:
        visitor.start()
    for value in range(1, 25):
        for name in names:
            # Also written badly: first half of it, then all of it, then a broken version.
            path = folder / f"{name}.py"
            path.write_text(good(value)[:50])
            path.write_text(good(value))
            newest[name] = value
        if value % 5 == 0:
            registry.reload()
    for name in names:
        becomes(registry, name, newest[name])
    stop.set()
    for visitor in visitors:
        visitor.join()
    assert failures == []


def test_a_watched_folder_is_looked_at_without_visitors(
    folder, open_registry, monkeypatch
):
    monkeypatch.setattr("app.reporting.registry.SCAN_SECONDS", 0.05)
    registry = open_registry()
    registry.watch()
    write(folder, "x", good(1))
    time_seen = wait_for(lambda: registry._seen.get("x"), what="the look")
    assert time_seen.entry.title == "Sales"
