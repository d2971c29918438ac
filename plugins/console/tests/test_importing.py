"""Products from a file in the console: a look first, the columns of a table, the encoding."""

import html
import io
import re

import pytest

from shop.catalog import products
from shop.people import staff

OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
URL = "/orchard/console/goods/import"
TABLE = "商品名称,商品编码,价格,备注\n" + "".join(f"苹果{n},A{n},19.90,x\n" for n in range(12))


@pytest.fixture
def enabled():
    return {"console": {}}


@pytest.fixture
def owner(shop):
    person = staff.create(shop.ctx, "anna", "owner", [])
    staff.set_password(shop.ctx, person["id"], "correct-horse-battery-9")
    form = {"name": "anna", "password": "correct-horse-battery-9", "next": "/orchard/console/goods"}
    client = shop.client
    assert client.post("/orchard/console/sign-in", data=form, headers=OWN).status_code == 303
    return client


def send(owner, content, **form):
    form["file"] = (io.BytesIO(content), "table.csv")
    return owner.post(URL, data=form, headers=OWN)


def chosen(page):
    """The form as the page offers it: {name: value} of hidden fields and of what is selected."""
    form = dict(re.findall(r'<input type="hidden" name="(title\.\d+)" value="([^"]*)">', page))
    for name, options in re.findall(r'<select id="\w+" name="(column\.\d+)">(.*?)</select>', page):
        form[name] = "".join(re.findall(r'<option value="(\w+)" selected>', options))
    return {name: html.unescape(value) for name, value in form.items()}


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_columns_of_a_table_are_guessed_and_shown_before_anything_is_taken_in(
    shop, owner, encoding
):
    content = TABLE.encode(encoding)
    answer = send(owner, content, apply="1")
    assert answer.status_code == 422
    form = chosen(answer.text)
    assert [form[f"column.{n}"] for n in range(4)] == ["title", "sku", "price", ""]
    assert ("<td>苹果9</td>" in answer.text, "<td>苹果10</td>" in answer.text) == (True, False)
    assert not products.by_handle(shop.ctx, ["苹果1"])
    assert send(owner, content, **form).status_code == 200
    assert not products.by_handle(shop.ctx, ["苹果1"])
    assert send(owner, content, **form, apply="1").status_code == 200
    assert products.by_handle(shop.ctx, ["苹果1"])


@pytest.mark.sqlite_only
def test_a_file_in_doubt_shows_its_readings_and_comes_in_with_one(shop, owner):
    content = "Handle,Title,Variant SKU,Variant Price\na,Gruyère,A,1\n".encode("cp1252")
    answer = send(owner, content, apply="1")
    assert answer.status_code == 422
    assert 'type="radio"' in answer.text
    assert "Gruyčre (windows-1250)" in answer.text
    answer = send(owner, content, apply="1", encoding="windows-1252")
    assert (answer.status_code, "windows-1252: Gruyère" in answer.text) == (200, False)
    assert (
        products.document(shop.ctx, products.by_handle(shop.ctx, ["a"])["a"])["title"] == "Gruyère"
    )


@pytest.mark.sqlite_only
@pytest.mark.parametrize("content", [b"", b"Handle,Title,Variant SKU,Variant Price\n"])
def test_a_file_without_products_is_shown_as_an_error(owner, content):
    answer = send(owner, content, apply="1")
    assert answer.status_code == 422
    assert re.search("文件中没有商品行|The file has no rows of products", answer.text)
