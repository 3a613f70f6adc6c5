"""The upload API through the real server: parts sent to either of two workers become a table."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.uploads import MAX_NAME, MAX_TRIES, safe_name
from app.storage.uploads import PART_BYTES
from tests.conftest import PATIENCE_SECONDS

CSV = b"age,name\n" + b"".join(b"%d,person %d\n" % (i % 90, i) for i in range(500))


def _begin(live, name: str, size: int) -> dict:
    status, upload = live.json("POST", "/api/uploads", {"name": name, "size": size})
    assert status == 201, upload
    return upload


def _send_all(live, upload: dict, content: bytes) -> None:
    for number in upload["missing"]:
        start = number * upload["part_bytes"]
        part = content[start : start + upload["part_bytes"]]
        path = f"/api/uploads/{upload['id']}/parts/{number}"
        status, answer = live.json("PUT", path, part)
        assert status == 200, answer


def _upload(live, name: str, content: bytes) -> tuple[int, dict]:
    upload = _begin(live, name, len(content))
    _send_all(live, upload, content)
    return live.json("POST", f"/api/uploads/{upload['id']}/finish")


@pytest.fixture(scope="module")
def live(live_server):
    """Two workers, so that the requests of one upload reach either."""
    return live_server(workers=2)


def test_a_csv_becomes_a_dataset_that_is_kept(live):
    status, answer = _upload(live, "people.csv", CSV)
    assert status == 201, answer
    record = json.loads(
        (live.data_dir / "datasets" / answer["dataset"] / "dataset.json").read_bytes()
    )
    assert record["name"] == "people.csv"
    assert isinstance(answer["notes"], list)


def test_the_parts_of_a_large_file_may_come_in_any_order_at_any_worker(live):
    content = b"number,text\n" + b"1,some words that fill the line\n" * 560_000
    assert len(content) > 2 * PART_BYTES
    upload = _begin(live, "large.csv", len(content))
    assert upload["n_parts"] == 3
    upload["missing"].reverse()
    threads = [
        threading.Thread(
            target=_send_all, args=(live, upload | {"missing": [number]}, content)
        )
        for number in upload["missing"]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    status, answer = live.json("POST", f"/api/uploads/{upload['id']}/finish")
    assert status == 201, answer


def test_an_upload_says_which_parts_are_missing(live):
    upload = _begin(live, "a.csv", 2 * PART_BYTES)
    live.json("PUT", f"/api/uploads/{upload['id']}/parts/1", bytes(PART_BYTES))
    status, known = live.json("GET", f"/api/uploads/{upload['id']}")
    assert (status, known["missing"]) == (200, [0])


def test_finishing_too_early_is_refused_and_loses_nothing(live):
    upload = _begin(live, "a.csv", len(CSV))
    status, answer = live.json("POST", f"/api/uploads/{upload['id']}/finish")
    assert status == 409
    assert "not arrived" in answer["error"]
    _send_all(live, upload, CSV)
    assert live.json("POST", f"/api/uploads/{upload['id']}/finish")[0] == 201


def test_finishing_again_gives_the_same_answer(live):
    upload = _begin(live, "a.csv", len(CSV))
    _send_all(live, upload, CSV)
    first = live.json("POST", f"/api/uploads/{upload['id']}/finish")
    assert live.json("POST", f"/api/uploads/{upload['id']}/finish") == first


def test_what_arrived_is_deleted_once_it_was_read(live):
    upload = _begin(live, "a.csv", len(CSV))
    _send_all(live, upload, CSV)
    live.json("POST", f"/api/uploads/{upload['id']}/finish")
    assert not (live.data_dir / "uploads" / upload["id"]).exists()


def test_a_file_that_holds_no_table_is_refused_with_a_sentence_and_forgotten(live):
    content = bytes(range(256)) * 40
    upload = _begin(live, "rubbish.csv", len(content))
    _send_all(live, upload, content)
    status, answer = live.json("POST", f"/api/uploads/{upload['id']}/finish")
    assert status == 422
    assert answer["error"].endswith(".")
    assert "Traceback" not in answer["error"]
    assert live.json("GET", f"/api/uploads/{upload['id']}")[0] == 404


def test_a_file_that_is_too_large_is_refused_before_anything_is_sent(live):
    size = 201 * 1024 * 1024
    status, answer = live.json("POST", "/api/uploads", {"name": "a.csv", "size": size})
    assert status == 413
    assert "at most 200 MB" in answer["error"]


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_file_is_refused_with_a_sentence(live, size):
    status, answer = live.json("POST", "/api/uploads", {"name": "a.csv", "size": size})
    assert status == 422
    assert "is empty" in answer["error"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"name": "a.csv"}', b'{"name": 1, "size": 1}']
    + [b'{"name": "a.csv", "size": %s}' % size for size in (b"true", b"1.5", b'"9"')],
)
def test_a_beginning_that_is_not_understood_is_refused_with_an_example(live, body):
    headers = {"Content-Type": "application/json"}
    status, answer = live.json("POST", "/api/uploads", body, **headers)
    assert status == 400
    assert '"size"' in answer["error"]


def test_a_part_of_the_wrong_size_or_number_is_refused(live):
    upload = _begin(live, "a.csv", len(CSV))
    parts = f"/api/uploads/{upload['id']}/parts"
    assert live.json("PUT", f"{parts}/0", CSV[:-1])[0] == 422
    assert live.json("PUT", f"{parts}/1", CSV)[0] == 422
    assert live.json("PUT", f"{parts}/{10**30}", CSV)[0] == 422
    assert live.json("PUT", f"{parts}/0", bytes(PART_BYTES + 1))[0] == 413


@pytest.mark.parametrize(
    "upload_id", ["nothing", "..", "%2e%2e", "a%2fb", "A" * 200, "%00"]
)
def test_an_unknown_upload_is_a_404_with_a_sentence(live, upload_id):
    for method, path in (("GET", ""), ("PUT", "/parts/0"), ("POST", "/finish")):
        status, answer = live.json(method, f"/api/uploads/{upload_id}{path}", b"x")
        assert status in (404, 405)
        assert answer["error"].endswith(".")


def test_a_cancelled_upload_is_forgotten_and_cancelling_twice_is_no_error(live):
    upload = _begin(live, "a.csv", 10)
    path = f"/api/uploads/{upload['id']}"
    assert live.json("DELETE", path) == (204, None)
    assert live.json("DELETE", path) == (204, None)
    assert live.json("GET", path)[0] == 404


@pytest.fixture
def whole(services):
    """An upload that has arrived."""
    upload = services.uploads.create("a.csv", 1)
    services.uploads.put(upload.id, 0, b"x")
    return upload


def test_an_upload_that_was_not_read_to_the_end_is_kept_and_read_again(
    client, services, whole
):
    killed = {"error": "The server was interrupted. Try again.", "again": True}
    path = f"/api/uploads/{whole.id}"
    for _ in range(MAX_TRIES - 1):
        object.__setattr__(services.jobs, "ingest", lambda _: dict(killed))
        response = client.post(f"{path}/finish")
        assert response.status_code == 503 and "Try again" in response.json["error"]
        assert int(response.headers["Retry-After"]) > 0
        assert client.get(path).json["missing"] == []
    assert client.post(f"{path}/finish").status_code == 422
    assert client.get(path).status_code == 404


def test_an_upload_that_is_deleted_while_it_is_read_is_gone(client, services, whole):
    def ingest(upload_id):
        assert client.delete(f"/api/uploads/{upload_id}").status_code == 204
        return {"error": "killed", "again": True}

    object.__setattr__(services.jobs, "ingest", ingest)
    response = client.post(f"/api/uploads/{whole.id}/finish")
    assert response.status_code == 404 and response.json["error"].endswith(".")


def test_finishing_and_deleting_at_once_never_fails(live):
    for _ in range(8):
        upload = _begin(live, "people.csv", len(CSV))
        path, answers = f"/api/uploads/{upload['id']}", []

        def ask(method, end, body=None):
            answers.append(live.json(method, f"{path}{end}", body))

        asked = [("PUT", "/parts/0", CSV), ("POST", "/finish"), ("DELETE", "")]
        _send_all(live, upload, CSV)
        threads = [threading.Thread(target=ask, args=each) for each in asked * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for status, answer in answers:
            assert status < 500 or status == 503 and "Try again" in answer["error"]


def test_a_server_that_reads_enough_tables_asks_to_try_again(client, services):
    uploads = [services.uploads.create("a.csv", 1) for _ in range(3)]
    for upload in uploads:
        services.uploads.put(upload.id, 0, b"x")
    inside, outside = threading.Barrier(3), threading.Event()

    def ingest(_):
        inside.wait(PATIENCE_SECONDS)
        outside.wait(PATIENCE_SECONDS)
        return {"error": "Stopped."}

    object.__setattr__(services.jobs, "ingest", ingest)
    *paths, path = [f"/api/uploads/{upload.id}/finish" for upload in uploads]
    post = client.application.test_client().post
    readers = [threading.Thread(target=post, args=(each,)) for each in paths]
    for reader in readers:
        reader.start()
    inside.wait(PATIENCE_SECONDS)
    response = client.post(path)
    outside.set()
    for reader in readers:
        reader.join()
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert "Try again" in response.json["error"]


def test_a_file_is_not_read_twice_at_the_same_time(client, services):
    upload = services.uploads.create("a.csv", 1)
    services.uploads.put(upload.id, 0, b"x")
    path = f"/api/uploads/{upload.id}/finish"
    answers = []

    def ingest(_):
        answers.append(client.application.test_client().post(path))
        return {"error": "Stopped."}

    object.__setattr__(services.jobs, "ingest", ingest)
    assert client.post(path).status_code == 422
    assert [answer.status_code for answer in answers] == [503]


def test_a_disk_that_is_full_is_said_in_a_sentence(client, services, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    upload = services.uploads.create("a.csv", 1)
    monkeypatch.setattr(type(services.uploads), "put", full)
    response = client.put(f"/api/uploads/{upload.id}/parts/0", data=b"x")
    assert response.status_code == 507
    assert "No space left" in response.json["error"]


@given(st.text())
def test_whatever_a_file_is_called_its_name_is_fit_for_display(name):
    safe = safe_name(name)
    assert 0 < len(safe) <= MAX_NAME
    assert safe == safe.strip()
    assert safe.isprintable()
    assert "/" not in safe and "\\" not in safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\tables\\a.csv", "a.csv"),
        ("a\x00b\n\u202ec.csv", "ab c.csv"),
        ("", "table"),
        ("x" * 300 + ".csv", "x" * 116 + ".csv"),
    ],
)
def test_a_name_loses_its_folders_and_what_is_invisible_but_keeps_its_end(name, safe):
    assert safe_name(name) == safe


def test_whoever_would_not_find_the_table_again_is_told_before_it_is_sent(settings):
    from app.app import create_server

    client = create_server(replace(settings, links_only=True)).test_client()
    announced = {"name": "a.csv", "size": 8}
    refused = client.post("/api/uploads", json=announced)
    assert refused.status_code == 403
    assert "Allow cookies for this site" in refused.json["error"]
    # The first page brings the cookie.
    client.get("/")
    assert client.post("/api/uploads", json=announced).status_code == 201
