"""Metrics of several processes in one bounded piece of memory: exact, and harmless when it is full."""

import os

import pytest
from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from shop.api import metrics
from shop.data import sharedmetrics

pytestmark = pytest.mark.sqlite_only


@pytest.fixture
def place(tmp_path):
    assert sharedmetrics.share(tmp_path / "metrics", 2)
    yield tmp_path / "metrics"
    sharedmetrics.unshare()


@pytest.fixture
def figures():
    """New metrics: those of the API keep the values that they have in this process."""
    made = (
        Counter("shop_tries", "Tries", ["who"]),
        Histogram("shop_waits_seconds", "Waits", ["who"], buckets=(1, 2)),
        Gauge("shop_level", "A gauge", ["who"]),
    )
    yield made
    for metric in made:
        REGISTRY.unregister(metric)


def worker(work):
    """Run `work` in a fork with a slot of its own, as the master does it."""
    slot = sharedmetrics.lease()
    pid = os.fork()
    if pid == 0:
        try:
            sharedmetrics.attach(slot)
            work()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    return slot


def shown():
    registry = CollectorRegistry()
    registry.register(metrics._Workers())
    text = generate_latest(registry).decode()
    return dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def test_counts_of_all_workers_are_added_up_and_survive_them(place, figures):
    tries, waits, level = figures

    def work():
        tries.labels("a").inc()
        tries.labels('odd "name"\n').inc(2.5)
        for seconds in (0.5, 0.7, 1.5, 9):
            waits.labels("a").observe(seconds)
        level.labels("a").set(7)

    slots = [worker(work), worker(work)]
    before = shown()
    assert before['shop_tries_total{who="a"}'] == "2.0"
    assert before['shop_tries_total{who="odd \\"name\\"\\n"}'] == "5.0"
    buckets = [before[f'shop_waits_seconds_bucket{{le="{le}",who="a"}}'] for le in ("1.0", "2.0", "+Inf")]  # fmt: skip
    assert buckets == ["4.0", "6.0", "8.0"]
    assert before['shop_waits_seconds_count{who="a"}'] == "8.0"
    assert float(before['shop_waits_seconds_sum{who="a"}']) == pytest.approx(23.4)
    for slot in slots:
        sharedmetrics.release(slot)
    assert shown() == before
    sharedmetrics.release(worker(work))
    assert shown()['shop_tries_total{who="a"}'] == "3.0"


def test_what_finds_no_room_is_not_counted_and_fails_nothing(place, figures, caplog):
    tries, *_ = figures

    def work():
        for number in range(20_000):
            tries.labels(str(number)).inc()
        tries.labels("0").inc()

    slot = worker(work)
    found = shown()
    assert found['shop_tries_total{who="0"}'] == "2.0"
    assert 1000 < len(found) < 20_000
    sharedmetrics.release(slot)
    assert shown() == found


def test_more_workers_than_slots_count_for_themselves(place, figures):
    tries, *_ = figures
    while sharedmetrics.lease():
        pass
    worker(lambda: tries.labels("a").inc())
    assert shown() == {}


def test_another_process_reads_what_a_server_counts_and_nothing_when_it_has_ended(place, figures):
    tries, *_ = figures
    worker(lambda: tries.labels("a").inc(3))
    found = sharedmetrics.samples(sharedmetrics.read(place))
    assert found["shop_tries"] == [("shop_tries_total", (("who", "a"),), 3.0)]
    sharedmetrics.unshare()
    assert sharedmetrics.read(place) is None


def test_only_such_memory_is_read(tmp_path):
    for name, target in (("gone", "/nowhere"), ("null", "/dev/null"), ("file", tmp_path / "x")):
        (tmp_path / "x").write_bytes(b"x" * 10_000)
        (tmp_path / name).symlink_to(target)
        assert sharedmetrics.read(tmp_path / name) is None
