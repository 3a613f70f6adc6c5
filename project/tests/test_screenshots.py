"""The command that takes a picture of every page forgets none."""

from __future__ import annotations

from app.dashboard.shell import PAGES
from tests.screenshots import pictures


def test_every_page_has_its_picture_and_no_two_have_one_name():
    runs = dict.fromkeys(("binary", "again"), "a-run")
    taken = list(pictures(runs, {"undecided": "a-table"}, ["funnel"]))
    shown = {picture.path.partition("?")[0] for picture in taken}
    assert {page.path for page in PAGES} <= shown
    names = [picture.name for picture in taken]
    assert len(set(names)) == len(names)
