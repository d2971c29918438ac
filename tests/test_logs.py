"""Lines of JSON, and none holds a secret."""

import errno
import json
import logging
import subprocess
import sys

import pytest
import structlog

from shop import logs

TOKEN = "st_0123456789abcdefghijklmnopqrstuv"


@pytest.fixture
def said(capsys):
    """The lines that were written; the loggers are put back afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_both_ways_of_logging_give_the_same_line(said):
    logs.setup("info")
    logging.getLogger("shop.test").info("order %s is paid", "A1")
    structlog.get_logger("shop.test").info("paid", order="A1")
    first, second = said()
    assert first["event"] == "order A1 is paid"
    assert second["order"] == "A1"
    for line in (first, second):
        assert line["level"] == "info"
        assert line["logger"] == "shop.test"
        assert line["timestamp"].endswith("Z")


def test_tokens_and_passwords_never_reach_the_log(said):
    logs.setup("info")
    logging.getLogger("shop").warning("header was Bearer %s, link ?token=%s", TOKEN, TOKEN)
    structlog.get_logger("shop").warning("login", password="apple pie", token=TOKEN, note=TOKEN)
    try:
        raise ValueError(f"bad {TOKEN} in stores.orchard.currency")
    except ValueError:
        logging.getLogger("shop").exception("failed")
    text = json.dumps(said())
    assert TOKEN[3:] not in text
    assert "apple pie" not in text
    assert "ValueError" in text
    assert "stores.orchard.currency" in text


def test_a_level_that_is_off_writes_nothing(said):
    logs.setup("warning")
    structlog.get_logger("shop").info("quiet")
    logs.access({"method": "GET", "path": "/", "status": 200, "request_id": "x"})
    assert said() == []


def test_a_log_that_cannot_be_written_fails_nobody():
    """stderr lies on a disk that is full."""
    words = (
        "import logging; from shop import logs; logs.setup();"
        "facts = {'method': 'GET', 'path': '/', 'status': 200, 'request_id': 'x'};"
        "logs.access(facts); logging.getLogger('shop').error('lost'); print('goes on')"
    )
    with open("/dev/full", "wb") as full:
        run = subprocess.run([sys.executable, "-c", words], stdout=subprocess.PIPE, stderr=full)
    assert run.stdout == b"goes on\n"


def test_a_line_that_was_cut_off_is_completed_before_the_next(monkeypatch, capfd):
    room, written = [0], []

    def write(file, data):
        if not room[0]:
            raise OSError(errno.ENOSPC, "no space left on device")
        part = data[: room[0]]
        room[0] -= len(part)
        written.append(part)
        return len(part)

    out = logs._Stderr()
    with capfd.disabled():
        monkeypatch.setattr(logs.os, "write", write)
        for size, line in ((5, '{"a": 1}\n'), (0, "lost\n"), (2, "lost\n"), (99, '{"b": 2}\n')):
            room[0] = size
            out.write(line)
        monkeypatch.undo()
    assert b"".join(written) == b'{"a": 1}\n{"b": 2}\n'
