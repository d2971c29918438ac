"""Product files through the API."""

import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict

from shop import db
from shop.catalog import products
from shop.people import auth

URL = "/api/v1/orchard/admin/products"
FILE = (Path(__file__).parents[1] / "data" / "shopify.csv").read_bytes()
BAD = b"Handle,Title,Variant SKU,Variant Price\na,A,A,1\nb,,B,x\n"


@pytest.fixture
def owner(shop):
    return shop.bearer()


def post(client, owner, content, query="", **options):
    return client.post(
        f"{URL}/import{query}", data=content, headers=owner, content_type="text/csv", **options
    )


def test_a_file_comes_in_as_a_form_or_as_the_body(client, owner):
    form = {"file": (io.BytesIO(FILE), "products.csv")}
    answer = client.post(f"{URL}/import", data=form, headers=owner)
    assert answer.status_code == 200, answer.json
    assert (answer.json["format"], answer.json["created"]) == ("shopify", 2)
    again = post(client, owner, FILE.decode().encode("gb18030"))
    assert (again.json["encoding"], again.json["unchanged"]) == ("gb18030", 2)
    listed = client.get("/api/v1/orchard/products").json["items"]
    assert [product["handle"] for product in listed] == ["red-apple"]


def test_errors_are_a_problem_with_every_line_and_nothing_is_kept(shop, client, owner):
    answer = post(client, owner | {"Accept-Language": "en"}, BAD)
    assert (answer.status_code, answer.json["code"]) == (422, "import_errors")
    assert answer.content_type == "application/problem+json"
    assert [(found["line"], found["column"]) for found in answer.json["errors"]] == [
        (3, "Title"),
        (3, "Variant Price"),
    ]
    assert answer.json["errors"][1]["reason"] == "“x” is not an amount of CNY, like 19.90."
    assert not products.by_handle(shop.ctx, ["a"])
    answer = post(client, owner, BAD, "?skip_errors=true")
    assert (answer.status_code, answer.json["created"], len(answer.json["errors"])) == (200, 1, 2)


def test_a_dry_run_answers_what_would_happen(shop, client, owner):
    answer = post(client, owner, FILE, "?dry_run=true")
    assert (answer.status_code, answer.json["created"], answer.json["applied"]) == (200, 2, False)
    assert not products.by_handle(shop.ctx, ["red-apple"])


@pytest.mark.parametrize("query", ["?dry_run=maybe", "?dryrun=true"])
def test_a_misspelt_query_is_refused(client, owner, query):
    assert post(client, owner, FILE, query).status_code == 422


@pytest.mark.parametrize("names", [(), ("other",), ("file", "file"), ("file", "other")])
def test_a_form_holds_exactly_one_file(client, owner, names):
    form = [(name, (io.BytesIO(FILE), "x.csv")) for name in names]
    answer = client.post(
        f"{URL}/import", data=MultiDict(form), headers=owner, content_type="multipart/form-data"
    )
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_a_text_is_no_file(client, owner):
    answer = client.post(
        f"{URL}/import", data={"file": "x"}, headers=owner, content_type="multipart/form-data"
    )
    assert (answer.status_code, answer.json["code"]) == (422, "invalid")


def test_another_media_type_is_refused(client, owner):
    answer = client.post(f"{URL}/import", json={}, headers=owner)
    assert (answer.status_code, answer.json["code"]) == (415, "unsupported_media_type")


@pytest.mark.sqlite_only
@pytest.mark.parametrize("kind", ["text/csv", "multipart/form-data; boundary=x"])
def test_the_size_of_a_file_has_its_own_limit(shop, client, owner, kind):
    object.__setattr__(shop.config.limits, "import_mib", 2)
    rows = b"".join(b"p%d,T,S%d,1\n" % (n, n) for n in range(100))
    fits = b"Handle,Title,Variant SKU,Variant Price\n" + rows + b"\n" * (1536 << 10)
    assert post(client, owner, fits).json["created"] == 100
    answer = client.post(f"{URL}/import", data=b"\n" * (3 << 20), headers=owner, content_type=kind)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")


@pytest.mark.sqlite_only
def test_case_73_a_file_without_a_length_is_cut_at_the_limit(shop, client, owner):
    object.__setattr__(shop.config.limits, "import_mib", 1)
    body = io.BytesIO(b"\n" * (5 << 20))
    wsgi = {"wsgi.input": body, "wsgi.input_terminated": True}
    answer = post(client, owner, None, environ_overrides=wsgi)
    assert (answer.status_code, answer.json["code"]) == (413, "too_large")
    assert body.tell() < 2 << 20


@pytest.mark.parametrize("content", [b"", b"\x00", b"\xff" * 100, b'"', b"Handle", FILE[:1000]])
def test_what_is_no_product_file_is_a_problem_and_not_a_fault(client, owner, content):
    answer = post(client, owner, content)
    assert (answer.status_code, answer.json["code"]) == (422, "import_errors")
    assert answer.json["errors"]


def test_case_59_what_is_packed_is_not_unpacked(client, owner):
    """A bomb of 100 MiB in 100 KiB is no product file, as it stands."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("products.csv", b"0" * (100 << 20))
    tracemalloc.start()
    answer = post(client, owner, bomb.getvalue())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.status_code, answer.json["code"]) == (422, "import_errors")
    assert most < 50 << 20


def test_the_export_streams_what_the_import_takes(client, owner):
    post(client, owner, FILE)
    answer = client.get(f"{URL}/export", headers=owner)
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert 'filename="orchard-products.csv"' in answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"Handle,")
    assert post(client, owner, answer.data).json["unchanged"] == 2
    excel = client.get(f"{URL}/export?excel=true", headers=owner)
    assert excel.data == b"\xef\xbb\xbf" + answer.data


def test_only_who_may_write_products_imports_and_who_may_read_them_exports(shop, client):
    assert post(client, {}, FILE).status_code == 401
    assert client.get(f"{URL}/export").status_code == 401
    shop.bearer()
    staff = db.value("SELECT id FROM staff")
    token = auth.issue(shop.ctx, staff=staff, scopes=["products:read"])
    reader = {"Authorization": f"Bearer {token}"}
    assert post(client, reader, FILE).status_code == 403
    assert client.get(f"{URL}/export", headers=reader).status_code == 200


def test_a_table_and_its_encoding_are_told_in_the_query(shop, client, owner):
    table = "商品名称,编码,价格\n苹果,A1,19.90\n".encode("gb18030")
    refused = post(client, owner, table)
    assert (refused.status_code, refused.json["errors"][0]["code"]) == (422, "import_table")
    assert refused.json["guess"] == {"商品名称": "title", "编码": "sku", "价格": "price"}
    assert refused.json["preview"] == [["苹果", "A1", "19.90"]]
    query = "?encoding=gb18030&map=商品名称=title,编码=sku,价格=price"
    answer = post(client, owner, table, query)
    assert (answer.json["format"], answer.json["created"]) == ("table", 1)
    assert (answer.json["encoding_guessed"], answer.json["titles"]) == (False, ["苹果"])
