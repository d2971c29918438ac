"""Products: find, make, change, pictures, stock by deltas, a file with a preview of its mistakes."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Response, request

from shop import ctx, etag, money, need, whole_number
from shop.catalog.importing import COLUMNS, encoding, table

from .drawing import draw
from .pages import api, ask, page, pages, to
from .prose import html_of, text_of

WORDS = ("title", "handle", "description", "status", "unit", "vendor", "product_type")
FILE = 200 << 20


@pages.get("/goods")
def goods() -> str:
    asked = {
        name: request.args[name] for name in ("q", "status", "after") if request.args.get(name)
    }
    return draw("goods.html", page=ask("/products", **asked), asked=asked)


@pages.get("/goods/new")
def new_good() -> str:
    blank = dict.fromkeys(WORDS, "") | {"status": "published", "variants": [], "images": [],
             "tags": [], "categories": [], "options": [], "translations": {}, "id": None}  # fmt: skip
    return _form(blank)


@pages.get("/goods/<int:product>")
def good(product: int) -> str:
    return _form(ask(f"/products/{product}"))


def _form(product: dict[str, Any], problem: Any = None) -> str:
    categories = need(api().get("/categories"))["items"]
    shown = product | {"description": text_of(product["description"])}
    return draw(
        "good.html", product=shown, problem=problem, categories=_flat(categories),
        match=_match(product) if product["id"] else "", key=secrets.token_urlsafe(24),
        form=request.form,
    )  # fmt: skip


def _match(product: dict[str, Any]) -> str:
    """What a form sends back, so that it changes only what its reader saw."""
    return etag(product["id"], product["version"])


def _flat(categories: list[dict[str, Any]], depth: int = 0) -> list[tuple[str, str]]:
    found = []
    for one in categories:
        found.append((one["handle"], "· " * depth + one["title"]))
        found += _flat(one["children"], depth + 1)
    return found


@pages.post("/goods/new")
def create_good() -> Response:
    body = _facts() | {"variants": _variants(True)}
    said = api().post("/admin/products", body)
    if not said.ok:
        blank = {"id": None, "images": [], "translations": {}, "options": [], "tags": [],
                 "categories": [], "variants": []} | dict.fromkeys(WORDS, "") | body  # fmt: skip
        return page(_form(blank | {"variants": []}, said.data), said.status)
    return to(f"/goods/{said.data['id']}")


@pages.post("/goods/<int:product>")
def change_good(product: int) -> Response:
    form, before = request.form, ask(f"/products/{product}")
    body = _facts() | {"variants": _variants(False), "images": _images()}
    if [one["name"] for one in body["options"]] == [one["name"] for one in before["options"]]:
        del body["options"]  # the order of their values stays
    said = api().patch(f"/admin/products/{product}", body, match=form.get("match", ""))
    if not said.ok:
        typed = {name: body[name] for name in (*WORDS, "tags", "categories") if name in body}
        return page(_form(before | typed, said.data), said.status)
    return to(f"/goods/{product}")


@pages.post("/goods/<int:product>/remove")
def remove_good(product: int) -> Response:
    asked = {"force": "true"} if "force" in request.form else {}
    said = api().delete(f"/admin/products/{product}", match=request.form.get("match", ""), **asked)
    if not said.ok:
        return page(_form(ask(f"/products/{product}"), said.data), said.status)
    return to("/goods")


@pages.post("/goods/<int:product>/stock")
def adjust_stock(product: int) -> Response:
    """So many more or fewer, with a reason."""
    form = request.form
    words = {name: form.get(name, "").strip() for name in ("sku", "reason")}
    body = words | {"delta": whole_number(form.get("delta", "").strip())}
    said = api().post("/admin/stock", body, key=form.get("key", ""))
    if not said.ok:
        return page(_form(ask(f"/products/{product}"), said.data), said.status)
    return to(f"/goods/{product}")


@pages.post("/goods/<int:product>/picture")
def add_picture(product: int) -> Response:
    """Keep a picture, and show it last."""
    request.max_content_length = (ctx().config.limits.picture_mib + 1) << 20
    file = request.files.get("file")
    if file is None or not file.filename:
        return to(f"/goods/{product}")
    said = api().upload("/admin/pictures", {"file": (file.filename, file.read())})
    found = ask(f"/products/{product}")
    if said.ok:
        images = [*found["images"], {"src": said.data["src"], "alt": found["title"]}]
        said = api().patch(f"/admin/products/{product}", {"images": images}, match=_match(found))
    if not said.ok:
        return page(_form(found, said.data), said.status)
    return to(f"/goods/{product}")


def _facts() -> dict[str, Any]:
    form = request.form
    facts: dict[str, Any] = {name: form[name].strip() for name in WORDS if name in form}
    if not facts.get("handle"):
        facts.pop("handle", None)
    facts["description"] = html_of(facts.get("description", ""))
    facts["tags"] = _parts(form.get("tags", ""))
    facts["categories"] = form.getlist("categories")
    facts["options"] = [{"name": name} for name in _parts(form.get("options", ""))]
    return facts


def _parts(text: str) -> list[str]:
    """What stands between commas, Chinese ones too."""
    return [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]


def _images() -> list[dict[str, str]]:
    """In the order that was chosen; a picture without a place is taken out."""
    form, found = request.form, []
    for n in range(50):
        src, place = form.get(f"image.{n}.src"), form.get(f"image.{n}.place", "").strip()
        if src and place:
            at = whole_number(place)
            where = (not isinstance(at, int), at)  # no number: behind the others
            found.append((where, n, {"src": src, "alt": form.get(f"image.{n}.alt", "")}))
    return [image for _, _, image in sorted(found, key=lambda one: one[:2])]


def _variants(new: bool) -> list[dict[str, Any]]:
    form, found = request.form, []
    for n in range(100):
        sku = form.get(f"variant.{n}.sku", "").strip()
        if not sku:
            continue
        variant: dict[str, Any] = {"sku": sku}
        if values := _parts(form.get(f"variant.{n}.options", "")):
            variant["options"] = values
        for name in ("price", "compare_at", "cost"):
            text = form.get(f"variant.{n}.{name}", "").strip()
            if text or name != "price":
                variant[name] = _amount(text) if text else None
        if new and (text := form.get(f"variant.{n}.stock", "").strip()):
            variant["stock"] = whole_number(text)
        found.append(variant)
    return found


def _amount(text: str) -> Any:
    try:
        return money.parse(text, ctx().store.currency)
    except ValueError:
        return text


# -- a file of products ------------------------------------------------------------------------


@pages.get("/goods/import")
def import_page() -> str:
    return _import_page()


@pages.post("/goods/import/pictures")
def import_pictures() -> Response:
    """Fetch the pictures again that could not be fetched."""
    need(api().post("/admin/pictures/remote/retry", {}))
    return to("/goods/import")


@pages.post("/goods/import")
def import_file() -> Response:
    """First what it would do, with every mistake and its row; then, when it is sent again, do it."""
    request.max_content_length = ctx().config.limits.import_mib << 20
    file, form = request.files.get("file"), request.form
    if file is None or not file.filename:
        return page(_import_page(), 422)
    given = {name: "true" for name in ("skip_errors", "set_stock", "suffix_skus") if name in form}
    given |= {name: form[name] for name in ("encoding", "decimal") if form.get(name)}
    if named := _columns():
        given["map"] = table.written(named)
    if "apply" not in form:
        given["dry_run"] = "true"
    said = api().upload("/admin/products/import", {"file": (file.filename, file.read())}, **given)
    if not said.ok and "errors" not in (said.data or {}):
        return page(_import_page(problem=said.data), said.status)
    return page(_import_page(report=said.data), 200 if said.ok else 422)


def _columns() -> dict[str, str]:
    """{column: field} as it was chosen."""
    form = request.form
    chosen = ((form.get(f"title.{n}", ""), form.get(f"column.{n}", "")) for n in range(COLUMNS))
    return {title: name for title, name in chosen if title and name in table.FIELDS}


def _import_page(report: Any = None, problem: Any = None) -> str:
    """With a table whose columns are to be named: the choice, and its first rows. And with what
    became of pictures that earlier imports named at other hosts."""
    mapping: Any = None
    hidden = ("import_table", "import_format", "import_encoding_doubt")
    if report and report["columns"] and report["format"] in ("", "table") and not report["applied"]:
        mapping = _columns() or report["guess"]
    if report:  # what the page asks for itself is no mistake of the file
        left = [one for one in report["errors"] if one["code"] not in hidden]
        report = report | {"errors": left}
    pictures = ask("/pictures/remote", limit=100)
    return draw("import.html", report=report, problem=problem, mapping=mapping, form=request.form,
                fields=list(table.FIELDS), encodings=list(encoding.CODECS), pictures=pictures)  # fmt: skip


@pages.get("/goods/export")
def export() -> Response:
    said = api().get("/admin/products/export", excel="true")
    need(said)
    return Response(said.body, headers={
        "Content-Type": "text/csv", "Content-Disposition": said.headers["Content-Disposition"],
    })  # fmt: skip
