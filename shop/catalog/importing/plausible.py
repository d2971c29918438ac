"""How much a text looks like words that people wrote, if it was read in a certain encoding.

Wrongly decoded text gives itself away: capitals and signs within words, letters that no one
language has together, Chinese characters that nobody uses. Each character outside ASCII gets
points, from 1 (usual) to below zero (impossible); a text's score is their mean.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

WEST = {
    "de": "äöüß", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíñóúü", "pt": "áâãàçéêíóôõúü",
    "it": "àèéìíîòóù", "nl": "áéëïíóöüèê", "da": "æøåé", "sv": "åäöé", "ca": "àçèéíïòóúü",
    "is": "áðéíóúýþæö", "fi": "äöåšž",
}  # fmt: skip
CENTRAL = {
    "pl": "ąćęłńóśźż", "cs": "áčďéěíňóřšťúůýž", "sk": "áäčďéíĺľňóôŕšťúýž", "hu": "áéíóöőúüű",
    "ro": "ăâîșțşţ", "hr": "čćđšž", "de": "äöüß",
}  # fmt: skip
BALTIC = {"lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "et": "äöõüšž"}
TURKISH = {"tr": "çğıöşüâîi"}
VIETNAMESE = {"vi": "àáâãèéêìíòóôõùúýăđĩũơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ"}
LATIN = {
    "windows-1252": WEST, "iso-8859-15": WEST, "mac-roman": WEST, "cp850": WEST,
    "windows-1250": CENTRAL, "iso-8859-2": CENTRAL, "cp852": CENTRAL, "windows-1254": TURKISH,
    "windows-1257": BALTIC, "windows-1258": VIETNAMESE,
}  # fmt: skip
SCRIPTS = {
    "windows-1251": ("CYRILLIC", "оеаинтсрвлкмдпуяыьгзбчйіє"),
    "koi8-r": ("CYRILLIC", "оеаинтсрвлкмдпуяыьгзбчйіє"),
    "cp866": ("CYRILLIC", "оеаинтсрвлкмдпуяыьгзбчйіє"),
    "mac-cyrillic": ("CYRILLIC", "оеаинтсрвлкмдпуяыьгзбчйіє"),
    "windows-1253": ("GREEK", "ατοιενρσκηπςυμλίόάγέδήωχ"),
    "windows-1255": ("HEBREW", "יוהלרבתמאשנעםדקחפ"),
    "windows-1256": ("ARABIC", "اليمنرتبودسحعةقكف"),
    "windows-874": ("THAI", "านรกงเมวลอทสคดบปยตโพช"),
}
HANDICAP = {"cp850": 0.1, "cp852": 0.1, "mac-cyrillic": 0.1, "windows-1257": 0.1,
            "windows-1253": 0.2, "windows-1255": 0.3, "windows-1256": 0.3,
            "windows-1258": 0.3, "windows-874": 0.3}  # fmt: skip
"""What is seldom met must look better than the usual."""
EAST = ("gb18030", "big5", "shift_jis", "euc-jp", "euc-kr")
VOWELS = set("aeiouyäöüàâæéèêëîïôœùûÿáíóúãõìòåøąęěýůőűăāēīūėįųıð")
WORD = re.compile(r"[^\W\d_]+")
NEUTRAL = set("’‘“”„‚«»‹›…–—·•°®™©ªº²³×½¼¾§№\xa0\xad€£¥$₽¡¿‰±µ")
WITHIN = set("’‘·\xad-‑")
LEADING = set("¡¿“„«‹§№\xa0×")
PUNCTUATION = re.compile(
    r"[\u3000-\u3020\u30fb\uff01-\uff5e\uffe5\u2010-\u2027\u00b7\u2103\u2116\u2160-\u216b"
    r"\u2460-\u2473\u25a0-\u2605\u3200-\u33ff]"
)


def score(text: str, encoding: str, only: frozenset[int] | None = None) -> float | None:
    """Mean points of the characters outside ASCII, or of those at the places `only`; None if the
    text cannot be in `encoding`, or if there is none of them."""
    if any("\x80" <= letter <= "\x9f" or letter == "\ufffd" for letter in text):
        return None
    if encoding in EAST:
        points = _east(text, encoding)
    elif encoding in LATIN:
        points = [*_signs(text, only), *_latin(text, LATIN[encoding], only)]
    else:
        script, usual = SCRIPTS[encoding]
        points = [*_signs(text, only), *_letters(text, script, usual, only)]
    return sum(points) / len(points) - HANDICAP.get(encoding, 0) if points else None


# -- alphabets ---------------------------------------------------------------------------------


Only = frozenset[int] | None
"""Places in the text; None for all of them."""


def _signs(text: str, only: Only) -> Iterator[float]:
    """Points of what is no letter: a sign belongs beside words, not into them."""
    for at, sign in enumerate(text):
        if sign.isascii() or sign.isalpha() or (only is not None and at not in only):
            continue
        if "\u0e31" <= sign <= "\u0e4e":
            continue  # vowels and tones of Thai, which stand above or below a letter
        before = text[at - 1].isalpha() if at else False
        after = text[at + 1].isalpha() if at + 1 < len(text) else False
        if sign not in NEUTRAL:
            yield -1.5
        elif before and after:
            yield 0.9 if sign in WITHIN else -2.0
        elif (
            _sign(text[at - 1 : at])
            or _sign(text[at + 1 : at + 2])
            or (after and sign not in LEADING)
            or (before and sign in "¡¿½¼¾£¥€$±„‚")
        ):
            yield -0.5
        else:
            yield 0.9


def _sign(letter: str) -> bool:
    return not letter.isascii() and not letter.isalpha() and letter != "\xa0"


def _latin(text: str, languages: dict[str, str], only: Only) -> list[float]:
    """Points of the letters by the language of `languages` that fits them best."""
    found = [
        (word[0], at, word.start() + at)
        for word in WORD.finditer(text)
        if not word[0].isascii()
        for at, letter in enumerate(word[0])
        if not letter.isascii()
    ]
    letters = "".join(word[at].lower()[:1] for word, at, _ in found)
    alphabet = max(languages.values(), key=lambda known: sum(map(letters.count, known)))
    best = [_letter(word, at, alphabet, languages) for word, at, _ in found]
    places = (place for _, _, place in found)
    return [one for one, at in zip(best, places, strict=True) if only is None or at in only]


def _letter(word: str, at: int, alphabet: str, languages: dict[str, str]) -> float:
    letter, lower = word[at].lower()[:1], word.lower()
    if word[at] in "ªº":
        return 0.9 if at == len(word) - 1 else -2.0
    if not unicodedata.name(word[at], "").startswith("LATIN"):
        return -2.0
    if word[at].isupper() and at and word != word.upper():
        return -2.0
    if word[at].islower() and word[at + 1 : at + 2].isupper():
        return -2.0
    if letter in alphabet:
        points = 1.0
    elif any(letter in other for other in languages.values()):
        points = 0.5
    else:
        return -2.0
    wide = [other for other in lower if not other.isascii()]
    if not any(all(other in known for other in wide) for known in languages.values()):
        points -= 0.7  # letters that no one language has
    vowel = letter in VOWELS
    run, ends = _run(lower, at, vowel)
    if run >= (3 if vowel or ends else 4) or (run == len(word) > 1 and not vowel):
        points -= 0.5
    if any(rule.match(lower, at) for rule in NEVER):
        points -= 0.7
    if len(word) == 1 and letter not in "àâéèêóòôáíýæøåö":
        points -= 1.0
    if len(word) > 1 and not any(other.isascii() for other in word):
        points -= 1.0
    return points


NEVER = [
    re.compile(rule)
    for rule in ("[ńśź](?=[aeiouyąęó])", "ų(?!$)", "[ìù](?!$)", "è(?=[aeiouyáéíóúý])",
                 "(?<=[aeoáéíóúý])è", "þ$", "(?<![a-zà-þ])ð")
]  # fmt: skip
"""Places in a word where a letter does not stand in the languages that have it."""


def _run(word: str, at: int, vowel: bool) -> tuple[int, bool]:
    """How many vowels, or consonants, stand together around a place; whether they end the word."""
    start, end = at, at
    while start and word[start - 1] != "y" and (word[start - 1] in VOWELS) == vowel:
        start -= 1
    while end + 1 < len(word) and word[end + 1] != "y" and (word[end + 1] in VOWELS) == vowel:
        end += 1
    return end - start + 1, end == len(word) - 1


VOWEL = re.compile("[аеёиоуыэюяіїєαεηιουωάέήίόύώϊϋΐΰא-ת\u0621-\u064a\u0e01-\u0e4e]", re.I)
CONSONANTS = re.compile("[бвгджзйклмнпрстфхцчшщъьβγδζθκλμνξπρσςτφχψ]{4,}")
"""Too many of them at once for a usual word."""


def _letters(text: str, script: str, usual: str, only: Only) -> Iterator[float]:
    """Points of words in one other script: of it alone, in one case, with its usual letters."""
    for found in WORD.finditer(text):
        word = found[0]
        if word.isascii():
            continue
        alone = all(unicodedata.name(letter, "").startswith(script) for letter in word)
        alone = alone and not any(letter in "ךםןףץ" for letter in word[:-1])
        cased = word in (word.lower(), word.upper(), word.capitalize())
        shouted = len(word) > 1 and word == word.upper() != word.lower()
        mute = len(word) > 2 and not VOWEL.search(word)
        crowded = bool(CONSONANTS.search(word.lower()))
        for at, letter in enumerate(word, found.start()):
            if letter.isascii() or (only is not None and at not in only):
                continue
            if not (alone and cased):
                yield -2.0
            else:
                points = 1.0 if letter.lower() in usual[:14] else 0.0
                yield points - 0.2 * shouted - 0.5 * crowded - 0.5 * mute


# -- East Asia ---------------------------------------------------------------------------------


KANA = re.compile("[\u3041-\u30ff]")
NO_KANA = {"shift_jis": 0.2, "euc-jp": 0.3}
"""Japanese titles have kana nearly always."""


def _east(text: str, encoding: str) -> list[float]:
    points = []
    mean = NO_KANA.get(encoding, 0) if not KANA.search(text) else 0
    for at, letter in enumerate(text):
        if letter.isascii():
            continue
        point = _character(letter, encoding)
        if point > -2 and "\u3400" <= letter <= "\ud7ff":
            before, after = text[at - 1 : at], text[at + 1 : at + 2]
            if before.isascii() and before.isalpha() and after.isascii() and after.isalpha():
                point -= 1.5
        points.append(point - mean)
    return points


@lru_cache(maxsize=20_000)
def _character(letter: str, encoding: str) -> float:
    if PUNCTUATION.match(letter):
        return 0.5
    japanese = encoding in ("shift_jis", "euc-jp")
    if "\u3041" <= letter <= "\u30ff":
        return 1.0 if japanese else -0.5
    if "\uff61" <= letter <= "\uff9f":
        return 0.1 if japanese else -2.0
    if "\uac00" <= letter <= "\ud7a3":
        return (1.0 if letter in KOREAN else 0.1) if encoding == "euc-kr" else -2.0
    if "\u4e00" <= letter <= "\u9fff":
        return _han(letter, encoding)
    if "\ue000" <= letter <= "\uf8ff":
        return -3.0
    if letter in "éèêàáíóúüöäñç°×®™©²³½±" or letter > "\uffff":
        return -0.3
    return -1.5


def _han(letter: str, encoding: str) -> float:
    """A Chinese character: usual, in the first part of its standard, in the second, or neither."""
    if encoding == "euc-kr":
        return -1.0
    if encoding == "gb18030":
        usual, standard, level = SIMPLIFIED, "gb2312", 0xD8
    elif encoding == "big5":
        usual, standard, level = TRADITIONAL, "big5", 0xC9
    else:
        usual, standard, level = KANJI, "euc_jp", 0xD0
    if letter in usual:
        return 1.0
    try:
        lead = letter.encode(standard)[0]
    except UnicodeEncodeError:
        return -1.5
    return 0.1 if lead < level else -0.5


SIMPLIFIED = set(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道"
    "行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日军者意"
    "力它与长把机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见利什二等"
    "产或新己制身果加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入"
    "几口认条平系气题活尔更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指"
    "许统区保至队形社便空决治展马科司五基眼书非则听白界达光放强即像难且权思王象完设式色路记南品住告类求据程北"
    "边死张该交规万取拉格望觉术共确传师观清今切院让识候带导争运"
    "商称编码价库存规货号售市场描述图片单位重条形码苹果红富士香蕉橙梨桃葡萄草莓西瓜芒柠檬樱菜白萝卜土豆番茄黄"
    "瓜辣椒茄豆角玉米米饭面粉油盐糖醋酱茶叶绿咖啡牛羊猪鸡鸭鹅鱼虾蟹肉蛋奶酪酸酒啤饮料汁饼干糕点巧克力坚花核桃"
    "枣仁蜂蜜燕麦杂粮干鲜冷冻速食礼盒袋装箱瓶罐包斤克千升毫升只条块片双枚份套件盘碗筷勺锅刀杯壶盖刷毛巾纸抽湿"
    "床被枕棉麻丝绒绣垫套单四季春夏秋冬凉席毯衣裤裙袜鞋帽衫袖拖鞋包袋箱行李男女童婴幼老厚薄轻暖保温加厚纯天然"
    "有机农家手工烟台陕西新疆云南四川广东福建山东海南泰国澳洲日式欧简约时尚舒适透气护肤洗面乳霜膏皂牙刷沐浴洗发"
    "露精华水润修复智能充电器线插座灯台扇空调锅炉净化器收纳架桌椅柜沙发地垫窗帘玩具宠物猫狗粮砂文具笔本子日用清"
    "洁剂拖把桶擦布大中小号黑白灰蓝紫粉棕浅深色原味甜咸辣麻椒五香孜然黑芝麻紫薯南瓜银耳莲子百合枸杞红豆绿豆薏仁"
    "龙井碧螺春普洱铁观音毛尖榴莲荔枝龙眼火车厘蓝莓蛳猕猴梅李杏柚橘柑瓜籽杏仁腰果松子开心果肠腿排骨翅爪脖肝肚丸饺馄饨包馒头饼汤圆粽月饼虫闸阳澄湖镇江香醋腐竹粉丝木耳菇笋藕姜蒜葱韭芹菠经典款升级版套装组合优选特级精品精选进口国产新品热销限时促销正品包邮现货厂直发散养农场生态源野山林江湖"
)
TRADITIONAL = set(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作里裡用道"
    "行所然家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日軍者意"
    "力它與長把機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見利什二等"
    "產或新己制製身果加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入"
    "幾口認條平系氣題活爾更別打女變四神總何電數安少報才結反受目太量再感建務做接必場件計管期市直德資命山金指"
    "許統區保至隊形社便空決治展馬科司五基眼書非則聽白界達光放強即像難且權思王象完設式色路記南品住告類求據程北"
    "邊張該交規萬取拉格望覺術共確傳師觀清今切院讓識候帶導爭運"
    "商稱編碼價庫存貨號售描述圖片單蘋果紅富士香蕉橙梨桃葡萄草莓瓜芒檸檬櫻菜蘿蔔土豆番茄黃辣椒玉米飯麵粉油鹽糖"
    "醋醬茶葉綠咖啡牛羊豬雞鴨鵝魚蝦蟹肉蛋奶酪酸酒啤飲料汁餅乾糕巧克力堅花核桃棗仁蜂蜜燕麥雜糧鮮冷凍速食禮盒袋裝"
    "箱瓶罐包斤克公升毫只塊雙枚份套盤碗筷勺鍋刀杯壺蓋刷毛巾紙抽濕床被枕棉麻絲絨繡墊季春夏秋冬涼席毯衣褲裙襪鞋帽"
    "衫袖拖男童嬰幼厚薄輕暖溫純天有機農手臺台灣烏龍阿里高日式簡約時尚護膚洗乳霜膏皂牙沐浴髮露精華潤修復智慧充器"
    "線燈扇調淨化收納架桌椅櫃沙簾玩具寵物貓狗筆清潔劑黑灰藍紫棕淺深味甜鹹芝麻薯銀耳蓮百枸杞豆經典款級組優選特"
    "珍珠奶鳳梨酥荔枝榴槤龍眼梅李杏柚橘柑蔥薑蒜排骨雞腿餃湯圓粽月餅筍菇木鮮肉鬆魷牛軋糖滷豆腐米粉"
)
KANJI = set(
    "日一人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水"
    "半男西電校語土木聞食車何南万毎白天母火右読友左休父雨商品価格在庫名称番号税込送料無分類説明画像重量個枚本袋箱"
    "瓶缶茶葉緑紅青森県産北海道京都静岡鹿児島沖縄牛豚鶏肉魚卵米酒醤油味噌塩糖酢麺粉野菜果物林檎桃梨葡萄苺柿栗蜜柑"
    "豆乳菓子抹茶和洋風手作特選新鮮冷凍生干焼揚煮国産有機農園直送限定詰合贈答用大中小黒白赤黄色花皿鉢碗箸布木製"
    "陶器磁綿麻絹服靴帽子傘鞄紙筆石鹸洗髪美容健康飲料炭酸珈琲紅茶蜂蜜玉葱人参大根胡麻昆布海苔鰹節鮭鮪蟹海老貝甘辛"
)
KOREAN = set(
    "이다에의는로하을가고지서한은기으년대사시를리도인스일과자어나라정아수부전상구제해들보원주장동여성그공만면치조비유"
    "모관연신있국마경세소화계방개선안미문재실중위우회체된생적할내단분오호민것식발차학강물용간명업되당무파통반양바임"
    "후했등출령금거터현행최더결김야입교작입니까습합음품판매가격고상품명재코드배송무료할인쌀밥김치라면떡국수된장고추"
    "간장참기름들깨마늘양파감자고구마배추무당근사과배포도딸기귤감수박토마토복숭아바나나소고기돼지닭오리계란우유치즈"
    "빵과자초콜릿커피차녹홍삼인삼꿀견과류멸치미역다시마새우오징어조개굴명란젓갈두부콩나물버섯시금치국내산유기농햇"
    "세트박스봉지병캔개입킬로그램프리미엄특선수제전통한우갈비불고기삼겹살만두어묵햄선물용냉동건조생강블루베리레몬"
    "티셔츠바지치마양말신발모자가방의류남성여성아동화장품비누샴푸크림로션향수수건컵그릇접시냄비칼도마주방욕실침구"
    "이불베개커튼조명책상의자블랙화이트레드그린블루옐로우핑크베이지색"
)
