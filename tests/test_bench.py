"""The benchmark runs: its requests are answered, its figures add up. Speed is not tested here."""

import itertools
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from bench import growth
from bench.load import Sample, load, request
from bench.report import Fact, Figures, facts_markdown, markdown
from bench.workloads import Workload

ROOT = Path(__file__).parent.parent


def sample(times, seconds=1.0, **errors):
    made = Sample(seconds, 0.1, sorted(times))
    made.errors.update(errors)
    return made


def test_a_ratio_is_taken_within_a_round_and_the_median_over_rounds():
    figures = Figures(Workload("list", lambda: iter([]), target=0.4))
    for shop, hello in ((50, 100), (30, 100), (100, 200)):
        figures.add(sample([0.001] * hello), sample([0.002] * shop))
    assert (figures.ratio, min(figures.ratios), max(figures.ratios)) == (0.5, 0.3, 0.5)
    assert figures.p50s == [2.0] * 3
    assert figures.met is True
    assert "| list | 0.50 | 0.30 - 0.50 |  | >= 0.4 | yes |" in markdown([figures], "A run")


def test_a_target_for_the_slowest_counts_too():
    figures = Figures(Workload("checkout", lambda: iter([]), target=0.4, tail=8))
    figures.add(sample([0.001] * 100), sample([0.001] * 95 + [0.02] * 5))
    assert figures.ratio == 1.0
    assert figures.met is False


def test_errors_of_either_side_are_kept():
    figures = Figures(Workload("list", lambda: iter([])))
    figures.add(sample([0.001]), sample([0.001], status_500=2))
    assert figures.errors == {"status_500": 2}


def test_the_whole_benchmark_runs_on_a_small_shop():
    words = [
        "--part",
        "rates",
        "--products",
        "300",
        "--orders",
        "30",
        "--rounds",
        "1",
        "--seconds",
        "0.1",
        "--no-write",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "bench", *words], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "checkout" in done.stdout


def test_growth_is_what_a_call_takes_in_the_largest_shop_against_the_smallest():
    done = []
    ratios = growth.ratios((300, 600), 1, done.append)
    assert set(ratios) == set(growth.WHAT)
    assert all(0.1 < ratio < 10 for ratio in ratios.values())
    assert done == [0.5, 1.0]


def test_a_fact_keeps_its_bound_or_not():
    assert Fact("x", [1.0, 1.2, 9.0], 1.3).met is True
    assert Fact("x", [1.0, 1.4, 9.0], 1.3).met is False
    assert Fact("x", [1.0], 0.9, least=True).met is True
    assert Fact("x", [1.0]).met is None
    text = facts_markdown([Fact("x", [1.0, 1.2, 9.0], 1.3)], "Title", "Words.")
    assert "| x | 1.20 | 1.00 - 9.00 | <= 1.3 | yes |" in text


@pytest.fixture
def port():
    """A server that answers 200, 503, 200, … over kept-alive connections."""
    statuses = itertools.cycle([200, 503])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(next(statuses))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_an_answer_with_another_status_is_an_error_and_no_time(port):
    found = load(port, itertools.repeat(request("GET", "/")), 200, 0.1, clients=1)
    assert found.times
    assert abs(found.errors["status 503"] - len(found.times)) <= 1
    assert found.quantile(0.5) <= found.quantile(0.99)
