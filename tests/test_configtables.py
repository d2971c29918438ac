"""Plugins are switched on, moved and taken out by the line; whatever else a person wrote stays."""

import tomllib

import pytest

from shop.config import tables as configtables
from shop.errors import ConfigError

FILE = """\
# our shop

[shop]
database = "sqlite:///shop.db"     # on this machine

[stores.orchard]
name = "果园"
description = \"\"\"
[stores.orchard.plugins.not_a_table]
\"\"\"

[stores.orchard.orders]
transfer_hours = 24

# five minutes, as agreed in May
[stores.orchard.plugins.sale]
minutes = 5
# limit = 2
[stores.orchard.plugins.cards]
[[stores.orchard.plugins.cards.steps]]
at = 10
[[stores.orchard.plugins.cards.steps]]
at = 20

# ------------ the other shop ------------

[stores.bakery]
name = "面包房"
[stores.bakery.plugins]
cards = { }
sale.minutes = 3

# the end
"""


def on(text, store="orchard"):
    return configtables.enabled(text, store)


def gained(before, after):
    return configtables.changed(before, after)


def test_a_plugin_is_switched_on_last_by_one_line():
    after = configtables.enable(FILE, "orchard", "gifts", {})
    assert on(after) == ["sale", "cards", "gifts"]
    assert gained(FILE, after) == ["+ [stores.orchard.plugins.gifts]"]
    assert after.index("gifts") > after.index("at = 20")
    assert after.index("gifts") < after.index("the other shop")


def test_its_settings_come_with_it():
    settings = {"text": "为你", "limit": 3, "steps": [1, 2], "wrap.paper": "red"}
    after = configtables.enable(FILE, "orchard", "gifts", settings)
    assert tomllib.loads(after)["stores"]["orchard"]["plugins"]["gifts"] == {
        "text": "为你",
        "limit": 3,
        "steps": [1, 2],
        "wrap": {"paper": "red"},
    }
    assert len(gained(FILE, after)) == 5


def test_it_comes_before_the_one_that_is_named_and_above_that_ones_comment():
    after = configtables.enable(FILE, "orchard", "gifts", {}, before="sale")
    assert on(after) == ["gifts", "sale", "cards"]
    assert gained(FILE, after) == ["+ [stores.orchard.plugins.gifts]"]
    assert after.index("gifts") < after.index("# five minutes")
    with pytest.raises(ConfigError, match="nothing: is not switched on"):
        configtables.enable(FILE, "orchard", "gifts", {}, before="nothing")


def test_one_that_is_on_takes_settings_and_moves_with_all_it_has():
    after = configtables.enable(FILE, "orchard", "sale", {"minutes": 7, "limit": 1})
    assert on(after) == ["sale", "cards"]
    assert gained(FILE, after) == ["- minutes = 5", "+ minutes = 7", "+ limit = 1"]
    moved = configtables.enable(FILE, "orchard", "cards", {}, before="sale")
    assert on(moved) == ["cards", "sale"]
    before, after = (tomllib.loads(text)["stores"]["orchard"]["plugins"] for text in (FILE, moved))
    assert before == after
    assert configtables.enable(FILE, "orchard", "sale", {}, before="sale") == FILE
    assert configtables.enable(FILE, "orchard", "cards", {}) == FILE


def test_switching_on_and_off_again_leaves_the_file_as_it_was():
    for before in ("", "sale", "cards"):
        after = configtables.enable(FILE, "orchard", "gifts", {"x": 1}, before=before)
        assert configtables.disable(after, "orchard", "gifts")[0] == FILE, before
    bare = FILE[: FILE.index("[stores.orchard.orders]")].rstrip() + "\n"
    after = configtables.enable(bare, "orchard", "gifts", {})
    assert after == bare + "\n[stores.orchard.plugins.gifts]\n"
    assert configtables.disable(after, "orchard", "gifts")[0] == bare


def test_what_is_taken_out_is_told_so_that_it_can_be_put_back():
    after, gone = configtables.disable(FILE, "orchard", "sale")
    assert gone == [
        "# five minutes, as agreed in May",
        "[stores.orchard.plugins.sale]",
        "minutes = 5",
        "# limit = 2",
    ]
    assert FILE.replace("\n".join(gone) + "\n", "") == after
    after, gone = configtables.disable(FILE, "orchard", "cards")
    assert gone[0] == "[stores.orchard.plugins.cards]"
    assert len(gone) == 5
    assert "# ------------ the other shop ------------" in after


def test_other_ways_to_write_a_table_are_edited_too():
    after, gone = configtables.disable(FILE, "bakery", "cards")
    assert gone == ["cards = { }"]
    assert on(after, "bakery") == ["sale"]
    after = configtables.enable(FILE, "bakery", "gifts", {"x": 1})
    assert on(after, "bakery") == ["cards", "sale", "gifts"]
    inline = FILE.replace("[stores.bakery.plugins]\n", "").replace(
        "cards = { }\nsale.minutes = 3", "plugins = { cards = {}, sale = { minutes = 3 } }"
    )
    after, _ = configtables.disable(inline, "bakery", "cards")
    assert on(after, "bakery") == ["sale"]


def test_a_file_that_cannot_be_edited_safely_is_refused():
    inline = 'stores = { orchard = { name = "x", plugins = { cards = {} } } }\n'
    with pytest.raises(ConfigError, match="only you can edit"):
        configtables.enable(inline, "orchard", "gifts", {})
    with pytest.raises(ConfigError, match="no such store"):
        configtables.enable(FILE, "market", "gifts", {})
    with pytest.raises(ConfigError, match="is not switched on"):
        configtables.disable(FILE, "orchard", "gifts")


def test_a_store_whose_tables_stand_apart_is_one_store():
    apart = FILE + "\n[stores.orchard.plugins.late]\nx = 1\n"
    after = configtables.enable(apart, "orchard", "gifts", {})
    assert on(after) == ["sale", "cards", "late", "gifts"]
    assert on(configtables.disable(after, "orchard", "late")[0]) == ["sale", "cards", "gifts"]
