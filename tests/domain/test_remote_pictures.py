"""Pictures at other hosts are fetched after an import, once, and the owner can read what failed."""

import io

import pytest
from PIL import Image

from shop import db
from shop.catalog import pictures, products, remote_pictures
from shop.catalog.importing import import_products
from shop.errors import Reject
from shop.testing.receiver import says, serving, url
from tests.domain.test_importing import document, sheet, simple, snapshot

JOBS = "SELECT COUNT(*) FROM job WHERE name = 'fetch_pictures'"
STATES = "SELECT state, error FROM remote_picture ORDER BY id"


@pytest.fixture
def own(shop):
    """A shop whose owner lets requests go to this machine."""
    return shop.reloaded(shop._text.replace("[shop]", '[shop]\nprivate_networks = ["127.0.0.0/8"]'))


def png(color="red", size=(40, 30)):
    file = io.BytesIO()
    Image.new("RGB", size, color).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def host():
    with serving(says(200, png())) as server:
        yield server


def rows(server, *paths):
    return [simple("A", **{"Image Src": url(server, path), "Variant Image": url(server, path)})
            if place == 0 else {"Handle": "a", "Image Src": url(server, path)}
            for place, path in enumerate(paths)]  # fmt: skip


def test_a_picture_is_fetched_in_the_background_and_named_by_our_media(own, host):
    report = import_products(own.ctx, sheet(*rows(host, "/1.png")))
    assert (report.pictures, host.asked) == (1, [])
    own.run_jobs()
    found = document(own.ctx, "a")
    [image], [variant] = found["images"], found["variants"]
    assert image["src"].startswith("/media/orchard/")
    assert variant["image"] == image["src"]
    config = own.ctx.config
    assert (config.path(config.media) / image["src"].removeprefix("/media/")).is_file()
    assert remote_pictures.counts(own.ctx) == {"fetched": 1, "waiting": 0, "failed": 0}


def test_the_same_file_fetches_nothing_again_and_changes_nothing(own, host):
    some = rows(host, "/1.png", "/2.png")
    for _ in range(2):  # twice before anything is fetched, too
        import_products(own.ctx, sheet(*some))
    assert db.value(JOBS) == 1
    own.run_jobs()
    before = snapshot()
    report = import_products(own.ctx, sheet(*some))
    own.run_jobs()
    assert (report.unchanged, report.pictures, len(host.asked)) == (1, 0, 2)
    assert snapshot() == before


def test_another_product_with_the_same_picture_does_not_fetch_it_again(own, host):
    import_products(own.ctx, sheet(*rows(host, "/1.png")))
    own.run_jobs()
    import_products(own.ctx, sheet(simple("B", **{"Image Src": url(host, "/1.png")})))
    assert document(own.ctx, "b")["images"] == document(own.ctx, "a")["images"]
    assert len(host.asked) == 1


def big(asked):
    says(200, b"x" * ((1 << 20) + 1))(asked)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "answer, error",
    [(says(404), "remote_picture_answer"), (says(200, b"<html>"), "remote_picture_no_picture"),
     (big, "remote_picture_too_large"), (says(302, Location="http://10.0.0.1/"), "remote_picture_private"),
     (says(302, Location="/round"), "remote_picture_answer"),
     (says(302, Location="http://[x"), "remote_picture_refused")],
)  # fmt: skip
def test_a_picture_that_cannot_be_had_is_reported_with_its_reason(own, host, answer, error):
    host.answer = answer
    small = own.reloaded(own._text.replace("[shop.limits]", "[shop.limits]\npicture_mib = 1")
                         if "[shop.limits]" in own._text
                         else own._text + "\n[shop.limits]\npicture_mib = 1\n")  # fmt: skip
    import_products(small.ctx, sheet(*rows(host, "/1.png")))
    small.run_jobs()
    [failed] = remote_pictures.show(small.ctx)["items"]
    assert (failed["product"], failed["url"], failed["error"]) == ("a", url(host, "/1.png"), error)
    assert failed["reason"]
    assert "{" not in failed["reason"]
    assert document(small.ctx, "a")["images"][0]["src"] == url(host, "/1.png")
    assert import_products(small.ctx, sheet(*rows(host, "/1.png"))).pictures_failed == 1


@pytest.mark.sqlite_only
def test_no_picture_is_fetched_from_the_shops_own_network(shop, host):
    import_products(shop.ctx, sheet(*rows(host, "/1.png")))
    shop.run_jobs()
    assert db.rows(STATES) == [("failed", "remote_picture_private")]
    assert host.asked == []


@pytest.mark.sqlite_only
def test_a_server_that_is_away_is_asked_three_times_and_again_when_the_owner_wants(own, host):
    host.answer = says(503)
    import_products(own.ctx, sheet(*rows(host, "/1.png")))
    own.run_jobs()
    assert db.rows(STATES) == [("waiting", "remote_picture_answer")]
    own.forward(hours=1)
    own.forward(hours=1)
    assert (len(host.asked), db.rows(STATES)) == (3, [("failed", "remote_picture_answer")])
    host.answer = says(200, png())
    assert remote_pictures.retry(own.ctx) == 1
    own.run_jobs()
    assert remote_pictures.counts(own.ctx)["fetched"] == 1


@pytest.mark.sqlite_only
def test_a_picture_behind_a_redirect_and_with_letters_in_its_address_is_fetched(own, host):
    def answer(asked):
        moved = asked.path == "/%E5%9B%BE.png"
        (says(301, Location="/there.png") if moved else says(200, png()))(asked)

    host.answer = answer
    import_products(own.ctx, sheet(*rows(host, "/图.png")))
    own.run_jobs()
    assert [asked.path for asked in host.asked] == ["/%E5%9B%BE.png", "/there.png"]
    assert remote_pictures.counts(own.ctx)["fetched"] == 1


@pytest.mark.sqlite_only
def test_a_picture_that_the_owner_took_out_meanwhile_stays_out(own, host):
    import_products(own.ctx, sheet(*rows(host, "/1.png", "/2.png")))
    [product_id] = products.by_handle(own.ctx, ["a"]).values()
    products.update(own.ctx, product_id, {"images": [{"src": url(host, "/2.png"), "alt": "x"}]})
    own.run_jobs()
    [image] = document(own.ctx, "a")["images"]
    assert (image["src"].startswith("/media/"), image["alt"]) == (True, "x")


@pytest.mark.sqlite_only
def test_a_dry_run_counts_pictures_and_fetches_none(own, host):
    assert import_products(own.ctx, sheet(*rows(host, "/1.png")), dry_run=True).pictures == 1
    own.run_jobs()
    assert host.asked == []


@pytest.mark.sqlite_only
def test_a_picture_is_tried_again_when_the_shop_was_too_busy_to_write_it(own, host, monkeypatch):
    def busy(ctx, content):
        raise Reject("unavailable_service", 503, retry_after=5)

    import_products(own.ctx, sheet(*rows(host, "/1.png")))
    with monkeypatch.context() as patch:
        patch.setattr(pictures, "keep", busy)
        own.run_jobs()
    assert db.rows(STATES) == [("waiting", "remote_picture_unreachable")]
    own.forward(hours=1)
    assert remote_pictures.counts(own.ctx)["fetched"] == 1
