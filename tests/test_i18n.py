"""Every code that is refused with has its words, in both languages, with the same facts."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from shop import i18n
from shop.api.problems import CODES

SHOP = Path(i18n.__file__).parent
RAISED = re.compile(r"\b(?:Reject|Conflict|Problem)\(\s*\"([a-z_]+)\"|code=\"([a-z_]+)\"")


def codes():
    found = {"not_found", "invalid", *CODES.values()} - {"error"}
    found |= {f"status_{status}" for status in CODES}
    for path in SHOP.rglob("*.py"):
        for groups in RAISED.findall(path.read_text("utf-8")):
            found.add(next(filter(None, groups)))
    return found - {"over_limit"}  # only in an example of how to refuse


def facts(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_code_has_words(locale):
    assert sorted(codes() - set(i18n.catalogue(locale))) == []


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_no_code_stands_twice_in_a_catalogue(locale):
    text = (SHOP / "locale" / f"{locale}.po").read_text("utf-8")
    found = re.findall(r'^msgid "(.+)"$', text, re.M)
    assert sorted({code for code in found if found.count(code) > 1}) == []
    with (SHOP / "locale" / f"{locale}.po").open("rb") as file:
        read_po(file, locale=locale, abort_invalid=True)


def test_both_languages_name_the_same_codes_and_facts():
    english, chinese = (i18n.catalogue(locale) for locale in ("en", "zh_Hans"))
    assert sorted(english) == sorted(chinese)
    for code, text in english.items():
        if isinstance(text, str):
            assert facts(text) == facts(str(chinese[code])), code


@pytest.mark.parametrize(
    "accept, locale",
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh_Hans"),
        ("zh", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("en-GB,en;q=0.9", "en"),
        ("fr;q=0.9, en;q=0.3", "en"),
        ("de", "zh_Hans"),
        ("*", "zh_Hans"),
        ("garbage;q=x", "zh_Hans"),
        ("zh-TW", "zh_Hans"),
    ],
)
def test_the_best_language_that_we_speak_is_chosen(accept, locale):
    assert i18n.negotiate(accept, "zh_Hans") == locale


def test_what_a_library_says_of_a_field_is_said_in_chinese_too():
    said = "Must be greater than or equal to 1 and less than or equal to 100."
    assert i18n.translate(said, "zh_Hans") == "须在 1 到 100 之间。"
    assert i18n.translate(said, "en") == said
    assert i18n.translate("never heard of 7", "zh_Hans") == "never heard of 7"
