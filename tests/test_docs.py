"""The docs say what the code does: their links lead somewhere, their blocks run or parse, and the
commands, addresses and settings that they name exist."""

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
from shop.people import auth
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
    run_python,
    sections,
    table,
    text_of,
)

WITH_SHOP = [DOCS / "operations.md", DOCS / "upgrade.md"]
"""pages whose commands need a shop that is there already"""
WITH_DEMO = [DOCS / "api.md"]
"""pages whose commands need a running demo"""
RUN_ELSEWHERE = [ROOT / "README.md", DOCS / "plugin-tutorial.md"]
"""by test_readme and test_tutorial, which read what they say too"""

INSTEAD = {
    # it runs until it is stopped: here until the page ends
    "shop serve": """
shop serve > serve.log 2>&1 &
SERVER=$!; trap 'kill $SERVER; wait $SERVER || true' EXIT
for _ in $(seq 900); do grep -q '^ready: ' serve.log && break; kill -0 $SERVER; sleep 0.2; done
""",
    # a person reads the code in the log of the server and types it
    "read -r LOGIN_CODE": """
for _ in $(seq 900); do
  LOGIN_CODE=$(grep -o 'login_code to [^"]*' demo.log | grep -oE '[0-9]+' | sed -n 2p || true)
  [ -n "$LOGIN_CODE" ] && break; sleep 0.2
done
""",
}


def pages_with(language, shown=PAGES):
    """Parametrize by the pages with blocks of `language`; those not in `shown` wait for the drill."""
    found = [
        pytest.param(page, id=page.name, marks=[pytest.mark.slow] * (page not in shown))
        for page in PAGES
        if any(map(is_run, blocks(page, language)))
    ]
    return pytest.mark.parametrize("page", found)


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
        if name.startswith(("plugins/", "../plugins/")) and not path.parent.exists():
            continue  # a plugin may be taken away, and its pages with it
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


def test_the_readme_links_every_page():
    readme = text_of(ROOT / "README.md")
    missing = [page.name for page in PAGES if f"({page.relative_to(ROOT)})" not in readme]
    assert missing == ["README.md"]


def test_pictures_are_small():
    assert all(path.stat().st_size < 300_000 for path in (DOCS / "images").iterdir())


# -- blocks ----------------------------------------------------------------------------------


@pages_with("bash", [ROOT / "README.zh.md"])
def test_the_commands_of_a_page_run(page, tmp_path):
    if page in RUN_ELSEWHERE:
        return
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
    if page not in RUN_ELSEWHERE:
        run_python(page)


# -- names -----------------------------------------------------------------------------------


OF_GIFT_WRAP = [DOCS / "plugin-tutorial.md", DOCS / "plugins.md"]
"""pages about a plugin that is not there; the tutorial's test makes it"""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page):
    for words in re.findall(r"`(?:[A-Z_]+=\S+ )?shop ([a-z][^`]*)`", prose(page)):
        command, names = main, words.split()
        if page in OF_GIFT_WRAP and names[0] == "gift-wrap":
            continue
        while names and isinstance(command, click.Group):
            command = command.get_command(click.Context(command), names.pop(0))
            assert command is not None, words
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
    for page in [page for page in PAGES if page not in OF_GIFT_WRAP]:
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
