"""Two plugins for tests of the platform, written into a folder: one's name begins the other's."""

from __future__ import annotations

import textwrap
from pathlib import Path

PLUGIN = '''
from marshmallow import Schema, fields, validate
from shop import Blueprint, Plugin, Text, db, hookimpl
from shop import Schema as Document

blp = Blueprint("{name}", __name__, description="Cards")


class Card(Document):
    label = Text()


@blp.get("/{dashed}/card", needs="")
@blp.response(200, Card)
def {name}_card():
    return {{"label": "a card"}}


class Settings(Schema):
    steps = fields.Integer(
        load_default=10,
        validate=validate.Range(1, 50),
        metadata={{"title": "Stamps", "help": "how many fill a card"}},
    )


class Found(Plugin):
    """A card that fills with every order.

    A full one gives a gift.
    """

    name, version, Settings, blueprints = "{name}", "1.2", Settings, (blp,)

    def jobs(self):
        return {{"remind": lambda ctx, data: None}}

    def open_work(self, ctx):
        count = db.value("SELECT COUNT(*) FROM {name}_card WHERE store = ?", ctx.code)
        return [f"{{count}} cards are not full"] if count else []

    @hookimpl
    def check_quote(self, ctx, quote):
        return []
'''
MIGRATION = '''
from shop.ops.schema import run_script

TABLES = """
CREATE TABLE {name}_card (id BIGSERIAL NOT NULL PRIMARY KEY, store TEXT NOT NULL, count BIGINT);
CREATE TABLE {name}_mark (
  id BIGSERIAL NOT NULL PRIMARY KEY, card_id BIGINT NOT NULL REFERENCES {name}_card (id),
  data TEXT NOT NULL)
"""


def up(migrator, db):
    run_script(db, TABLES)
'''


def write(folder: Path, name: str, migration: str = MIGRATION, plugin: str = PLUGIN) -> Path:
    """A plugin with two tables, a route, a job, a setting and open work, in `folder/name`."""
    home = folder / name
    (home / "migrations").mkdir(parents=True)
    (home / "plugin.py").write_text(plugin.format(name=name, dashed=name.replace("_", "-")))
    (home / "migrations" / "0001_cards.py").write_text(textwrap.dedent(migration.format(name=name)))
    return home
