"""The fixtures that open a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from click.testing import CliRunner

from shop import config, db
from shop.cli import main
from shop.clock import SetClock
from shop.config import edit as configedit
from shop.config import parse
from shop.context import Context
from shop.instance import Instance
from shop.ops import schema
from shop.plugin import Plugin
from shop.testing.settings import CONFIG, NOON, SECRET
from shop.testing.under_test import Shop


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON)


@pytest.fixture
def plugins() -> tuple[type[Plugin], ...]:
    """Plugin classes that stand in no folder of plugins; override it, and `enabled`."""
    return ()


@pytest.fixture
def enabled() -> Mapping[str, Mapping[str, Any]]:
    """The plugins that are on, in their order, with their settings: `{"stamps": {"rate": 3}}`."""
    return {}


@pytest.fixture
def stores_toml() -> str:
    """More lines of shop.toml after the store `orchard`."""
    return ""


@pytest.fixture
def shop(
    database_url: str,
    clock: SetClock,
    plugins: tuple[type[Plugin], ...],
    enabled: Mapping[str, Mapping[str, Any]],
    stores_toml: str,
    migrated: dict[str, type[Plugin]],
    tmp_path: Path,
) -> Iterator[Shop]:
    """One store, `orchard`, open on a fresh database at NOON."""
    on = {name: dict(settings) for name, settings in enabled.items()}
    tables = tomlkit.dumps({"stores": {"orchard": {"plugins": on}}}) if on else ""
    lines = f"{stores_toml}\n{tables}"
    text = CONFIG.format(database=database_url, secret=SECRET, stores=lines)

    def reopen(text: str) -> Instance:
        return Instance(parse(text, tmp_path), plugins, clock)

    shop = Shop(reopen(text), clock, text, reopen)
    found = shop.instance.registry.installed
    if any(migrated.get(name) is not plugin for name, plugin in found.items()):
        schema.migrate(found)
    yield shop
    shop.close()


@pytest.fixture
def client(shop: Shop) -> Any:
    return shop.client


@pytest.fixture
def up_to(shop: Shop) -> Any:
    """`up_to("paid", lines={1000: 2})`: see Shop.up_to."""
    return shop.up_to


@pytest.fixture
def own_shop(tmp_path: Path) -> Iterator[Any]:
    """`run = own_shop("gift-wrap", fill, gift_wrap={})`: a shop that `shop init` made, with plugins on
    and filled by `fill(ctx)`; `run("report")` is what `shop gift-wrap report` prints, 80 wide."""
    runner, folder = CliRunner(), tmp_path / "shop"

    def make(group: str, fill: Callable[[Context], None], width: int = 80, **on: Any) -> Any:
        assert runner.invoke(main, ["init", str(folder), "--name", "果园"]).exit_code == 0
        path = folder / "shop.toml"
        [code] = config.load(path).stores
        for name, settings in on.items():
            table = f"stores.{code}.plugins.{name}"
            text, _ = configedit.set_key(path.read_text("utf-8"), table, settings)
            path.write_text(text, "utf-8")
        assert runner.invoke(main, ["--config", str(path), "db", "migrate"]).exit_code == 0
        instance = Instance(config.load(path))
        fill(instance.context(code))
        instance.close()

        def run(*words: str, code: int = 0) -> str:
            command = ["--config", str(path), group, *words]
            done = runner.invoke(main, command, env={"COLUMNS": str(width)})
            assert done.exit_code == code, done.output
            assert all(len(line) <= width for line in done.output.splitlines()), done.output
            return str(done.output)

        return run

    yield make
    db.database.close()


def in_days(days: float, start: datetime = NOON) -> datetime:
    return start + timedelta(days=days)
