"""Any table whose columns somebody named: {column: field}, or a guess at it from the header.

A row is a variant. Rows that follow each other and share a title are one product if a column is
named as `option`; else each row is a product. Without a column of handles they are made of the
titles, and a SKU that the shop knows tells its product. Two products without a SKU cannot share a
title: nothing would tell one from the other when the rows move.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from shop import db
from shop.catalog.importing import shopify
from shop.catalog.importing.cells import Cells
from shop.catalog.importing.errors import Unreadable
from shop.catalog.importing.header import UNIT, Header, plain, unit_of
from shop.catalog.importing.staging import Staging
from shop.catalog.importing.woocommerce_values import GRAMS
from shop.catalog.product_document import slug
from shop.context import Context

FIELDS = {
    "title": "商品名称 产品名称 商品标题 产品标题 品名 名称 标题 商品名 商品 产品 name title product productname producttitle item itemname",
    "price": "价格 售价 单价 销售价 销售价格 零售价 现价 商品价格 price unitprice sellingprice retailprice salesprice",
    "sku": "商品编码 产品编码 编码 货号 商品货号 商品编号 产品编号 编号 款号 商家编码 sku sku编码 skucode code itemcode itemno itemnumber productcode articleno articlenumber stockcode",
    "stock": "库存 库存数量 库存量 现有库存 可用库存 数量 stock quantity qty inventory onhand stockquantity",
    "option": "规格 商品规格 规格型号 型号 颜色 尺码 尺寸 款式 option variant size color colour spec",
    "compare_at": "原价 划线价 市场价 吊牌价 compareatprice listprice rrp msrp originalprice",
    "cost": "成本 成本价 进价 进货价 采购价 cost costprice purchaseprice",
    "barcode": "条码 条形码 商品条码 国际条码 barcode ean upc gtin ean13",
    "category": "分类 类别 类目 商品分类 产品分类 商品类目 category categories productcategory",
    "tags": "标签 商品标签 tags tag",
    "description": "描述 详情 商品描述 商品详情 产品描述 介绍 说明 简介 description details productdescription",
    "vendor": "品牌 供应商 厂家 生产厂家 brand vendor supplier manufacturer",
    "image": "图片 主图 图片地址 图片链接 商品图片 图片url image picture photo imageurl imagesrc",
    "weight": "重量 净重 毛重 weight",
    "unit": "单位 计量单位 unit uom",
    "handle": "handle slug",
}  # fmt: skip
"""{field that a column may be named as: titles from which it is guessed}"""
GUESSES = {word: name for name, words in FIELDS.items() for word in words.split()}
NEEDED = ("title", "price")
INNER = {"option": "option1_value"}
EXTRA = ("handle", "option1_name", "tracker")
NOISE = re.compile(r"[(（\[【].*?[)）\]】]|[\s_*:：-]")
BATCH = 500
OWNERS = """
SELECT v.sku, p.handle FROM variant v JOIN product p ON p.id = v.product_id
WHERE v.store = ? AND v.sku IN (??)"""
SKUS = """
SELECT p.handle, v.sku FROM product p JOIN variant v ON v.product_id = p.id
WHERE p.store = ? AND p.handle IN (??)"""


def guess(titles: list[str]) -> dict[str, str]:
    """{column: field} of the titles that are known; each field once, the first that fits it."""
    found: dict[str, str] = {}
    for title in titles:
        name = GUESSES.get(NOISE.sub("", UNIT.sub("", title).lower()))
        if name and name not in found.values() and title not in found:
            found[title] = name
    return found


def written(mapping: dict[str, str]) -> str:
    """The mapping as `--map` takes it."""
    return ",".join(_quoted(f"{title}={name}") for title, name in mapping.items())


def _quoted(item: str) -> str:
    return '"' + item.replace('"', '""') + '"' if "," in item or '"' in item else item


def mapping_of(text: str) -> dict[str, str]:
    """`商品名称=title,价格=price` as {column: field}. Unreadable: `import_map`."""
    try:
        [items] = csv.reader([text.replace("，", ",")], skipinitialspace=True)
    except (csv.Error, ValueError):
        raise Unreadable(1, "import_map", value=text[:80], fields=", ".join(FIELDS)) from None
    found: dict[str, str] = {}
    for item in filter(None, map(str.strip, items)):
        title, mark, name = (part.strip() for part in item.rpartition("="))
        if not mark or not title or name not in FIELDS or name in found.values():
            raise Unreadable(1, "import_map", value=item[:80], fields=", ".join(FIELDS))
        found[title] = name
    if lacking := [name for name in NEEDED if name not in found.values()]:
        raise Unreadable(1, "import_map_lacks", missing=", ".join(lacking))
    return found


def header_of(titles: list[str], mapping: dict[str, str]) -> Header:
    """The header of a table whose columns are named. Unreadable: `import_map_column`."""
    titles = [title.strip() for title in titles]
    simple = {plain(title): place for place, title in reversed(list(enumerate(titles)))}
    places, unit = {}, ""
    for title, name in mapping.items():
        if (place := simple.get(plain(title))) is None:
            shown = ", ".join(filter(None, titles))[:400]
            raise Unreadable(1, "import_map_column", column=title[:80], columns=shown)
        places[INNER.get(name, name)] = place
        unit = unit_of(titles[place]) if name == "weight" else unit
    return Header("table", places, titles, unit)


def products(
    ctx: Context, rows: Iterator[Cells], staging: Staging
) -> Iterator[dict[str, Any] | None]:
    """Every product of the table; None where one is left out, for the reasons reported."""
    return shopify.products(_completed(ctx, rows), staging)


def _completed(ctx: Context, rows: Iterator[Cells]) -> Iterator[Cells]:
    """The rows with the cells that a Shopify file would have besides."""
    used: dict[str, int] = {}
    called: dict[str, str] = {}
    untold, above = True, ("", 0, False)
    for some in _batches(rows):
        header = some[0].header
        untold = untold and not header.unit and "gram" not in header.title("weight").lower()
        grouped = "option1_value" in header.places
        wide = replace(header, places=_places(header))
        shop = _Shop(ctx, some)
        if grouped:
            above = _filled(some, above)
        for group in _groups(some, grouped):
            handle = ""
            if "handle" not in header.places:
                title = group[0].text("title") if grouped else ""
                handle = shop.owner(group) or called.get(title) or _made(group, used, shop, grouped)
                used.setdefault(handle, group[0].line)
                if title:
                    called.setdefault(title, handle)
            for row in group:
                if untold and (weight := row.raw("weight").strip()):
                    row.note("weight", "import_as_grams", value=weight[:40])
                    untold = False
                yield _wide(row, wide, handle or row.raw("handle"))


def _filled(rows: list[Cells], above: tuple[str, int, bool]) -> tuple[str, int, bool]:
    """Give a row without a title that of the row above it, as merged cells mean it. `above` is the
    last title before with its row, and whether a note said so; the answer is that for the next."""
    title, line, told = above
    for row in rows:
        if row.text("title"):
            title, line = row.text("title"), row.line
        elif title and row.raw("option1_value").strip():
            row.cells += [""] * (row.header.places["title"] + 1 - len(row.cells))
            row.cells[row.header.places["title"]] = title
            if not told:
                row.note("title", "import_title_above", title=title[:80], row=line)
            told = True
    return title, line, told


def _batches(rows: Iterator[Cells]) -> Iterator[list[Cells]]:
    """Some rows at a time; those of one title stay together, within reason."""
    some: list[Cells] = []
    for row in rows:
        apart = len(some) >= BATCH and row.text("title") != some[-1].text("title")
        if apart or len(some) >= 2 * BATCH:
            yield some
            some = []
        some.append(row)
    if some:
        yield some


def _groups(rows: list[Cells], grouped: bool) -> Iterator[list[Cells]]:
    """The rows of each product: those that follow each other with one title, or each row."""
    for _, found in groupby(rows, lambda row: (grouped and row.text("title")) or row.line):
        yield list(found)


class _Shop:
    """What the shop has of the SKUs and of the handles that some rows may get."""

    def __init__(self, ctx: Context, rows: list[Cells]) -> None:
        self.owners: dict[str, str] = {}
        self.skus: dict[str, set[str]] = {}
        if "handle" not in rows[0].header.places:
            skus = [sku for row in rows if (sku := row.text("sku"))]
            self.owners = dict(db.rows(OWNERS, ctx.code, db.many(skus)))
            short = list({slug(row.text("title") or row.text("sku")) for row in rows})
            for handle, sku in db.rows(SKUS, ctx.code, db.many(short)):
                self.skus.setdefault(handle, set()).add(sku)

    def owner(self, rows: list[Cells]) -> str:
        skus = (row.text("sku") for row in rows)
        return next((self.owners[sku] for sku in skus if sku in self.owners), "")

    def other(self, handle: str) -> bool:
        """Whether a product with SKUs of its own has this handle; `bread-1` is one that we made."""
        return not all(sku.startswith(f"{handle}-") for sku in self.skus.get(handle, ()))


def _places(header: Header) -> dict[str, int]:
    width = len(header.titles)
    extra = {name: width + at for at, name in enumerate(EXTRA)}
    if "stock" not in header.places:
        del extra["tracker"]
    if "option1_value" not in header.places:
        del extra["option1_name"]
    return {**extra, **header.places}


def _wide(row: Cells, header: Header, handle: str) -> Cells:
    width = len(header.titles)
    cells = (row.cells[:width] + [""] * width)[:width]
    place = header.places.get("option1_value", -1)
    option = header.titles[place] if place >= 0 and row.raw("option1_value").strip() else ""
    cells += [handle, option, "shopify" if row.raw("stock").strip() else ""]
    if header.unit and (weight := row.raw("weight").strip()):
        cells[header.places["weight"]] = _grams(row, weight)
    made = Cells(row.line, cells, header, row.findings)
    made.bad = row.bad
    return made


def _grams(row: Cells, weight: str) -> str:
    try:
        return str((Decimal(weight) * Decimal(GRAMS[row.header.unit])).normalize())
    except ArithmeticError:
        row.error("weight", "import_number", value=weight[:40])
        return "0"


def _made(group: list[Cells], used: dict[str, int], shop: _Shop, grouped: bool) -> str:
    """Made of the title, with the SKU beside it where another product has that title. Without a
    SKU nothing would tell the two apart later."""
    first = group[0]
    title = first.text("title")
    sku = next(filter(None, (row.text("sku") for row in group)), "")
    short = slug(title or sku)
    if sku and (short in used or (not grouped and shop.other(short))):
        made = base = slug(f"{title} {sku}")
        number = 2
        while made in used:
            made, number = f"{base}-{number}", number + 1
        return made
    if title and short in used:
        first.error("title", "import_title_twice", title=title[:80], before=used[short])
    return f"row-{first.line}" if short in used else short
