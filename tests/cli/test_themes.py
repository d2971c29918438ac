"""`shop themes`: a look of one's own, which outlives a new version of what it stands on."""

import json
import shutil

import pytest
from click.testing import CliRunner

from shop import config, themes
from shop.app import create_app
from shop.bundled import bundled
from shop.cli import main


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run("themes", "list")` in a new instance whose bundled themes are a copy."""
    copy = tmp_path / "bundled"
    shutil.copytree(bundled("themes"), copy)
    monkeypatch.setattr(themes, "bundled", lambda kind: copy)
    themes._chain.cache_clear()
    folder = tmp_path / "shop"
    runner = CliRunner()
    assert runner.invoke(main, ["init", str(folder), "--name", "Shop"]).exit_code == 0

    def run(*words, code=0):
        done = runner.invoke(main, ["--config", str(folder / "shop.toml"), *words],
                             env={"COLUMNS": "120"})  # fmt: skip
        assert done.exit_code == code, done.output
        return done.output

    run.folder, run.bundled = folder, copy
    yield run
    themes._chain.cache_clear()


def store(run):
    [code] = config.load(run.folder / "shop.toml").stores
    return code


def test_the_bundled_themes_are_listed_and_well(run):
    said = run("themes", "list")
    assert "market" in said
    assert "plain" in said
    assert "well" in run("themes", "check")


def test_a_theme_of_ones_own_changes_colours_words_and_a_page_and_survives_an_upgrade(run):
    if not (bundled("plugins") / "storefront").is_dir():
        pytest.skip("no plugin has pages")
    code = store(run)
    run("plugins", "enable", "storefront", "--migrate")
    said = run("themes", "new", "mine", "--from", "market", "--page", "cart.html", "--store", code)
    assert "uses it" in said
    mine = run.folder / "themes" / "mine"
    (mine / "static" / "colours.css").write_text(":root { --accent: #123456; }\n", "utf-8")
    words = mine / "words" / "en.po"
    words.write_text(
        words.read_text("utf-8") + '\nmsgid "storefront_cart_empty"\nmsgstr "So empty!"\n', "utf-8"
    )
    page = mine / "templates" / "cart.html"
    page.write_text(page.read_text("utf-8").replace("<h1>", "<h1>My own: "), "utf-8")
    assert "well" in run("themes", "check", "mine")

    app = create_app(config.load(run.folder / "shop.toml"))

    def shown(path="/cart"):
        themes._chain.cache_clear()
        client = app.test_client()
        return client.get(f"/{code}{path}", headers={"Accept-Language": "en"}).text

    try:
        assert "My own: Cart" in shown()
        assert "So empty!" in shown()
        assert "colours.css" in shown()
        assert "#123456" in shown("/theme/colours.css")
        # a new version: other styles, a new layout, and a word that mine does not know
        market = run.bundled / "market"
        (market / "static" / "style.css").write_text("/* version 2 */", "utf-8")
        layout = bundled("plugins") / "storefront/templates/storefront/layout.html"
        text = layout.read_text("utf-8").replace("</footer>", "<p>version 2</p></footer>")
        (market / "templates").mkdir(exist_ok=True)
        (market / "templates" / "layout.html").write_text(text, "utf-8")
        app.extensions["shop"].close()  # an upgrade starts the shop anew
        app = create_app(config.load(run.folder / "shop.toml"))
        after = shown()
        assert "version 2" in after
        assert "My own: Cart" in after
        assert "So empty!" in after
        assert "version 2" in shown("/theme/style.css")
        assert "#123456" in shown("/theme/colours.css")
    finally:
        app.extensions["shop"].close()


def test_every_mistake_of_a_theme_is_told_with_its_place(run):
    run("themes", "new", "mine")
    mine = run.folder / "themes" / "mine"
    (mine / "templates" / "cart.html").write_text("<p>\n{% if %}", "utf-8")
    (mine / "templates" / "kart.html").write_text("", "utf-8")
    (mine / "words" / "fr.po").write_text("", "utf-8")
    words = mine / "words" / "en.po"
    words.write_text(words.read_text("utf-8") + '\nmsgid "no_such_code"\nmsgstr "x"\n', "utf-8")
    info = json.loads((mine / "info.json").read_text("utf-8"))
    info["options"]["extends"] = "nothing"
    (mine / "info.json").write_text(json.dumps(info), "utf-8")
    said = run("themes", "check", code=1)
    for one in ("templates/cart.html:2", "kart.html", "fr.po", "no_such_code", "extends nothing"):
        assert one in said, said


def test_a_store_with_a_theme_that_is_not_there_is_refused_with_what_there_is(run):
    path = run.folder / "shop.toml"
    code = store(run)
    path.write_text(path.read_text("utf-8").replace(f"[stores.{code}]", f'[stores.{code}]\ntheme = "markt"'), "utf-8")  # fmt: skip
    said = run("check", code=2)
    assert f"stores.{code}.theme: no theme markt; there is market, plain" in said


def test_a_name_that_is_taken_or_none_is_refused(run):
    assert "already" in run("themes", "new", "market", code=1)
    assert "2-32" in run("themes", "new", "My Theme", code=1)
    assert "no theme nothing" in run("themes", "new", "mine", "--from", "nothing", code=1)
    assert "no page uses" in run("themes", "new", "mine", "--page", "nothing.html", code=1)
    assert not (run.folder / "themes" / "mine").exists()
