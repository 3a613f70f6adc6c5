"""Old images are deleted through the real gcloud; those that serve, or may serve again, are kept."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from tests.cloud.commands import deploy, released
from tests.cloud.fake.cloud import APP_NAME

LONG_AGO = datetime(2020, 1, 1, tzinfo=timezone.utc)


def digests(cloud) -> set[str]:
    return {image.digest for image in cloud.registry.images(APP_NAME)}


def test_prune_keeps_what_serves_what_is_good_what_is_new_and_what_people_tagged(cloud):
    old = [
        cloud.image("good", f"g{n:07x}", uploaded=LONG_AGO + timedelta(days=n))
        for n in range(5)
    ]
    tagged = cloud.image("good", "v1.0", uploaded=LONG_AGO)
    revisions = [released(cloud) for _ in range(3)]
    serving = {cloud.revisions()[name].digest for name in revisions}
    for digest in serving:
        cloud.registry.set_uploaded(APP_NAME, digest, LONG_AGO - timedelta(days=9))
    preview = cloud.image("good", uploaded=LONG_AGO - timedelta(days=10))
    assert deploy(cloud, "preview", "7", preview, "--within", "10").code == 0

    dry = deploy(cloud, "prune", "--keep", "2", "--keep-good", "2", "--dry-run")
    assert dry.code == 0, dry.err
    assert "4 of 10 would be deleted" in dry.out
    assert len(digests(cloud)) == 10

    done = deploy(cloud, "prune", "--keep", "2", "--keep-good", "2")
    assert done.code == 0, done.err
    first, second, third = (cloud.revisions()[name].digest for name in revisions)
    assert digests(cloud) == {*old[3:], tagged, second, third, preview}
    assert first not in digests(cloud)
    assert deploy(cloud, "smoke", cloud.url()).code == 0
    assert deploy(cloud, "rollback", "--watch", "0").code == 0


def containers(image: str) -> dict:
    return {"spec": {"containers": [{"image": image}]}}


def resource(kind: str, name: str, spec: dict, status: dict | None = None) -> dict:
    """A document of Cloud Run."""
    return {
        "apiVersion": "run.googleapis.com/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "labels": {
                "cloud.googleapis.com/location": "europe-west1",
                "run.googleapis.com/workerPool": "pool",
            },
        },
        "spec": spec,
        "status": status or {},
    }


def test_prune_keeps_what_jobs_and_worker_pools_need(cloud):
    old = [
        cloud.image("good", f"g{n:07x}", uploaded=LONG_AGO + timedelta(days=n))
        for n in range(9)
    ]
    name = "gcr.io/demo-proj/dashboard"
    job, by_tag, begun, ended, next_one, works, rests = old[:7]
    released(cloud)

    def job_of(image: str) -> dict:
        return {"template": {"spec": {"template": containers(image)}}}

    def pool_revision(revision: str, image: str) -> dict:
        done = {"imageDigest": image, "conditions": []}
        return resource("Revision", revision, containers(image)["spec"], done)

    begun_one = {"template": containers(f"{name}@{begun}")}
    ended_one = {"template": containers(f"{name}@{ended}")}
    splits = [{"revisionName": "pool-1", "percent": 100}, {"revisionName": "pool-0"}]
    pool = {"template": containers(f"{name}@{next_one}")}
    cloud.rollout.others = {
        "jobs": [
            resource("Job", "nightly", job_of(f"{name}@{job}")),
            resource("Job", "weekly", job_of(f"{name}:g0000001")),
        ],
        "executions": [
            resource("Execution", "a", begun_one),
            resource("Execution", "b", ended_one, {"completionTime": "2026-01-01"}),
        ],
        "workerpools": [
            resource("WorkerPool", "pool", pool, {"instanceSplits": splits})
        ],
        "revisions": [
            pool_revision("pool-1", f"{name}@{works}"),
            pool_revision("pool-0", f"{name}@{rests}"),
        ],
    }
    done = deploy(cloud, "prune", "--keep", "1", "--keep-good", "1")
    assert done.code == 0, done.err
    kept = digests(cloud)
    assert {job, by_tag, begun, next_one, works} <= kept
    assert not kept & {ended, rests, *old[7:]}


@pytest.mark.parametrize("kind", ["jobs", "workerpools"])
def test_nothing_is_deleted_while_it_is_unknown_what_else_runs(cloud, kind):
    released(cloud)
    cloud.image("good", "g0000000", uploaded=LONG_AGO)
    cloud.fail("GET", f"/{kind}", 500, times=50)
    before = digests(cloud)
    assert deploy(cloud, "prune", "--keep", "1", "--keep-good", "1").code == 1
    assert digests(cloud) == before


def test_an_image_that_cannot_be_deleted_is_a_warning(cloud):
    released(cloud)
    for n in range(3):
        cloud.image("good", f"g{n:07x}", uploaded=LONG_AGO + timedelta(days=n))
    cloud.fail("DELETE", "/versions/", 403, body="manifest is referenced")
    done = deploy(cloud, "prune", "--keep", "1", "--keep-good", "1")
    assert done.code == 0, done.err
    assert "could not be deleted" in done.out
    assert "2 deleted, 2 kept" in done.out


def test_nothing_is_deleted_while_it_is_unknown_what_serves(cloud):
    released(cloud)
    cloud.image("good", "g0000000", uploaded=LONG_AGO)
    cloud.fail("GET", "/services", 500, times=50)
    before = digests(cloud)
    done = deploy(cloud, "prune", "--keep", "1", "--keep-good", "1")
    assert done.code == 1
    assert digests(cloud) == before


def test_an_empty_registry_has_nothing_to_clean_up(cloud):
    done = deploy(cloud, "prune")
    assert done.code in (0, 1), done.err
