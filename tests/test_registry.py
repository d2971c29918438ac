"""Plugins are found in folders, checked before anything runs, and ordered by the owner."""

import textwrap

import pytest

from shop import config
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

    def find(sources, lines=""):
        for name, source in sources.items():
            (tmp_path / "mine" / name).mkdir(parents=True, exist_ok=True)
            (tmp_path / "mine" / name / "plugin.py").write_text(textwrap.dedent(source))
        text = CONFIG.format(database="sqlite:///x.db", secret=SECRET, stores=lines)
        text = text.replace("[stores.orchard]", 'plugins = ["mine"]\n[stores.orchard]', 1)
        return Registry(config.parse(text, tmp_path))

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


def test_the_order_of_the_file_is_the_order_of_precedence(found):
    body = "@hookimpl\n    def present(self, ctx, kind, objects):\n        return self.name"
    sources = {f"reg_{n}": source(f"reg_{n}", body) for n in ("a", "b", "c")}
    lines = "".join(f"[stores.orchard.plugins.reg_{n}]\n" for n in ("b", "c", "a"))
    plugins = found(sources, lines).stores["orchard"]
    answers = plugins.ask("present", ctx=None, kind="product", objects=[])
    assert [name for name, _ in answers] == ["reg_b", "reg_c", "reg_a"]
    assert {plugin for plugin, _ in plugins.seconds} == {"reg_a", "reg_b", "reg_c"}


def test_everything_wrong_with_plugins_is_told_at_once(found):
    sources = {
        "reg_broken": "import nothing_of_this_name",
        "reg_old": source("reg_old", "shop_api = 0"),
        "reg_two": source("reg_two") + "class Other(Plugin):\n    name = 'other'\n",
        "reg_good": source("reg_good"),
    }
    lines = (
        "[stores.orchard.plugins.reg_good]\nrate = 10\nrat = 1\n[stores.orchard.plugins.reg_gone]\n"
    )
    told = problems(found, sources, lines)
    for expected in (
        "plugin reg_broken: ModuleNotFoundError: No module named 'nothing_of_this_name'",
        "plugin reg_old: made for hook API 0, this is 1",
        "stores.orchard.plugins.reg_good.rat: unknown, did you mean rate?",
    ):
        assert expected in told
    assert any(line.startswith("plugin reg_two: ") and "one subclass" in line for line in told)
    assert any(line.startswith("stores.orchard.plugins.reg_good.rate: ") for line in told)
    assert any(line.startswith("stores.orchard.plugins.reg_gone: no such plugin") for line in told)


def test_a_misspelt_hook_is_refused(found):
    body = "@hookimpl\n    def check_quotes(self, ctx, quote):\n        return []"
    lines = "[stores.orchard.plugins.reg_typo]\n"
    [told] = problems(found, {"reg_typo": source("reg_typo", body)}, lines)
    assert "check_quotes" in told


def test_safe_mode_starts_bare(found, monkeypatch):
    monkeypatch.setenv("SHOP_SAFE_MODE", "1")
    lines = "[stores.orchard.plugins.reg_wreck]\n"
    registry = found({"reg_wreck": "raise SystemError"}, lines)
    assert registry.installed == {}
    assert registry.stores["orchard"].names == ()
