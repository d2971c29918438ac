"""The docs say what the code does: their links lead somewhere, their blocks run or parse, and the
commands, addresses and settings that they name exist."""

import inspect
import json
import re
import tomllib
from importlib.metadata import version

import click
import pytest
import tomlkit

from shop import config, i18n
from shop.api.problems import CODES
from shop.cli import main
from shop.hooks import Hooks
from shop.registry import StorePlugins
from shop.services import auth
from tests.pages import (
    DOCS,
    NOT_RUN,
    PAGES,
    ROOT,
    Demo,
    Desk,
    blocks,
    is_run,
    prose,
    sections,
    table,
    text_of,
)

HOOKS = {name: hook for name, hook in vars(Hooks).items() if not name.startswith("_")}
WITH_SHOP = [DOCS / "operations.md", DOCS / "upgrade.md"]
"""pages whose commands need a shop that is there already"""
WITH_DEMO = [DOCS / "api.md"]
"""pages whose commands need a running demo"""

INSTEAD = {
    # it runs until it is stopped: here until the page ends
    "shop serve": """
shop serve > serve.log 2>&1 &
SERVER=$!; trap 'kill $SERVER; wait $SERVER || true' EXIT
for _ in $(seq 300); do grep -q '^ready: ' serve.log && break; kill -0 $SERVER; sleep 0.2; done
""",
    # a person reads the code in the log of the server and types it
    "read -r LOGIN_CODE": """
for _ in $(seq 100); do
  LOGIN_CODE=$(grep -o 'login_code to [^"]*' demo.log | grep -oE '[0-9]+' | sed -n 2p || true)
  [ -n "$LOGIN_CODE" ] && break; sleep 0.2
done
""",
}


def pages_with(language):
    found = [page for page in PAGES if any(map(is_run, blocks(page, language)))]
    return pytest.mark.parametrize("page", found, ids=lambda page: page.name)


def script_of(page):
    """The bash blocks of a page, one after another, as one script."""
    script = "".join(block for block in blocks(page, "bash") if is_run(block))
    for line, other in INSTEAD.items():
        script = re.sub(rf"^{re.escape(line)}\b.*$", lambda _, new=other: new, script, flags=re.M)
    return script


# -- links -----------------------------------------------------------------------------------


def anchors(page):
    """What `#…` may lead to, as GitHub makes it of headings."""
    titles = re.findall(r"^#+ (.+)$", prose(page), flags=re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)]+)\)", prose(page)):
        if target.startswith(("https://", "http://")):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def test_the_readme_links_every_page():
    readme = text_of(ROOT / "README.md")
    missing = [page.name for page in PAGES if f"({page.relative_to(ROOT)})" not in readme]
    assert missing == ["README.md"]


def test_pictures_are_small():
    assert all(path.stat().st_size < 300_000 for path in (DOCS / "images").iterdir())


# -- blocks ----------------------------------------------------------------------------------


@pages_with("bash")
def test_the_commands_of_a_page_run(page, tmp_path):
    if page.name == "README.md":
        return  # test_readme runs it and reads what it says
    if page in WITH_DEMO:
        with Demo(tmp_path) as demo:
            demo.run(script_of(page))
        return
    desk = Desk(tmp_path)
    if page in WITH_SHOP:
        desk.run("shop init . --store orchard && shop db migrate")
    desk.run(script_of(page))


def test_what_is_not_run_is_still_there():
    text = "".join(text_of(page) for page in PAGES)
    assert [start for start in [*NOT_RUN, *INSTEAD] if f"\n{start}" not in text] == []


@pages_with("toml")
def test_the_settings_of_a_page_are_taken(page):
    whole = {
        "shop": {"database": "sqlite:///shop.db", "secret": {"env": "SHOP_SECRET"}},
        "stores": {"orchard": {"name": "x", "currency": "CNY", "timezone": "UTC", "locale": "en"}},
    }
    for block in blocks(page, "toml"):
        text = tomlkit.dumps(merged(whole, tomllib.loads(block)))
        config.parse(text, env={"SHOP_SECRET": "0123456789" * 4})


def merged(one, other):
    """`other` over `one`, table by table."""
    return one | {
        name: merged(one[name], value) if isinstance(value, dict) and name in one else value
        for name, value in other.items()
    }


@pages_with("json")
def test_the_documents_of_a_page_are_json(page):
    assert all(json.loads(block) for block in blocks(page, "json"))


@pages_with("python")
def test_the_python_of_a_page_runs(page):
    space: dict = {}
    for block in blocks(page, "python"):
        exec(block, space)
    if page.name == "hooks.md":
        plugins = StorePlugins([space["HappyHour"]()])
        assert [name for name, _ in plugins.calls("price_lines")] == ["happy_hour"]


# -- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page):
    for words in re.findall(r"`(?:[A-Z_]+=\S+ )?shop ([a-z][^`]*)`", prose(page)):
        command, names = main, words.split()
        while names and isinstance(command, click.Group):
            assert names[0] in command.commands, words
            command = command.commands[names.pop(0)]
        options = {name for option in command.params for name in option.opts}
        assert {name for name in names if name.startswith("--")} <= options, words


@pytest.mark.sqlite_only
def test_every_address_that_a_page_names_exists(client):
    paths = client.get("/api/v1/openapi.json").json["paths"]
    known = {
        f"{method.upper()} {without_names(path.removeprefix('/api/v1/{store}'))}"
        for path, methods in paths.items()
        for method in methods
    }
    for page in PAGES:
        named = re.findall(r"\b(GET|POST|PATCH|PUT|DELETE) (/[\w{}/.-]*)", text_of(page))
        for method, path in named:
            assert f"{method} {without_names(path)}" in known, f"{page.name}: {method} {path}"


def without_names(path):
    """A path with its parameters called nothing."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_every_code_of_the_table_of_errors_has_its_words():
    for status, means, *_ in table(sections(DOCS / "api.md")["Errors"]):
        for code in re.findall(r"`([a-z]+(?:_[a-z]+)+)`", means):
            assert code in {*i18n.catalogue("en"), *CODES.values()}, status


def test_the_scopes_of_each_role_are_the_codes():
    rows = {row[0]: row[3] for row in table(sections(DOCS / "api.md")["Roles, tokens, scopes"])}
    for role, scopes in {
        "customer": auth.CUSTOMER_SCOPES,
        "clerk": auth.CLERK_SCOPES,
        "owner": auth.OWNER_SCOPES,
    }.items():
        assert tuple(re.findall(r"`([a-z]+:[a-z]+|\*)`", rows[role])) == scopes


def test_the_changelog_begins_with_the_version_that_is_installed():
    assert next(iter(sections(ROOT / "CHANGELOG.md"))) == version("minishop")


# -- hooks -----------------------------------------------------------------------------------


def test_every_hook_has_its_section_and_no_section_is_left_over():
    assert list(sections(DOCS / "hooks.md")) == list(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hooks_section_begins_with_its_exact_signature(name):
    signature = inspect.signature(HOOKS[name])
    arguments = [argument for argument in signature.parameters if argument != "self"]
    expected = f"`{name}({', '.join(arguments)}) -> {signature.return_annotation}`"
    assert sections(DOCS / "hooks.md")[name].strip().splitlines()[0] == expected
