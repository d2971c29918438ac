"""What stands in the class and the folder of a plugin, before anything runs."""

from __future__ import annotations

import inspect
import keyword
import re
from pathlib import Path
from typing import Any

import marshmallow as ma
import pytest

from shop import i18n
from shop.carts.quote_parts import Problem
from shop.errors import Reject
from shop.jobs import events, jobs  # noqa: F401 - events registers what is shared
from shop.orders import order_view
from shop.plugin import API
from shop.testing.contract import sources
from shop.testing.contract.base import Base, orders_of
from shop.testing.under_test import Shop

WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Facts(Base):
    @property
    def folder(self) -> Path:
        return self.plugin.folder or Path(inspect.getfile(self.plugin)).parent

    def test_its_name_is_a_word_and_that_of_its_folder(self):
        name = self.name
        assert WORD.fullmatch(name), f"{name!r}: name it in lower case, words joined by _"
        assert not keyword.iskeyword(name), f"{name} is a word of Python's"
        assert name == self.folder.name, f"its folder is {self.folder.name}, its name {name}"

    def test_it_says_what_it_is_and_what_it_was_made_for(self):
        assert (self.plugin.__doc__ or "").strip(), "give the class a docstring: what it is for"
        assert re.fullmatch(r"\d+(\.\d+)*", self.plugin.version), "give it a version: 1.0"
        assert self.plugin.version != "0", "give it a version: 1.0"
        assert self.plugin.shop_api == API, f"it was made for hook API {self.plugin.shop_api}"

    def test_its_settings_have_defaults_and_say_what_they_do(self):
        for name, field in self.plugin.Settings().fields.items():
            assert field.load_default is not ma.missing, f"{name}: give it a load_default"
            assert field.metadata.get("help"), f'{name}: metadata={{"help": what it does}}'

    def test_it_runs_on_its_default_settings(self):
        schema = self.plugin.Settings()
        wrong = schema.validate({})
        assert not wrong, f"its table in shop.toml may be empty: {wrong}"
        defaults = {name: _default(field) for name, field in schema.fields.items()}
        given = {name: value for name, value in defaults.items() if value is not None}
        wrong = schema.validate(given)
        assert not wrong, f"defaults that its own Settings refuse: {wrong}"

    def test_its_readme_lists_its_settings_with_their_defaults(self):
        path = self.folder / "README.md"
        assert path.is_file(), "write a README.md: what it does, its settings, its addresses"
        listed = sources.settings_table(path.read_text("utf-8"))
        fields = self.plugin.Settings().fields
        assert sorted(listed) == sorted(fields), (
            "the table under '## Settings' in README.md (| `setting` | default | what it does |)"
            f" lists {sorted(listed)}, Settings has {sorted(fields)}"
        )
        for name, field in fields.items():
            assert sources.says(listed[name], _default(field)), (
                f"README.md says that {name} is {listed[name]} by default; it is {_default(field)!r}"
            )

    def test_every_code_has_words_in_both_languages(self):
        self._worded(sources.codes(self.folder))

    def test_whatever_it_says_or_refuses_with_has_words(
        self, shop: Shop, monkeypatch: pytest.MonkeyPatch
    ):
        """Codes that are put together while it runs, which its source does not name."""
        said: set[str] = set()
        for kind in (Reject, Problem):
            monkeypatch.setattr(kind, "__init__", _listening(kind.__init__, said))

        def wordless(code: str) -> str:
            said.add(code)
            return code

        monkeypatch.setattr(i18n, "wordless", wordless)
        self.use(shop)
        self._look_around(shop)
        self._worded(said)

    def _worded(self, codes: set[str]) -> None:
        for locale in i18n.LOCALES:
            known = {**sources.core_words(locale), **sources.words(self.folder, locale)}
            missing = sorted(codes - known.keys())
            assert not missing, f"locale/{locale}.po has no words for {missing}"

    def _look_around(self, shop: Shop) -> None:
        """Ask the shop and the plugin what can be asked without knowing more, as staff and as each
        customer."""
        mine = {blueprint.name for blueprint in (*self.plugin.blueprints, *self.plugin.pages)}
        asked = {"/api/v1/<string:store>/products", "/api/v1/<string:store>/admin/orders"}
        for rule in shop.app.url_map.iter_rules():
            if rule.endpoint.rpartition(".")[0] in mine and "GET" in (rule.methods or ()):
                asked |= {rule.rule} if rule.arguments == {"store"} else set()
        who = {order.customer_id for order in order_view.load_many(shop.ctx, orders_of(shop))}
        for headers in (shop.bearer(), *map(shop.headers_of, sorted(who))):
            for path in sorted(asked):
                shop.client.get(path.replace("<string:store>", shop.store), headers=headers)

    def test_both_languages_say_the_same(self):
        one, two = (sources.words(self.folder, locale) for locale in i18n.LOCALES)
        assert sorted(one) == sorted(two), (
            f"codes that only one of {i18n.LOCALES} has: {sorted(one.keys() ^ two.keys())}"
        )
        for code, text in one.items():
            assert sources.facts(text) == sources.facts(two[code]), (
                f"{code}: the languages name different facts"
            )

    def test_it_changes_no_words_of_the_core(self):
        for locale in i18n.LOCALES:
            core, own = sources.core_words(locale), sources.words(self.folder, locale)
            both = [code for code in own if code in core and own[code] != core[code]]
            assert not both, f"locale/{locale}.po: {both} are codes of the core; name them yours"

    def test_its_jobs_can_be_run(self):
        plugin = self.plugin(None)
        handlers = plugin.jobs()
        taken = handlers.keys() & jobs.shared.keys()
        assert not taken, f"{sorted(taken)}: the core runs jobs of this name for every plugin"
        lost = plugin.periodic.keys() - handlers.keys()
        assert not lost, f"{sorted(lost)}: periodic, but jobs() has no handler"
        for name, handler in handlers.items():
            assert WORD.fullmatch(name), f"{name!r}: name jobs in lower case, words joined by _"
            inspect.signature(handler).bind(None, {})
        assert all(seconds >= 1 for seconds in plugin.periodic.values())


def _listening(made: Any, said: set[str]) -> Any:
    """The `__init__` of what bears a code, told to `said`."""

    def init(self: Any, *given: Any, **facts: Any) -> None:
        made(self, *given, **facts)
        said.add(self.code)

    return init


def _default(field: ma.fields.Field) -> Any:
    return field.load_default() if callable(field.load_default) else field.load_default
