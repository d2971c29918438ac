"""Words in both languages, and a README that tells every setting as it is."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from shop_plugins.flash_sale.settings import FlashSaleSettings

FOLDER = Path(__file__).parent.parent
RAISED = re.compile(r"(?:\b(?:Reject|Conflict|Problem|i18n\.say)\(\s*|\"code\": )\"([a-z_]+)\"")

SAID = re.compile(r"_\(['\"](flash_sale_\w+)['\"]")


def codes():
    texts = [path.read_text("utf-8") for path in FOLDER.glob("*.py")]
    core = {"unknown_sku", "sku_twice", "not_tracked", "precondition_failed", "over_limit"}
    return {code for text in texts for code in RAISED.findall(text)} - core


def drawn():
    """The codes that its pages say; of one put together, `_('flash_sale_page_' ~ state)`, all ends."""
    texts = [path.read_text("utf-8") for path in FOLDER.glob("templates/*/*.html")]
    said = {code for text in texts for code in SAID.findall(text)}
    ends = {f"flash_sale_page_{end}" for end in ("soon", "over")}
    return said - {"flash_sale_page_"} | (ends if "flash_sale_page_" in said else set())


def words(locale):
    with (FOLDER / "locale" / f"{locale}.po").open("rb") as file:
        return {str(m.id): str(m.string) for m in read_po(file, locale=locale) if m.id}


def test_every_code_has_words_in_both_languages_with_the_same_facts():
    english, chinese = words("en"), words("zh_Hans")
    assert codes() | drawn() == set(english) == set(chinese)
    for code, text in english.items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", chinese[code])), code


@pytest.fixture
def told():
    """{setting: default} of the README's table."""
    readme = (FOLDER / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \| \S.*\|$", readme, re.M)
    return dict(rows)


def test_the_readme_names_every_setting_with_its_default(told):
    defaults = {
        name: str(field.load_default).lower()
        if isinstance(field.load_default, bool)
        else f'"{field.load_default}"'
        if isinstance(field.load_default, str)
        else str(field.load_default)
        for name, field in FlashSaleSettings().fields.items()
    }
    assert told == defaults
