"""The encoding of a product file: known, judged by its text, or in doubt; never wrong in silence."""

import contextlib
import io
import time
import unicodedata

import pytest

from shop.catalog.importing.encoding import CODECS, encoding_of
from shop.catalog.importing.errors import Unreadable

HEAD = "Handle,Title,Variant SKU,Variant Price\n"
WEST = ("Äpfel|Brötchen|Käsekuchen mit Früchten", "Crème brûlée|Pâte à tartiner|Café moulu",
        "Jamón ibérico|Piñas|Café molido", "Pão de queijo|Açaí|Limões", "Caffè|Tè verde|Ragù", "Køttbullar|Smørrebrød|Æbler")  # fmt: skip
CENTRAL = ("Jabłko|Śliwka|Chleb żytni", "Černý čaj|Jablečný džem|Růžový květ",
           "Őszibarack|Körte|Gyümölcs|Fűszer", "Chleb|Mąka")  # fmt: skip
RUSSIAN = ("Яблоко|Хлеб ржаной|Молоко|Сыр", "яблоки красные", "МОЛОКО|ХЛЕБ")
JAPANESE = ("りんご", "青森県産りんご|抹茶チョコレート", "日本酒 純米大吟醸", "ﾘﾝｺﾞ|ｺｰﾋｰ")
TAIWANESE = ("紅富士蘋果|烏龍茶|鳳梨酥", "牛肉麵|珍珠奶茶", "蘋果")
KOREAN = ("사과|김치|한우 불고기", "유기농 딸기잼|국내산 참기름", "사과")
CHINESE = ("红富士苹果", "苹果", "大米𠮷", "轻奢纯棉刺绣水洗四件套|秋冬保暖加厚澳洲羊毛被",
           "龙井|碧螺春|普洱", "iPhone手机壳|A4纸|USB线", "阳澄湖大闸蟹|镇江香醋|螺蛳粉")  # fmt: skip
LEGACY = [
    *((text, codec) for text in WEST for codec in ("cp1252", "iso8859-15", "mac-roman", "cp850")),
    *((text, codec) for text in CENTRAL for codec in ("cp1250", "iso8859-2", "cp852")),
    *((text, codec) for text in RUSSIAN for codec in ("cp1251", "koi8-r", "cp866")),
    *((text, codec) for text in JAPANESE for codec in ("cp932", "euc_jp")),
    *((text, "big5") for text in TAIWANESE),
    *((text, "euc_kr") for text in KOREAN),
    *((text, "gb18030") for text in CHINESE),
    ("Μήλα|Ψωμί|Τυρί", "cp1253"), ("Kırmızı elma|Şeker|Güneş gözlüğü", "cp1254"),
    ("Türk kahvesi|İstanbul|İzmir üzümü", "cp1254"), ("Türk kahvesi", "cp1254"),
    ("חלב|לחם", "cp1255"), ("עגבניות|גבינה לבנה", "cp1255"), ("تفاح أحمر|خبز عربي|حليب", "cp1256"),
    ("زيت", "cp1256"), ("กาแฟ|ข้าวหอมมะลิ|น้ำปลา", "cp874"), ("Phở bò|Cà phê sữa đá|Bánh mì", "cp1258"),
    ("Nước mắm", "cp1258"), ("Mật ong|Sầu riêng", "cp1258"), ("خبز", "cp1256"),
    ("دجاج طازج", "cp1256"), ("ΛΑΔΙ|ΜΕΛΙ", "cp1253"),
    ("Obuolių sultys|Žalioji arbata", "cp1257"), ("①セット㈱ブランド～特選", "cp932"),
    ("Tee 5 € Aktion|Šunka|Käse", "iso8859-15"), ("Brand® Cola|Größe 5 °C", "cp1252"),
]  # fmt: skip
TAKEN = {"cp1252": WEST, "cp1250": CENTRAL[:2], "cp1251": RUSSIAN[:1], "cp932": JAPANESE[:2],
         "big5": TAIWANESE, "euc_kr": KOREAN, "gb18030": CHINESE, "mac-roman": WEST[:3]}  # fmt: skip


def file_of(text, codec):
    rows = "".join(f"h{at},{title},S{at},1\n" for at, title in enumerate(text.split("|")))
    text = "".join(map(_split, HEAD + rows)) if codec == "cp1258" else HEAD + rows
    return text.encode(codec)


def _split(letter):
    """A Vietnamese letter as Windows writes it: the tone behind the vowel where both are not one."""
    try:
        letter.encode("cp1258")
        return letter
    except UnicodeEncodeError:
        marks = unicodedata.normalize("NFD", letter)
        [tone] = set(marks) & set("\u0300\u0301\u0303\u0309\u0323")
        return unicodedata.normalize("NFC", marks.replace(tone, "")) + tone


@pytest.mark.parametrize(("text", "codec"), LEGACY)
def test_bytes_are_read_right_or_refused_with_candidates(text, codec):
    content = file_of(text, codec)
    try:
        found = encoding_of(io.BytesIO(content))
    except Unreadable as error:
        refused = error
    else:
        assert found.guessed
        assert content.decode(found.codec) == content.decode(codec)
        return
    assert refused.code == "import_encoding_doubt"
    assert all(one["sample"] for one in refused.facts["candidates"])
    offered = [content.decode(CODECS[one["encoding"]]) for one in refused.facts["candidates"]]
    assert content.decode(codec) in offered


@pytest.mark.parametrize(("codec", "text"), [(c, text) for c in TAKEN for text in TAKEN[c]])
def test_usual_titles_in_usual_encodings_come_in_without_a_question(codec, text):
    content = file_of(text, codec)
    assert content.decode(encoding_of(io.BytesIO(content)).codec) == content.decode(codec)


def test_a_thousand_umlauts_do_not_settle_a_letter_that_differs():
    content = file_of("|".join(["Äpfel", "Brötchen"] * 50 + ["Gruyère"]), "cp1252")
    with pytest.raises(Unreadable) as refused:
        encoding_of(io.BytesIO(content))
    assert {one["encoding"] for one in refused.value.facts["candidates"]} >= {
        "windows-1252",
        "windows-1250",
    }
    assert encoding_of(io.BytesIO(content), "windows-1252").guessed is False


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"),
     ("utf-16-le", "utf-16-le"), ("utf-16-be", "utf-16-be")],
)  # fmt: skip
def test_unicode_is_no_guess(codec, name):
    found = encoding_of(io.BytesIO(file_of("苹果|Äpfel", codec)))
    assert (found.name, found.guessed) == (name, False)


@pytest.mark.parametrize(
    "name",
    [
        "klingon",
        "base64",
        "zlib",
        "utf-7",
        "UTF7",
        "unicode_escape",
        "raw_unicode_escape",
        "idna",
        "punycode",
        "undefined",
        "utf\x00-8",
        "x" * 300,
    ],
)
def test_an_encoding_that_does_not_exist_is_refused(name):
    with pytest.raises(Unreadable) as refused:
        encoding_of(io.BytesIO(b"a"), name)
    assert refused.value.code == "import_no_encoding"


def test_a_long_cell_without_wide_letters_is_read_in_no_time():
    content = b"a" * 8000 + b",Title\n1,caf\xe9\n"
    before = time.process_time()
    with contextlib.suppress(Unreadable):
        encoding_of(io.BytesIO(content))
    assert time.process_time() - before < 5


def test_a_byte_that_does_not_fit_the_encoding_asked_for_is_named_with_its_line():
    content = (HEAD + "a,A,A,1\n").encode() + "b,Äpfel,B,1\n".encode("cp1252")
    with pytest.raises(Unreadable) as refused:
        encoding_of(io.BytesIO(content), "utf-8")
    assert (refused.value.line, refused.value.code) == (3, "import_encoding")
