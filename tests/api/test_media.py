"""Pictures that were uploaded can be seen and do nothing else."""

import pytest

pytestmark = pytest.mark.sqlite_only


@pytest.fixture(autouse=True)
def files(shop):
    folder = shop.config.path(shop.config.media) / "orchard"
    folder.mkdir(parents=True)
    (folder / "apple.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "page.html").write_text("<script>alert(1)</script>")
    (folder.parent / "secret.txt").write_text("no")


def test_case_58_a_picture_is_shown_in_a_sandbox_and_kept(client):
    with client.get("/media/orchard/apple.svg") as answer:
        assert answer.mimetype == "image/svg+xml"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "max-age=86400" in answer.headers["Cache-Control"]
    known = {"If-None-Match": answer.headers["ETag"]}
    with client.get("/media/orchard/apple.svg", headers=known) as again:
        assert again.status_code == 304


def test_case_58_anything_else_is_only_downloaded(client):
    with client.get("/media/orchard/page.html") as answer:
        assert answer.mimetype == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "path", ["orchard/../secret.txt", "orchard/%2e%2e/secret.txt", "nowhere/apple.svg", "orchard/x"]
)
def test_nothing_outside_of_a_stores_folder_is_reached(client, path):
    assert client.get(f"/media/{path}").status_code == 404
