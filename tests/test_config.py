"""Every kind of mistake is named with its path and a hint, and all of them at once."""

import tomllib
from pathlib import Path

import pytest

from shop import config
from shop.errors import ConfigError

SECRET = "0123456789abcdef0123456789abcdef"
SHOP = f'[shop]\ndatabase = "sqlite:///shop.db"\nsecret = "{SECRET}"\n'
STORE = """
[stores.orchard]
name = "果园小店"
currency = "CNY"
timezone = "Asia/Shanghai"
locale = "zh_Hans"
"""


def problems(text, **options):
    with pytest.raises(ConfigError) as refused:
        config.parse(text, **options)
    return refused.value.problems


def test_a_short_file_is_enough_and_defaults_fill_the_rest():
    made = config.parse(SHOP + STORE)
    assert made.stores["orchard"].name == "果园小店"
    assert made.workers == 2
    assert made.limits == config.Limits()
    assert made.stores["orchard"].orders == config.Orders()
    assert SECRET not in repr(made)


def test_several_stores_have_settings_and_plugins_of_their_own_in_the_order_of_the_file():
    other = STORE.replace("orchard", "bakery").replace("CNY", "EUR")
    made = config.parse(
        SHOP
        + STORE
        + "[stores.orchard.plugins.points]\nrate = 2\n[stores.orchard.plugins.auction]\n"
        "[stores.orchard.orders]\nno_show = 'cancel'\n" + other
    )
    assert list(made.stores["orchard"].plugins) == ["points", "auction"]
    assert made.stores["orchard"].plugins["points"] == {"rate": 2}
    assert made.stores["orchard"].orders.no_show == "cancel"
    assert made.stores["bakery"].currency == "EUR"
    assert made.stores["bakery"].plugins == {}
    assert made.stores["bakery"].orders.no_show == "keep"


def test_every_mistake_of_every_table_is_reported_at_once():
    text = """
[shop]
database = "mysql://x"
secret = "change-me"
wrokers = 2
threads = 0
cors = ["*"]
[shop.limits]
lines = "many"
[stores.orchard]
name = ""
currncy = "CNY"
currency = "RMB"
timezone = "Asia/Shangai"
locale = "zh_Hant"
translations = { de = { name = "Obstgarten" }, en = { nam = "Orchard" } }
[stores.orchard.orders]
no_show = "shoot"
customer_cancels_paid = 1
[stores.Bad]
name = 7
"""
    found = problems(text)
    for expected in (
        "shop.database: must start with sqlite:/// or postgresql://",
        "shop.secret: needs at least 32 random characters: `shop secret` prints one",
        "shop.wrokers: unknown, did you mean workers?",
        "shop.threads: must be from 1 to 256",
        "shop.cors[0]: an origin like https://shop.example.org",
        "shop.limits.lines: not a valid integer",
        "stores.orchard.name: length must be between 1 and 100",
        "stores.orchard.currncy: unknown, did you mean currency?",
        "stores.orchard.timezone: 'Asia/Shangai' is not a time zone, did you mean Asia/Shanghai?",
        "stores.orchard.currency: 'RMB' is not a currency (ISO 4217), did you mean CNY?",
        "stores.orchard.locale: 'zh_Hant' is not a locale we speak, did you mean zh_Hans?",
        "stores.orchard.translations.de: 'de' is not a locale we speak",
        "stores.orchard.translations.en.nam: unknown, did you mean name?",
        "stores.orchard.orders.no_show: must be one of keep, cancel",
        "stores.orchard.orders.customer_cancels_paid: must be true or false",
        "stores.Bad.name: not a valid string",
        "stores.Bad.currency: missing",
        "stores.Bad: a code is 2-32 of a-z, 0-9, _ and -, a letter first",
    ):
        assert expected in found
    assert len(found) == 20


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", ["shop: missing", "stores: missing"]),
        (SHOP + "[store.orchard]\n", ["stores: missing", "store: unknown, did you mean stores?"]),
        (SHOP + "[stores]\n", ["stores: at least one [stores.<code>] table is needed"]),
        (
            SHOP + STORE.replace("orchard", "docs"),
            ["stores.docs: this word is taken, choose another code"],
        ),
        (SHOP + "stores = 3\n", None),
        (SHOP + "workers = true\n" + STORE, ["shop.workers: not a valid integer"]),
        (
            SHOP + "redis = 'localhost'\n" + STORE,
            ["shop.redis: must start with redis:// or rediss://"],
        ),
        (
            SHOP + STORE + "plugins = 'points'\n",
            ["stores.orchard.plugins: not a valid mapping type"],
        ),
    ],
)
def test_a_mistake_has_its_path(text, expected):
    found = problems(text)
    assert expected is None or sorted(found) == sorted(expected)


def test_a_file_that_is_not_toml_names_the_line():
    assert "line 2" in problems("[shop]\ndatabase = sqlite\n")[0]


def test_a_secret_comes_from_the_environment_or_a_file_and_is_never_a_sample(tmp_path):
    by_env = SHOP.replace(f'"{SECRET}"', '{ env = "SHOP_SECRET" }') + STORE
    assert config.parse(by_env, env={"SHOP_SECRET": SECRET}).secret == SECRET
    assert problems(by_env, env={}) == [
        "shop.secret: the environment variable SHOP_SECRET is not set"
    ]
    by_file = SHOP.replace(f'"{SECRET}"', '{ file = "secret" }') + STORE
    (tmp_path / "secret").write_text(SECRET + "\n")
    assert config.parse(by_file, tmp_path).secret == SECRET
    assert problems(by_file, folder=tmp_path / "elsewhere")[0].startswith(
        "shop.secret: cannot read secret"
    )
    for bad in ('"secret"', '"short"', "7", "{ vault = 'x' }"):
        assert problems(SHOP.replace(f'"{SECRET}"', bad) + STORE)[0].startswith("shop.secret: ")


def test_the_env_file_beside_it_is_read_and_the_environment_wins(tmp_path, monkeypatch):
    (tmp_path / "shop.toml").write_text(
        SHOP.replace(f'"{SECRET}"', '{ env = "MINISHOP_TEST_SECRET" }') + STORE, "utf-8"
    )
    (tmp_path / ".env").write_text(f"# a comment\nMINISHOP_TEST_SECRET='{SECRET}'\n")
    assert config.load(tmp_path / "shop.toml").secret == SECRET
    monkeypatch.setenv("MINISHOP_TEST_SECRET", SECRET[::-1])
    assert config.load(tmp_path / "shop.toml").secret == SECRET[::-1]


def test_a_file_that_is_missing_or_not_text_is_said_so(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        config.load(tmp_path / "shop.toml")
    (tmp_path / "shop.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="utf-8"):
        config.load(tmp_path / "shop.toml")


def test_the_example_holds_every_key_with_its_default_and_nothing_else():
    text = Path("shop.example.toml").read_text("utf-8")
    made = config.parse(text, env={"SHOP_SECRET": SECRET})
    raw = tomllib.loads(text)
    tables = {
        "shop": raw["shop"],
        "shop.limits": raw["shop"]["limits"],
        "stores.<code>": raw["stores"]["orchard"],
        "stores.<code>.orders": raw["stores"]["orchard"]["orders"],
    }
    for name, keys in config.known_keys().items():
        inner = {key for key, value in tables[name].items() if key in ("limits", "orders")}
        assert set(tables[name]) - inner == set(keys), name
    assert made.limits == config.Limits()
    assert made.stores["orchard"].orders == config.Orders()
