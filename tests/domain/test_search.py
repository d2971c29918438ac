"""A word is found however it is spelled: without accents, in another case, decomposed."""

import unicodedata

import pytest

from shop import db
from shop.catalog import products, reindexing, search

pytestmark = pytest.mark.both_databases


def sell(ctx, title, **more):
    variant = {"sku": f"S-{abs(hash(title))}", "price": 100}
    return products.create(ctx, {"title": title, "variants": [variant], **more})


@pytest.mark.parametrize(
    "title, asked",
    [
        ("Crème brûlée", "creme brulee"), ("Crème brûlée", "CRÈME BRÛLÉE"), ("Creme brulee", "crème"),
        ("İstanbul", "istanbul"), ("İstanbul", "ISTANBUL"), ("Kadın", "kadin"), ("Straße", "strasse"),
        ("Strasse", "straße"), ("Smørrebrød", "smorrebrod"), ("Smørrebrød", "smoerrebroed"),
        ("Käse", "kase"), ("Käse", "kaese"), ("Łódź", "lodz"), ("Œuf", "oeuf"), ("Đặc biệt", "dac biet"),
        ("Ёлка", "елка"), ("Crème brûlée", "brul"), ("ＣＡＦÉ", "cafe"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_do_not_matter_when_indexing_or_asking(shop, title, asked, form):
    made = sell(shop.ctx, unicodedata.normalize(form, title))
    sell(shop.ctx, "Other")
    assert search.query(shop.ctx, unicodedata.normalize(form, asked)) == [made]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("title, other", [("がっこう", "か"), ("ไม้", "ไม"), ("हिन्दी", "हन्द")])
def test_marks_that_make_another_letter_are_kept(shop, title, other):
    assert search.plain(title) == unicodedata.normalize("NFKC", title).casefold()
    assert search.plain(title) != search.plain(other)


def outdate(product_id):
    """The terms as they were before accents were folded."""
    db.change("DELETE FROM search_term WHERE product_id = ?", product_id)
    db.link("search_term", "store, term, product_id", ("orchard", "crème", product_id))


def test_terms_of_before_an_upgrade_are_made_anew_once_the_jobs_run(shop, monkeypatch):
    monkeypatch.setattr(reindexing, "STEP", 2)
    made = [sell(shop.ctx, f"Crème {number}") for number in range(5)]
    for product_id in made:
        outdate(product_id)
    assert search.query(shop.ctx, "creme") == []
    shop.run_jobs()
    assert search.query(shop.ctx, "creme") == made
    assert db.value("SELECT COUNT(*) FROM search_term WHERE term = 'crème'") == 0


@pytest.mark.sqlite_only
def test_terms_that_are_right_are_not_written_again(shop):
    sell(shop.ctx, "Crème brûlée")
    statements = []
    with db.watched(statements.append):
        reindexing.refresh(shop.ctx, {})
    assert not [sql for sql in statements if not sql.lstrip().startswith("SELECT")]
