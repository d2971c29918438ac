"""What the owner may write; the page that says so, and the words of both languages."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from marshmallow import ValidationError

from shop_plugins.points.settings import PointsSettings

FOLDER = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"earn_per_unit": -1}, "earn_per_unit"),
        ({"earn_per_unit": 1.5}, "earn_per_unit"),
        ({"earn_per_unit": "2"}, None),
        ({"earn_unit": 0}, "earn_unit"),
        ({"greatest_share": 101}, "greatest_share"),
        ({"least_share": 60}, "least_share"),
        ({"expires_days": 7}, "expires_days"),
        ({"earn_per_unit": 101}, "earn_per_unit"),
        ({"notice_hour": 24}, "notice_hour"),
        ({"earns": 1}, "earns"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, field):
    with pytest.raises(ValidationError) as refused:
        PointsSettings().load(wrong)
    assert field is None or field in refused.value.messages


def test_points_need_not_expire():
    assert PointsSettings().load({"expires_days": 0, "available_days": 30})["expires_days"] == 0


def test_the_readme_lists_every_setting_with_its_default():
    text = (FOLDER / "README.md").read_text("utf-8")
    text = text.partition("## Settings")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+?) \|", text, re.M))
    fields = PointsSettings().fields
    assert rows == {name: str(field.load_default) for name, field in fields.items()}


def messages(locale):
    with (FOLDER / "locale" / f"{locale}.po").open("rb") as file:
        found = read_po(file, locale=locale, abort_invalid=True)
    return {message.id: message.string for message in found if message.id}


def test_both_languages_say_the_same_with_the_same_facts():
    english, chinese = messages("en"), messages("zh_Hans")
    assert list(english) == sorted(chinese)
    for code, text in english.items():
        names = [
            {name for _, name, _, _ in string.Formatter().parse(said) if name}
            for said in (text, chinese[code])
        ]
        assert names[0] == names[1], code
        assert code.startswith("points_")


def test_every_code_that_is_said_has_words():
    source = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    codes = set(re.findall(r'"(points_(?!expiring)[a-z_]+[a-z])"', source))
    assert codes - set(messages("en")) == set()
