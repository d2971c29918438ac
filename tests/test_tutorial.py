"""The tutorial is done as a reader does it: files are written as they stand, commands are run, and
what they say is compared."""

import re

import pytest

from tests.pages import DOCS, Desk, fences

PAGE = DOCS / "plugin-tutorial.md"
FILE = re.compile(r"(?:# |<!-- )(plugins/\S+)")
"""the first line of a block that is a file"""
ON_SQLITE = "-p no:cacheprovider -k 'not postgres or migrations'"
"""what of the plugins' own tests is run here: on the other database only their tables"""
AT_START = """
set +m
SERVER=
stop() { [ -z "$SERVER" ] || { kill $SERVER; wait $SERVER || true; }; SERVER=; }
trap stop EXIT
"""
SERVE = """
stop
shop serve > serve.log 2>&1 &
SERVER=$!
for _ in $(seq 900); do grep -q '^ready: ' serve.log && break; kill -0 $SERVER; sleep 0.2; done
"""
"""instead of stopping and starting a server in another terminal"""


def is_file(block):
    return FILE.match(block)


def laid_out(folder):
    """(one script that does all of the page, [the text expected of each step or None]); the files
    wait in `folder` until their turn."""
    parts, said = [AT_START], []
    for place, (language, block) in enumerate(fences(PAGE)):
        if found := is_file(block):
            (folder / str(place)).write_text(block, "utf-8")
            parts.append(f"install -D -m 644 {folder / str(place)} {found[1]}\n")
        elif language == "bash":
            block = re.sub(r"^shop serve$", SERVE, block, flags=re.M)
            parts.append(f"echo '@@ {len(said)}'\n{block}")
            said.append(None)
        elif language == "text":
            said[-1] = block
    return "".join(parts), said


def any_numbers(text):
    """The number of an order may be another."""
    return re.sub(r"\b\d{8}\b", "N", text).strip()


def test_every_block_is_a_file_a_command_or_what_is_said():
    assert {language for language, block in fences(PAGE) if not is_file(block)} == {"bash", "text"}
    last = ""
    for language, _ in fences(PAGE):
        assert language != "text" or last == "bash"
        last = language


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    whole, said = laid_out(tmp_path_factory.mktemp("files"))
    desk = Desk(tmp_path_factory.mktemp("tutorial"))
    desk.env["PYTEST_ADDOPTS"] = ON_SQLITE
    output = desk.run(whole, 900)
    parts = re.split(r"^@@ \d+\n", output, flags=re.M)[1:]
    return list(zip(parts, said, strict=True))


@pytest.mark.slow
def test_the_tutorial_runs_and_says_what_it_says(steps):
    for real, expected in steps:
        if expected is not None:
            assert any_numbers(real) == any_numbers(expected)
