"""The README says what happens: its walk is run as it stands, against a demo."""

import json
import re

import httpx
import pytest

from tests.pages import ROOT, Demo, blocks, is_run, text_of

README = ROOT / "README.md"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with Demo(tmp_path_factory.mktemp("readme")) as demo:
        yield demo


def any_numbers(text):
    """The number of an order and how many checks there are may be others."""
    return re.sub(r"\b\d{8}\b|\d+(?= checks)", "N", text)


def test_the_walk_of_the_readme_buys_and_prints_what_it_says(demo):
    said = demo.run("".join(filter(is_run, blocks(README, "bash"))))
    [expected] = blocks(README, "text")
    assert any_numbers(said) == any_numbers(expected)


def test_the_demo_has_as_many_products_as_the_readme_says(demo):
    [said] = re.findall(r"with (\d+) products", text_of(README))
    keys = json.loads((demo.folder / "var/demo/keys.json").read_text())
    address = f"{keys['url']}/api/v1/{keys['store']}/products?limit=100"
    assert len(httpx.get(address).json()["items"]) == int(said)
