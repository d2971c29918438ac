"""The server as its operator knows it: it starts only on a good shop, takes a new file by SIGHUP,
refuses a bad one, and ends without dropping what it is doing."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest

from shop import db
from tests.live import Live
from tests.tools.waiting import PATIENCE, wait_for

WORDS = b'{"lines": [], "contact": {"name": "x", "phone": "+8613000000001"}}'


@pytest.fixture
def served(shop, tmp_path, database_url):
    live = Live(tmp_path, database_url).start()
    yield live
    live.stop()


def half_a_request(live):
    """A request that is running: its head and half of its body are there, the rest is not."""
    connection = socket.create_connection(("127.0.0.1", live.port))
    head = (
        "POST /api/v1/orchard/orders HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Idempotency-Key: 0123456789abcdef\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(WORDS)}\r\n\r\n"
    )
    connection.sendall(head.encode() + WORDS[:10])
    return connection


def the_rest(connection):
    connection.sendall(WORDS[10:])
    with connection, connection.makefile("rb") as answer:
        return answer.readline().decode().split()[1]


@pytest.mark.slow
def test_case_85_requests_that_run_at_sigterm_are_answered(served):
    running = [half_a_request(served) for _ in range(8)]
    begun, answered, stop = [], [], threading.Event()

    def load():
        while not stop.is_set():
            try:
                with httpx.Client() as client:
                    answered.append(client.get(f"{served.url}/").status_code)
            except httpx.ConnectError:
                return
            except httpx.TransportError:  # accepted by nobody before the listener closed
                begun.append(1)

    threads = [threading.Thread(target=load) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    found = [the_rest(connection) for connection in running]
    stop.set()
    for thread in threads:
        thread.join()
    assert served.process.wait(PATIENCE) == 0
    assert len(found) == 8
    assert set(found) == {"422"}
    assert answered
    assert set(answered) == {200}


@pytest.mark.sqlite_only
def test_sighup_takes_the_new_file_and_refuses_a_bad_one(served):
    path = served.folder / "shop.toml"
    text = path.read_text("utf-8")
    wait_for(lambda: len(served.workers()) == 2)  # one alone answers already
    workers = served.workers()
    path.write_text(text.replace("CNY", "CNYX"), "utf-8")
    served.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "refused" in served.output())
    assert "stores.orchard.currency" in served.output()
    assert served.workers() == workers
    assert httpx.get(f"{served.url}/").json()["name"] == "果园小店"
    path.write_text(text.replace("果园小店", "新果园"), "utf-8")
    served.process.send_signal(signal.SIGHUP)
    wait_for(lambda: not set(workers) & set(served.workers()))
    assert httpx.get(f"{served.url}/").json()["name"] == "新果园"


@pytest.mark.sqlite_only
@pytest.mark.slow
def test_workers_share_their_metrics_and_one_leads_the_jobs(served):
    for _ in range(20):
        httpx.get(f"{served.url}/")
    text = httpx.get(f"http://127.0.0.1:{served.port}/metrics").text
    line = 'shop_request_seconds_count{method="GET",route="/api/v1/<string:store>/",status="200"}'
    assert f"{line} 20.0" in text
    lines = [json.loads(line) for line in served.output().splitlines() if line.startswith("{")]
    assert sum(line["event"] == "request" for line in lines) >= 20


@pytest.mark.sqlite_only
@pytest.mark.slow
def test_tables_older_than_the_code_are_refused_with_what_to_do(tmp_path):
    live = Live(tmp_path, "sqlite:///empty.db")
    command = [sys.executable, "-m", "shop.cli", "--config", str(tmp_path / "shop.toml")]
    refused = subprocess.run([*command, "serve", "--port", str(live.port)], capture_output=True)
    assert refused.returncode == 1
    assert b"core 0001_initial" in refused.stderr
    assert b"shop db migrate" in refused.stderr
    migrated = subprocess.run([*command, "db", "migrate"], capture_output=True)
    assert migrated.returncode == 0
    live.start()
    assert live.stop() == 0


@pytest.mark.sqlite_only
def test_a_bad_file_is_refused_with_every_mistake(tmp_path):
    (tmp_path / "shop.toml").write_text("[shop]\n[stores.x]\n")
    command = [sys.executable, "-m", "shop.cli", "--config", str(tmp_path / "shop.toml")]
    refused = subprocess.run([*command, "serve"], capture_output=True, text=True)
    assert refused.returncode != 0
    for mistake in ("shop.database: missing", "shop.secret: missing", "stores.x.name: missing"):
        assert mistake in refused.stderr


def test_a_kill_of_a_worker_is_healed_by_the_master(served):
    before = served.workers()
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: len(served.workers()) == 2 and before[0] not in served.workers())
    assert httpx.get(f"{served.url}/").status_code == 200
    assert db.value("SELECT 1") == 1
