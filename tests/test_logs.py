"""Lines of JSON, and none holds a secret."""

import json
import logging

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
    logs.access([{"method": "GET", "path": "/", "status": 200, "request_id": "x", "at": 0}])
    assert said() == []
