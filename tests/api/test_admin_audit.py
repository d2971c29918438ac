"""GET /admin/audit"""

from shop.context import Caller
from shop.data import paging
from shop.people import audit, auth

URL = "/api/v1/orchard/admin/audit"


def _staff(shop, role, scopes):
    from shop.models import Staff

    staff = Staff.create(
        store="orchard", name=role, role=role, active=shop.ctx.now, created_at=shop.ctx.now
    )
    return {"Authorization": f"Bearer {auth.issue(shop.ctx, staff=staff.id, scopes=scopes)}"}


def test_the_owner_reads_the_log_and_turns_its_pages(shop, client):
    owner = _staff(shop, "owner", auth.OWNER_SCOPES)
    for number in range(3):
        audit.record(
            shop.context(Caller("owner", 1, "anna")), "product.change", f"product:{number}"
        )
    page = client.get(f"{URL}?limit=2", headers=owner).json
    assert [row["subject"] for row in page["items"]] == ["product:2", "product:1"]
    rest = client.get(f"{URL}?limit=2&after={page['next']}", headers=owner).json
    assert [row["subject"] for row in rest["items"]] == ["product:0"]
    assert rest["next"] is None


def test_a_clerk_may_not_read_the_log_and_a_guest_is_unknown(shop, client):
    clerk = _staff(shop, "clerk", auth.CLERK_SCOPES)
    assert client.get(URL, headers=clerk).status_code == 403
    assert client.get(URL).status_code == 401


def test_a_foreign_cursor_and_an_unknown_filter_are_refused(shop, client):
    owner = _staff(shop, "owner", auth.OWNER_SCOPES)
    assert client.get(f"{URL}?after=zzz", headers=owner).status_code == 422
    assert client.get(f"{URL}?offset=5", headers=owner).status_code == 422


def test_a_cursor_with_a_number_beyond_the_database_is_refused(shop, client):
    owner = _staff(shop, "owner", auth.OWNER_SCOPES)
    response = client.get(f"{URL}?after={paging.encode(2**64 - 1)}", headers=owner)
    assert response.status_code == 422
