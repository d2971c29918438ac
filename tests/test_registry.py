"""Plugins are found in folders, checked before anything runs, and ordered by the owner."""

import textwrap

import pytest

from shop import config, db
from shop.errors import ConfigError
from shop.registry import Registry
from shop.testing import CONFIG, SECRET

STORE = """
[stores.bakery]
name = "面包房"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""


@pytest.fixture
def found(tmp_path):
    """A registry over a folder of plugins: `found({"name": "source"}, "lines of shop.toml")`."""

    def find(sources, lines="", **options):
        for name, source in sources.items():
            (tmp_path / "mine" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "mine" / name / "plugin.py").write_text(textwrap.dedent(source))
        text = CONFIG.format(database="sqlite:///x.db", secret=SECRET, stores=lines)
        text = text.replace("[stores.orchard]", 'plugins = ["mine"]\n[stores.orchard]', 1)
        return Registry(config.parse(text, tmp_path), **options)

    return find


def source(name, body="pass", settings=""):
    return f"""
from marshmallow import Schema, fields, validate
from shop.plugin import Plugin, hookimpl
class Settings(Schema):
    rate = fields.Integer(load_default=1, validate=validate.Range(1, 9))
class Stamps(Plugin):
    name, version, Settings = "{name}", "1.0", Settings
    {body}
"""


def problems(call, *arguments):
    with pytest.raises(ConfigError) as refused:
        call(*arguments)
    return refused.value.problems


def test_a_plugin_of_a_folder_is_installed_and_on_where_its_table_stands(found):
    lines = "[stores.orchard.plugins.reg_one]\nrate = 3\n" + STORE
    registry = found({"reg_one": source("reg_one")}, lines)
    assert registry.installed["reg_one"].folder.name == "reg_one"
    assert registry.stores["orchard"].names == ("reg_one",)
    assert registry.stores["orchard"].settings["reg_one"].rate == 3
    assert registry.stores["bakery"].names == ()


def test_the_order_of_the_file_is_the_order_of_precedence(found, tmp_path):
    body = "@hookimpl\n    def present(self, ctx, kind, objects):\n        return self.name"
    sources = {f"reg_{n}": source(f"reg_{n}", body) for n in ("a", "b", "c")}
    lines = "".join(f"[stores.orchard.plugins.reg_{n}]\n" for n in ("b", "c", "a"))
    plugins = found(sources, lines).stores["orchard"]
    db.connect(f"sqlite:///{tmp_path / 'shop.db'}")
    answers = list(plugins.ask("present", ctx=None, kind="product", objects=[]))
    assert [name for name, _ in answers] == ["reg_b", "reg_c", "reg_a"]
    db.database.close()
    assert {plugin for plugin, _ in plugins.seconds} == {"reg_a", "reg_b", "reg_c"}


BROKEN = {
    "reg_broken": ("import nothing_of_this_name", "ModuleNotFoundError: No module named"),
    "reg_syntax": (
        "x = 1\ndef half(:\n",
        "SyntaxError: invalid syntax (mine/reg_syntax/plugin.py:2)",
    ),
    "reg_raises": ("\ndef f():\n    return 1 // 0\nf()\n", "plugin.py:3)"),
    "reg_exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "reg_old": (source("reg_old", "shop_api = 0"), "made for hook API 0, this is 1"),
    "reg_two": (source("reg_two") + "class Other(Plugin):\n    name = 'other'\n", "one subclass"),
    "reg_other": (source("reg_another"), "its name must be that of its folder, reg_other"),
    "cart": (source("cart"), "the name cart is the core's"),
    "reg_typo": (
        source("reg_typo", "@hookimpl\n    def check_quotes(self, ctx, quote):\n        return []"),
        "no hook is called check_quotes, did you mean check_quote? (mine/reg_typo/plugin.py:8)",
    ),
    "reg_args": (
        source("reg_args", "@hookimpl\n    def check_quote(self, cart):\n        return []"),
        "check_quote is not given cart, only ctx, quote (mine/reg_args/plugin.py:8)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_stops_the_start_only_where_it_is_switched_on(found, caplog, name):
    text, reason = BROKEN[name]
    sources = {name: text, "reg_good": source("reg_good")}
    registry = found(sources, "[stores.orchard.plugins.reg_good]\n")
    assert reason in registry.broken[name]
    assert name in caplog.text
    assert name not in registry.installed
    assert registry.stores["orchard"].names == ("reg_good",)
    assert registry.stores["orchard"].off.names.count(name) == 0
    [told] = problems(found, sources, f"[stores.orchard.plugins.{name}]\n")
    assert told == f"stores.orchard.plugins.{name}: {registry.broken[name]}"


def test_everything_wrong_with_plugins_is_told_at_once(found):
    lines = (
        "[stores.orchard.plugins.reg_good]\nrate = 10\nrat = 1\n[stores.orchard.plugins.reg_gone]\n"
        "[stores.orchard.plugins.reg_broken]\n[stores.orchard.plugins.reg_init]\n"
    )
    sources = {
        "reg_broken": BROKEN["reg_broken"][0],
        "reg_init": source("reg_init", "def __init__(self, settings):\n        1 // 0"),
        "reg_good": source("reg_good"),
    }
    told = problems(found, sources, lines)
    path = "stores.orchard.plugins"
    for expected in (
        f"{path}.reg_broken: ModuleNotFoundError: No module named 'nothing_of_this_name'"
        " (mine/reg_broken/plugin.py:1)",
        f"{path}.reg_good.rat: unknown, did you mean rate?",
        f"{path}.reg_init: ZeroDivisionError: integer division or modulo by zero"
        " (mine/reg_init/plugin.py:9)",
    ):
        assert expected in told
    assert any(line.startswith(f"{path}.reg_good.rate: ") for line in told)
    assert any(line.startswith(f"{path}.reg_gone: no such plugin") for line in told)


def test_those_who_mend_see_a_shop_with_mistakes_too(found):
    sources = {"reg_broken": BROKEN["reg_broken"][0], "reg_good": source("reg_good")}
    lines = "[stores.orchard.plugins.reg_broken]\n[stores.orchard.plugins.reg_good]\n"
    registry = found(sources, lines, strict=False)
    assert [line.partition(": ")[0] for line in registry.problems] == [
        "stores.orchard.plugins.reg_broken"
    ]
    assert registry.stores["orchard"].names == ("reg_good",)


def test_safe_mode_starts_bare(found, monkeypatch):
    monkeypatch.setenv("SHOP_SAFE_MODE", "1")
    lines = "[stores.orchard.plugins.reg_wreck]\n"
    registry = found({"reg_wreck": "raise SystemError"}, lines)
    assert registry.installed == {}
    assert registry.stores["orchard"].names == ()
