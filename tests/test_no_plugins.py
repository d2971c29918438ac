"""The core knows no plugin, no plugin knows another, and whatever is removed, the rest stands."""

import ast
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PLUGINS = sorted(path.parent.name for path in ROOT.glob("plugins/*/plugin.py"))
OTHER_SENSES = {
    "points": "pickup points: the modules, rows, paths and blueprints of where orders are fetched",
    "console": "the terminal that commands print to",
}
"""names of plugins that are words of the core's too, and what they mean there"""
CORE = [
    *("tests/test_registry.py", "tests/test_testing.py", "tests/test_layers.py"),
    *(f"tests/domain/test_{name}.py" for name in ("quote", "orders", "refunds", "pickup", "fsck")),
    *(f"tests/api/test_{name}.py" for name in ("openapi", "products", "carts", "orders")),
    *(f"tests/cli/test_{name}.py" for name in ("people", "catalogue")),
]
"""what is run of the core when every plugin is gone"""
SHARED = [
    *("tests/test_docs.py", "tests/test_registry.py", "tests/test_public_names.py"),
    *("tests/test_plugin_readmes.py", "tests/pairs", "tests/together"),
]
"""what is run when one is: tests that are about whichever plugins there are"""
LONG = ("crashes", "drill", "machine", "oracle", "races")
"""tests of a plugin that take long and cannot tell whether another one is there"""


def trees(folder):
    for path in sorted(folder.rglob("*.py")):
        yield path.relative_to(ROOT), ast.parse(path.read_text("utf-8"))


@cache
def words_of_core():
    """[(path, word)] of all of `shop/`."""
    return [(path, word) for path, tree in trees(ROOT / "shop") for word in words_of(tree)]


def words_of(tree):
    """Every identifier and string literal, a docstring aside."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.alias):
            yield from node.name.split(".")
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
        ):
            yield node.value


def sayings(name):
    """How a plugin may be spelt: as a name, as a class, in an address."""
    return {name, "".join(part.capitalize() for part in name.split("_")), name.replace("_", "-")}


@pytest.mark.parametrize("name", [name for name in PLUGINS if name not in OTHER_SENSES])
def test_no_identifier_and_no_literal_of_the_core_names_a_plugin(name):
    """Nor does a text begin with its name and a colon, as keys, pools and counters do."""
    found = [
        f"{path}: {word!r}"
        for path, word in words_of_core()
        if word in sayings(name)
        or word.startswith((f"{name}:", f"{name}.", f"shop_plugins.{name}"))
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(OTHER_SENSES))
def test_a_word_with_another_sense_is_never_used_as_a_plugins_name(name):
    """Where the core speaks to plugins, each by its name: `by_name["…"]`, `settings("…")`."""
    asked = re.compile(
        rf"(by_name(\.get)?|settings|installed(\.get)?|render|schedule)[\[(][^\])]*[\"']{name}[\"']"
        rf"|shop_plugins\.{name}\b|[\"']{name}:|source\s*==\s*[\"']{name}[\"']"
    )
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in sorted((ROOT / "shop").rglob("*.py"))
        for line in path.read_text("utf-8").splitlines()
        if asked.search(line)
    ]
    assert found == []


def test_the_core_speaks_of_the_terminal_alone_as_a_console():
    """As a variable and as what `rich` calls it; no text of the core is that word, or begins so, but
    the name that a browser has for what scripts print."""
    found = [
        f"{path}: {word!r}"
        for path, tree in trees(ROOT / "shop")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(word := node.value, str)
        if re.match(r"/?console(\b|_)", word)
    ]
    assert found == ["shop/testing/browser.py: 'console'"]


def imports_of(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_the_core_imports_no_plugin():
    found = [
        f"{path}: {name}"
        for path, tree in trees(ROOT / "shop")
        for name in imports_of(tree)
        if name.split(".")[0] in ("shop_plugins", "plugins")
    ]
    assert found == []


@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_imports_no_other_and_not_the_inside_of_the_api(name):
    for path, tree in trees(ROOT / "plugins" / name):
        for module in imports_of(tree):
            first, *rest = module.split(".")
            assert first != "shop_plugins" or rest[:1] == [name], f"{path} imports {module}"
            assert first != "plugins", f"{path} imports {module}"
            assert not f"{module}.".startswith("shop.api."), f"{path}: {module} is not public"
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                depth = len(path.parts) - 2 - node.level
                assert depth >= 0, f"{path}: a relative import leads out of the plugin"


# -- removed ---------------------------------------------------------------------------------


def copy(folder, *removed):
    """The checkout without some of its plugins."""
    listed = subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], cwd=ROOT, text=True
    )
    for name in filter(None, listed.split("\0")):
        source, parts = ROOT / name, Path(name).parts
        if not source.is_file() or (parts[0] == "plugins" and parts[1] in removed):
            continue
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    (folder / "plugins").mkdir(exist_ok=True)
    return folder


def run(folder, *words):
    env = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"[-10_000:]
    return done.stdout


def stands(folder, *tests, but=""):
    """It imports, a shop of it can be made, and its tests pass."""
    code = "import shop; print(shop.__file__)"
    env = {**os.environ, "PYTHONPATH": str(folder)}
    found = subprocess.check_output([sys.executable, "-c", code], cwd=folder, env=env, text=True)
    assert Path(found.strip()).is_relative_to(folder)
    run(folder, "shop.cli", "init", "own", "--store", "orchard")
    config = ("--config", "own/shop.toml")
    run(folder, "shop.cli", *config, "db", "migrate")
    run(folder, "shop.cli", *config, "check")
    run(folder, "pytest", "-q", "-p", "no:cacheprovider", "-k", f"not postgres{but}", *tests)


@pytest.mark.slow
def test_with_every_plugin_removed_the_core_stands(tmp_path):
    folder = copy(tmp_path / "bare", *PLUGINS)
    assert list((folder / "plugins").glob("*/plugin.py")) == []
    stands(folder, *CORE)


@pytest.mark.slow
@pytest.mark.parametrize("name", PLUGINS)
def test_a_plugin_stands_alone(tmp_path, name):
    """Its own tests, but the long ones, pass though every other plugin is removed."""
    folder = copy(tmp_path / "alone", *(other for other in PLUGINS if other != name))
    stands(folder, f"plugins/{name}/tests", but="".join(f" and not test_{word}" for word in LONG))


@pytest.mark.slow
@pytest.mark.parametrize("name", PLUGINS)
def test_with_a_plugin_removed_the_others_stand(tmp_path, name):
    """What is about several of them is run. Each one's own tests pass without any other, as is shown
    above; the commands of the pages, and the controls, are run by the suite."""
    folder = copy(tmp_path / "rest", name)
    stands(folder, *SHARED, but=" and not commands_of_a_page and not found_out")
