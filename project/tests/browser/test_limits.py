"""A server without room: the page says so where somebody asks for more, before anything is sent or started."""

from __future__ import annotations


def test_a_full_disk_is_said_below_the_button_and_in_the_upload_box(
    visit, start_server, tmp_path
):
    live = start_server(DISK_MB="1")
    table = live.data_dir / "datasets" / "somebodys"
    table.mkdir()
    (table / "table.parquet").write_bytes(bytes(2 * 1024**2))
    visitor = visit(live.url)
    visitor.open("/train?dataset=sample-iris&models=linear&folds=2")
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "It was not started")
    assert "no room for more" in visitor.text("#train-problem")
    assert list((live.data_dir / "runs").iterdir()) == []
    visitor.open("/")
    file = tmp_path / "a.csv"
    file.write_text("a,b\n" + "1,2\n" * 50)
    visitor.forgive("507")
    visitor.upload(file)
    visitor.wait_for_text("#upload-status", "no room for more")
    assert list((live.data_dir / "uploads").iterdir()) == []
