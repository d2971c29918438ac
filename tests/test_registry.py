"""Plugins are found in folders, checked before anything runs, and ordered by the owner."""

import textwrap

import pytest

from shop import api, config, db
from shop.errors import ConfigError
from shop.loading import plugincheck
from shop.loading.registry import Registry
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


HEAD = """
import click
from shop import Blueprint, PUBLIC, Plugin, hookimpl

blp = Blueprint("reg_bad", __name__)

"""
MISTAKES = {
    "comands: unknown, did you mean commands?": "comands = ()",
    "settings: unknown, did you mean Settings?": "version, settings = '1', None",
    "open_works: unknown, did you mean open_work?": "def open_works(self, ctx): ...",
    "check_quote is a hook: write @hookimpl above it": "def check_quote(self, quote): ...",
    "commands must be a tuple of click commands, it is a Group": "commands = click.Group('reg-bad')",
    "models must be a tuple of models, it is a list": "models = []",
    "blueprints must be a tuple of blueprints, it is a tuple of str": "blueprints = ('blp',)",
    "pages must be a tuple of Flask blueprints, it is a Blueprint": "pages = blp",
    "modes must be a tuple of live, demo, test, it is a str": "modes = ('demo')",
    "companions must be a tuple of command lines, each a tuple of words, it is a tuple of str": (
        "companions = ('reg-bad', 'serve')"
    ),
    "permissions must be a mapping {scope: what it allows}, it is a tuple of str": (
        "permissions = ('reg_bad.read',)"
    ),
    "periodic must be a mapping {job: seconds}, it is a dict": "periodic = {'tick': '60'}",
    "providers must be a tuple of payment providers, it is a tuple of type": "providers = (dict,)",
    "OrderOptions must be a Schema, it is a dict": "OrderOptions = {}",
    "the command greet must be called reg-bad, or reg-bad-…": "commands = (click.Group('greet'),)",
}


def bad(body, head=HEAD):
    """The plugin reg_bad, of these lines."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{head}class Bad(Plugin):\n    name = 'reg_bad'\n{lines}"


@pytest.mark.parametrize("words", MISTAKES)
def test_a_class_that_would_be_passed_over_in_silence_is_refused_with_its_line(found, words):
    registry = found({"reg_bad": bad(MISTAKES[words])})
    line = "" if words.startswith("the command") else " (mine/reg_bad/plugin.py:9)"
    assert registry.broken == {"reg_bad": f"{words}{line}"}


@pytest.mark.parametrize(
    "needs, hint",
    [
        ("me:reed", ", did you mean me:read? (mine/reg_bad/plugin.py:7)"),
        ("reg_bad.red", ", did you mean reg_bad.read? (mine/reg_bad/plugin.py:7)"),
        ("magic", ", give it to `permissions` as reg_bad.… (mine/reg_bad/plugin.py:7)"),
        ("me:read", None),
        ("orders:refund", None),
        ("reg_bad.read", None),
        ("", None),
    ],
)
def test_a_route_needs_a_scope_that_there_is(found, needs, hint):
    view = f"@blp.get('/reg-bad/x', needs='{needs}')\ndef reg_bad_x(): ...\n"
    body = "blueprints = (blp,)\npermissions = {'reg_bad.read': 'See it'}"
    broken = found({"reg_bad": bad(body, HEAD + view)}).broken
    assert broken == ({"reg_bad": f'reg_bad_x: no scope is called "{needs}"{hint}'} if hint else {})


def test_every_scope_of_the_core_is_known():
    """Those that its own routes need, no more and no less."""
    needed = {needs for blueprint in api.blueprints() for _, needs in blueprint.views}
    assert needed - {"", "*"} == plugincheck.CORE_SCOPES


def test_a_helper_of_the_class_may_have_any_name_that_is_far_from_ours(found):
    body = (
        "def goods(self): ...\nlabel = 'x'\n_comands = ()\n@hookimpl\ndef present(self): return {}"
    )
    assert found({"reg_bad": bad(body)}).broken == {}


def test_all_that_is_wrong_with_a_class_is_told_at_once(found):
    body = "comands = ()\nmodels = []\n@hookimpl\ndef presents(self): ..."
    told = found({"reg_bad": bad(body)}).broken["reg_bad"].split("; ")
    assert told == [
        "no hook is called presents, did you mean present? (mine/reg_bad/plugin.py:11)",
        "comands: unknown, did you mean commands? (mine/reg_bad/plugin.py:9)",
        "models must be a tuple of models, it is a list (mine/reg_bad/plugin.py:10)",
    ]


def test_a_periodic_job_needs_a_handler_where_it_is_on(found):
    body = "periodic = {'forget': 60}\ndef jobs(self): return {'forgot': print}"
    sources = {"reg_bad": bad(body)}
    assert found(sources).broken == {}
    assert problems(found, sources, "[stores.orchard.plugins.reg_bad]\n") == [
        "stores.orchard.plugins.reg_bad: periodic names forget, jobs() has no handler of that"
        " name, did you mean forgot?"
    ]


@pytest.mark.parametrize(
    "files, told",
    [
        ({"en": "one", "zh_Hans": "one"}, None),
        ({"en": "one", "zh_Hans": "two"}, "locale/zh_Hans.po has no words for one; locale/en.po has no words for two"),
        ({"en": "one"}, "locale/zh_Hans.po has no words for one"),
        ({"en": "one", "zh_Hans": 'x"\nmsgstr'}, "locale/zh_Hans.po cannot be read: "),
    ],
)  # fmt: skip
def test_a_code_has_words_in_every_language(found, tmp_path, files, told):
    folder = tmp_path / "mine" / "reg_bad" / "locale"
    folder.mkdir(parents=True)
    for locale, code in files.items():
        (folder / f"{locale}.po").write_text(f'msgid "{code}"\nmsgstr "words"\n', "utf-8")
    broken = found({"reg_bad": bad("pass")}).broken
    assert broken.get("reg_bad", "").startswith(told or "")
    assert bool(broken) == bool(told)
