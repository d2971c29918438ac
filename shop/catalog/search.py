"""Finding products by words: CJK uni- and bigrams and Latin words, in an ordinary table.

The same statements run on both databases, and none of them is a LIKE: what a stranger types is
only ever compared with whole terms, both without accents. Every statement reads a bounded number of rows, however
common a word is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

from shop import db
from shop.context import Context

MOST_TERMS = 400
"""of one product"""
MOST_ASKED = 8
"""of one query; the rest of it is not read"""
CANDIDATES = 500
"""the most products that a query finds"""
READ = 5000
"""the most entries of its rarest term that a query reads"""
LONGEST = 64
SHORTEST_PREFIX = 3

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
WORDS = re.compile(rf"([{CJK}]+)|((?:(?![{CJK}])[^\W_])+)")

ACCENT = re.compile(r"[\u0300-\u036f]")
"""what stands above or below a letter; the marks of Japanese, Thai and Hindi letters mean more"""
PLAIN = str.maketrans(
    {
        "ø": "o",
        "æ": "ae",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "ħ": "h",
        "ı": "i",
        "ł": "l",
        "þ": "th",
        "ŧ": "t",
    }
)
SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
"""how some write what their keyboard does not have"""

CLEAR = "DELETE FROM search_term WHERE product_id IN (??) AND store || '' = ?"
COUNT = """
SELECT {place}, (SELECT COUNT(*) FROM (
  SELECT 1 FROM search_term WHERE store = ? AND term = ? LIMIT {most}) AS entry)"""
FIND = """
SELECT a.product_id FROM (
  SELECT product_id FROM search_term WHERE store = ? AND term = ? ORDER BY product_id LIMIT {read}
) AS a {where} LIMIT {most}"""
ALSO = """EXISTS (
  SELECT 1 FROM search_term b WHERE b.store = ? AND b.term = ? AND b.product_id = a.product_id)"""


def terms(text: str) -> set[str]:
    """The terms a text is found by: `红富士 Apple` -> 红 富 士 红富 富士 apple. At most 400."""
    found: set[str] = set()
    for run, word in _words(text):
        if word:
            found.add(word[:LONGEST])
        else:
            found.update(run)
            found.update(run[i : i + 2] for i in range(len(run) - 1))
        if len(found) >= MOST_TERMS:
            break
    return set(sorted(found)[:MOST_TERMS])


def asked(text: str) -> list[str]:
    """The terms that a query must find, at most 8: bigrams of a CJK run, its only character, or
    a word."""
    wanted: dict[str, None] = {}
    for run, word in _words(text[:1000]):
        if word or len(run) == 1:
            wanted[word[:LONGEST] or run] = None
        else:
            wanted.update(dict.fromkeys(run[i : i + 2] for i in range(len(run) - 1)))
        if len(wanted) >= MOST_ASKED:
            break
    return list(wanted)[:MOST_ASKED]


def plain(text: str) -> str:
    """A text in one normal form, in lower case and without accents: `Crème Brûlée` is creme brulee,
    `Straße` strasse, `İstanbul` istanbul."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    if lower.isascii():
        return lower
    bare = ACCENT.sub("", unicodedata.normalize("NFD", lower))
    return unicodedata.normalize("NFC", bare).translate(PLAIN)


def spelled(text: str) -> list[str]:
    """The words of a text that are also written without their dots: `Käse` as kaese."""
    lower = unicodedata.normalize("NFKC", text).casefold()
    words = [] if lower.isascii() else WORDS.findall(lower)
    return [word.translate(SPELLED) for _, word in words if word != word.translate(SPELLED)]


def terms_of(texts: Iterable[str]) -> set[str]:
    """The terms of a product with these texts; a Latin word is found by its beginnings too."""
    text = " ".join(texts)
    found = terms(" ".join([text, *spelled(text)]))
    for term in list(found):
        if term.isascii() and term.isalpha():
            found.update(term[:end] for end in range(SHORTEST_PREFIX, len(term)))
    return set(sorted(found)[:MOST_TERMS])


def index(ctx: Context, texts: Mapping[int, Iterable[str]], new: bool = False) -> None:
    """Make products ({id: titles, tags, SKUs …}) findable by these texts and no others. `new`
    ones have no terms yet."""
    if not new:
        db.change(CLEAR, db.many(texts), ctx.code)
    lines = [
        (ctx.code, term, product)
        for product, words in texts.items()
        for term in sorted(terms_of(words))
    ]
    db.link("search_term", "store, term, product_id", *lines)


def query(ctx: Context, text: str) -> list[int]:
    """Ids of products, drafts among them, that have every term of the query: at most 500."""
    wanted = asked(text)
    if len(wanted) > 1:
        wanted = _rarest_first(ctx, wanted)
    if not wanted:
        return []
    where = " AND ".join([ALSO] * (len(wanted) - 1))
    find = FIND.format(where=where and f"WHERE {where}", read=READ, most=CANDIDATES)
    facts = [fact for term in wanted for fact in (ctx.code, term)]
    return [row[0] for row in db.rows(find, *facts)]


def _words(text: str) -> list[tuple[str, str]]:
    """(CJK run, "") or ("", other word) in order, as `plain` writes them."""
    return WORDS.findall(plain(text))


def _rarest_first(ctx: Context, wanted: list[str]) -> list[str]:
    """The rarest term drives the search; none at all if one of them is nowhere."""
    count = " UNION ALL ".join(
        COUNT.format(place=place, most=CANDIDATES) for place in range(len(wanted))
    )
    facts = [fact for term in wanted for fact in (ctx.code, term)]
    counts = dict(db.rows(count, *facts))
    if not all(counts.values()):
        return []
    return [wanted[place] for place in sorted(counts, key=counts.__getitem__)]
