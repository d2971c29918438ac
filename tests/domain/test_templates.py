"""Texts of plugins: in the caller's language, by the store's clock, escaped where they are HTML."""

from datetime import UTC, datetime

import jinja2
import pytest

from shop.clock import to_us
from shop.errors import ShopError
from shop.messages import templates
from shop.plugin import Plugin

AT = to_us(datetime(2026, 5, 1, 4, 30, tzinfo=UTC))


@pytest.fixture
def plugins(tmp_path):
    folder = tmp_path / "greeter"
    (folder / "templates").mkdir(parents=True)
    for name, text in {
        "hello.txt": "Hello {{ name }}: {{ 1250 | money }} at {{ at | time }}",
        "hello.zh_Hans.txt": "你好 {{ name }}：{{ 1250 | money }}，{{ at | time }}",
        "card.html": "<b>{{ name }}</b>",
    }.items():
        (folder / "templates" / name).write_text(text, "utf-8")
    return (type("Greeter", (Plugin,), {"name": "greeter", "folder": folder}),)


@pytest.mark.parametrize("stores_toml", ["[stores.orchard.plugins.greeter]", ""], ids=["on", "off"])
@pytest.mark.sqlite_only
def test_a_text_is_in_the_callers_language_by_the_stores_clock(shop):
    said = {
        locale: templates.render(
            shop.context(locale=locale), "greeter", "hello.txt", name="Wang", at=AT
        )
        for locale in ("zh_Hans", "en")
    }
    assert said["zh_Hans"].startswith("你好 Wang：¥12.50，2026/5/1 12:30")
    assert said["en"].startswith("Hello Wang: CN¥12.50 at 5/1/26, 12:30")


@pytest.mark.sqlite_only
def test_case_63_what_is_filled_in_is_not_a_template_and_is_escaped_in_html(shop):
    text = templates.render(shop.ctx, "greeter", "card.html", name="{{ 7 * 7 }}<script>")
    assert text == "<b>{{ 7 * 7 }}&lt;script&gt;</b>"


@pytest.mark.sqlite_only
def test_a_name_that_nobody_gave_and_a_template_that_is_not_there_are_errors(shop):
    with pytest.raises(jinja2.UndefinedError, match="name"):
        templates.render(shop.ctx, "greeter", "card.html")
    with pytest.raises(ShopError, match=r"no template bye\.zh_Hans\.txt or bye\.txt"):
        templates.render(shop.ctx, "greeter", "bye.txt")
    with pytest.raises(ShopError, match="no plugin stranger"):
        templates.render(shop.ctx, "stranger", "bye.txt")
