"""Whatever a plugin puts into a space that it shares carries its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peewee

from shop import db
from shop.cli.listing import headlines
from shop.testing.contract.base import Base
from shop.testing.under_test import Shop

METHODS = ("get", "post", "put", "patch", "delete")
SCOPE = re.compile(r"[a-z-]+:[a-z]+(:own)?")
"""a scope of the core"""
EVENTS = ("order", "payment", "refund", "suspense", "customer", "plugin")
"""what the core's events are about"""

NAMED = (
    ("name", "counter", "window"),
    ("pool", "stock", "main"),
    ("source", "price", "catalogue"),
    ("source", "order_line", "catalogue"),
    ("source", "hold", "core"),
    ("source", "charge", "core"),
    ("source", "movement", "core"),
    ("plugin", "job", "core"),
)
"""columns that say whose a row is, and what they say of the core's"""


class Names(Base):
    def test_its_tables_carry_its_name_and_are_listed(self):
        models: list[Any] = list(self.plugin.models)
        for table in [model._meta.table_name for model in models]:
            assert f"{table}_".startswith(f"{self.name}_"), (
                f"the table {table}: class Meta: table_name = '{self.name}_…'"
            )
        package = self.plugin.__module__.rpartition(".")[0]
        own = {
            model
            for model in _models(peewee.Model)
            if f"{model.__module__}.".startswith(f"{package}.")
        }
        lost = sorted(model.__name__ for model in own - set(models))
        assert not lost, f"{lost}: list them in `models`, or nobody checks or purges them"

    def test_its_routes_stand_under_its_name(self, shop: Shop):
        mine = {blueprint.name for blueprint in self.plugin.blueprints}
        heads = [f"/api/v1/<string:store>/{self.dashed}",
                 f"/api/v1/<string:store>/admin/{self.name}"]  # fmt: skip
        for rule in shop.app.url_map.iter_rules():
            if rule.endpoint.rpartition(".")[0] in mine:
                assert any(f"{rule.rule}/".startswith(f"{head}/") for head in heads), (
                    f"{rule.rule}: begin it with /{self.dashed}, or for staff with /{self.name}"
                )

    def test_its_blueprints_carry_its_name(self):
        for blueprint in (*self.plugin.blueprints, *self.plugin.pages):
            assert _carries(blueprint.name.removeprefix("admin_"), self.name), (
                f"blueprint {blueprint.name}: call it {self.name}, for staff admin_{self.name}"
            )

    def test_its_operations_and_schemas_carry_its_name(self, shop: Shop):
        on, _ = self._described(shop)
        for path, _, operation in self._operations(on):
            known = operation["operationId"]
            assert f"_{self.name}_" in f"_{known}_", f"{path}: put {self.name} into {known}"
            assert known.startswith("admin_") == path.startswith("/admin/"), (
                f"{path}: {known} begins with admin_ if, and only if, it is for staff"
            )
        prefix = "".join(part.capitalize() for part in self.name.split("_"))
        for name in self._schemas(shop):
            assert name.startswith(prefix), f"schema {name}: call it {prefix}{name}"

    def test_what_staff_may_do_needs_a_permission_of_its_own(self, shop: Shop):
        known = self.plugin.permissions
        for scope, words in known.items():
            assert re.fullmatch(rf"{self.name}\.[a-z_]+", scope), (
                f"permission {scope}: call it {self.name}.…"
            )
            assert words.strip(), f"permission {scope}: say what it allows"
        on, _ = self._described(shop)
        for path, method, operation in self._operations(on):
            scope = operation.get("x-scope", "")
            if path.startswith("/admin/"):
                assert scope, f'{method} {path}: needs="{self.name}.…", a permission'
            assert not scope or scope in known or SCOPE.fullmatch(scope), (
                f"{method} {path}: {scope} is not in `permissions`"
            )

    def test_fields_for_staff_have_titles(self, shop: Shop):
        on, schemas = self._described(shop)
        mine = self._schemas(shop)
        text = "".join(
            repr(operation)
            for path, _, operation in self._operations(on)
            if path.startswith("/admin/")
        )
        reached, left = set(), set(_references(text)) & mine
        while left:
            name = left.pop()
            reached.add(name)
            left |= set(_references(repr(schemas[name]))) & mine - reached
        for name in sorted(reached):
            for field, facts in schemas[name].get("properties", {}).items():
                assert "title" in facts or field in ("items", "next"), (
                    f'{name}.{field}: metadata={{"title": its name for people}}'
                )

    def test_its_providers_and_commands_carry_its_name(self):
        for provider in self.plugin.providers:
            assert _carries(provider.name, self.name), f"provider {provider.name}: {self.name}"
        for command in self.plugin.commands:
            assert command.name == self.dashed, (
                f"command {command.name}: make it a group called {self.dashed}"
            )
            assert self.dashed in headlines((self.plugin.folder or Path()) / "cli.py"), (
                f"command {command.name}: define it in cli.py, where `shop --help` looks for it"
            )

    def test_what_it_writes_into_shared_tables_carries_its_name(self, shop: Shop):
        self.used(shop)
        for column, table, ours in NAMED:
            found = [name for (name,) in db.rows(f"SELECT DISTINCT {column} FROM {table}")]
            odd = [name for name in found if name.split(":")[0] not in (self.name, ours, "")]
            assert not odd, f"{table}.{column}: {odd}; call it {self.name}, or {self.name}:…"
        kinds = {kind.split(".")[0] for (kind,) in db.rows("SELECT DISTINCT kind FROM event")}
        odd = sorted(kinds - {*EVENTS, self.name})
        assert not odd, f"events {odd}: call them {self.name}.…"

    # -- what the description says of it -------------------------------------------------------

    def _described(self, shop: Shop) -> tuple[dict[str, Any], dict[str, Any]]:
        document = shop.client.get(shop.url("/openapi.json")).json
        return document, document["components"].get("schemas", {})

    def _operations(self, document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        mine = {blueprint.name for blueprint in self.plugin.blueprints}
        for path, item in document["paths"].items():
            for method in METHODS:
                if mine & set(item.get(method, {}).get("tags", ())):
                    yield path, method, item[method]

    def _schemas(self, shop: Shop) -> set[str]:
        """The schemas that are described only because of it."""
        _, on = self._described(shop)
        _, never = self._described(shop.of("never"))
        return on.keys() - never.keys()


def _carries(given: str, name: str) -> bool:
    return f"{given}_".startswith(f"{name}_")


def _references(text: str) -> list[str]:
    return re.findall(r"#/components/schemas/(\w+)", text)


def _models(base: type) -> Iterator[type]:
    """Every model with a table, wherever it was defined."""
    below: list[type] = base.__subclasses__()
    for model in below:
        if not model.__subclasses__():
            yield model
        yield from _models(model)
