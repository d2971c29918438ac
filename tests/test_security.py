"""The rows of docs/security.md and docs/reliability.md name tests that there are; and what needs a
look at the code itself."""

import ast
import re
import ssl

import httpcore
import pytest

from tests.pages import DOCS, ROOT, text_of

NAMED = re.compile(r"`((?:tests|plugins)/[\w/]*test_\w+\.py)`((?: cases?(?: \d+,?| and \d+)+)?)")
PAGES = ("security.md", "reliability.md")


def listed_in(path):
    return re.findall(r"^\s*def (test_\w+)", (ROOT / path).read_text("utf-8"), re.M)


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_is_there(page):
    named = NAMED.findall(text_of(DOCS / page))
    assert len(named) > 20
    for path, cases in named:
        if path.startswith("plugins/") and not (ROOT / path).parents[1].is_dir():
            continue  # the plugin was taken away, with its tests
        found = listed_in(path)
        assert found, path
        for number in re.findall(r"\d+", cases):
            assert any(f"case_{int(number):02}_" in name for name in found), f"{path} case {number}"


def test_no_row_is_without_what_shows_it():
    text = (
        text_of(DOCS / "security.md").partition("## Level 1 and 2")[2].partition("## Not held")[0]
    )
    rows = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 50
    for row in rows:
        assert NAMED.search(row), row


def sources():
    for folder in ("shop", "plugins"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "/tests/" not in str(path):
                yield path, ast.parse(path.read_text("utf-8"))


FORBIDDEN = {
    "pickle", "marshal", "shelve", "xml", "yaml", "random", "telnetlib", "ftplib", "jwt",
}  # fmt: skip


def test_nothing_that_should_not_be_there_is_imported_or_called():
    """No way to run what somebody wrote, no numbers that can be guessed, no weak hash."""
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names = {(node.module or "").partition(".")[0]} if not node.level else set()
            else:
                names = set()
            assert not names & FORBIDDEN, (path, names)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "__import__"), path
            if isinstance(node, ast.Call) and any(k.arg == "shell" for k in node.keywords):
                raise AssertionError(f"{path} starts a shell")
            if isinstance(node, ast.Attribute) and node.attr in ("md5", "sha1"):
                assert "totp" in path.name, path  # RFC 6238 says SHA-1, and authenticator apps do


def test_certificates_are_checked_outwards():
    context = httpcore._ssl.default_ssl_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.sqlite_only
def test_a_method_that_nobody_serves_is_405_and_no_answer_tells_of_the_inside(shop):
    assert not shop.app.debug
    for path in ("/", "/products", "/admin/orders"):
        answer = shop.client.open(shop.url(path), method="TRACE")
        assert answer.status_code == 405
        assert "Werkzeug" not in str(answer.headers)
