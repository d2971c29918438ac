"""Edits keep what a person wrote, say what they did and refuse to break the file."""

import stat

import pytest

from shop import config
from shop.config import edit as configedit
from shop.errors import ConfigError

STORE = {
    "name": '果园 "小" 店',
    "currency": "CNY",
    "timezone": "Asia/Shanghai",
    "locale": "zh_Hans",
}


@pytest.fixture
def path(tmp_path):
    return configedit.create(tmp_path / "new", "orchard", STORE)


def test_a_new_instance_is_good_and_its_secret_is_its_own(path, tmp_path):
    made = config.load(path)
    assert made.stores["orchard"].name == STORE["name"]
    env = path.parent / ".env"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert made.secret in env.read_text()
    other = configedit.create(tmp_path / "other", "orchard", STORE, mode="demo", workers=3)
    assert config.load(other).secret != made.secret
    assert config.load(other).workers == 3


def test_a_new_instance_never_overwrites_and_never_leaves_half_of_itself(path, tmp_path):
    with pytest.raises(ConfigError, match="there already"):
        configedit.create(path.parent, "orchard", STORE)
    with pytest.raises(ConfigError, match="did you mean Asia/Shanghai"):
        configedit.create(tmp_path / "bad", "orchard", STORE | {"timezone": "Asia/Shangai"})
    assert not (tmp_path / "bad").exists()


def test_a_change_keeps_comments_and_is_told_in_a_line(path):
    before = path.read_text("utf-8")
    text, line = configedit.set_key(before, "stores.orchard.currency", "EUR")
    assert line == 'stores.orchard.currency: "CNY" -> "EUR"'
    assert text == before.replace('currency = "CNY"', 'currency = "EUR"')
    text, line = configedit.set_key(text, "shop.limits.lines", 5)
    assert line == "shop.limits.lines: (not set) -> 5"
    text, _ = configedit.set_key(text, "stores.orchard.plugins.points.rate", 2)
    configedit.save(path, text)
    made = config.load(path)
    assert made.limits.lines == 5
    assert made.stores["orchard"].plugins == {"points": {"rate": 2}}
    assert "# stands in .env" in text


NEXT = "\n# One table per store.\n[stores.orchard]\n"


@pytest.mark.parametrize(
    "own, more",
    [
        ('[shop]\ndatabase = "x"  # here\n', NEXT),
        ("[shop]\n", NEXT),
        ('[shop]\ndatabase = "x"\n', "\n# Bounds.\n[shop.limits]\nlines = 5\n" + NEXT),
        ("[shop]\nlimits.lines = 5\n", NEXT),
        ('[shop]\ndatabase = "x"\n', "\n# The end.\n"),
        ('[shop]\ndatabase = "x"\n', ""),
    ],
)
def test_a_new_key_stands_below_the_last_of_its_table(own, more):
    text, _ = configedit.set_key(own + more, "shop.plugins", ["plugins"])
    assert text == f'{own}plugins = ["plugins"]\n{more}'
    text, _ = configedit.set_key(text, "shop.workers", 3)
    assert text == f'{own}plugins = ["plugins"]\nworkers = 3\n{more}'


def test_what_is_unset_is_gone(path):
    text, _ = configedit.set_key(path.read_text("utf-8"), "shop.limits.lines", 5)
    text, line = configedit.unset_key(text, "shop.limits.lines")
    assert line == "shop.limits.lines: 5 -> (not set)"
    configedit.save(path, text)
    assert config.load(path).limits.lines == 100
    with pytest.raises(ConfigError, match="is not set"):
        configedit.unset_key(text, "shop.limits.lines")


def test_a_change_that_breaks_the_file_is_not_written(path):
    before = path.read_text("utf-8")
    text, _ = configedit.set_key(before, "stores.orchard.wrong", 1)
    with pytest.raises(ConfigError, match="unknown"):
        configedit.save(path, text)
    assert path.read_text("utf-8") == before
    with pytest.raises(ConfigError, match="not a table"):
        configedit.set_key(before, "stores.orchard.name.first", 1)


@pytest.mark.parametrize(
    "typed, value",
    [("5", 5), ("true", True), ('"5"', "5"), ("新店", "新店"), ("[1, 2]", [1, 2]), ("a b", "a b")],
)
def test_what_a_person_types_is_toml_where_it_can_be(typed, value):
    assert configedit.value_of(typed) == value
