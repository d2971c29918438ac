"""`shop sandbox-pay …`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shop.cli.base import guarded, open_instance
from shop_plugins.sandbox_pay.settings import NAME, NOTICES, REQUESTS, folder, key

if TYPE_CHECKING:
    from shop.instance import Instance
    from shop_plugins.sandbox_pay.emulator.app import Account


@click.group("sandbox-pay")
def sandbox_pay() -> None:
    """A payment service for demos and tests, without money."""


@sandbox_pay.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option(
    "--port", type=click.IntRange(0, 65535), help="else 8001, or any other if that is taken"
)
@click.option(
    "--shop", "shop_url", default="http://127.0.0.1:8000", show_default=True, envvar="SHOP_URL",
    help="where the shop listens for notices",
)  # fmt: skip
@click.option("--public", default="", help="address for browsers, if they come another way")
@click.pass_context
@guarded
def serve(context: click.Context, host: str, port: int | None, shop_url: str, public: str) -> None:
    """Serve the emulator until SIGTERM or Ctrl-C, for every store of the instance."""
    from shop_plugins.sandbox_pay.emulator import serve as emulator
    from shop_plugins.sandbox_pay.provider import MODES

    instance = open_instance(context)
    if instance.config.mode not in MODES:
        raise click.UsageError(f"Only for shops in mode {' or '.join(MODES)}.")
    try:
        listener = emulator.listen(host, port)
    except OSError as error:
        raise click.UsageError(f"cannot listen at {host}:{port}: {error.strerror}") from None
    accounts = _accounts(instance)
    instance.close()  # the emulator is no part of the shop: it needs none of its database
    emulator.serve(
        accounts,
        folder(instance.config.folder),
        listener,
        shop_url.rstrip("/"),
        public.rstrip("/"),
        ready=lambda address: click.echo(f"sandbox_pay ready: {address}"),
    )


def _accounts(instance: Instance) -> dict[str, Account]:
    """Every store, also those that have the plugin off: what they began is refunded."""
    from shop_plugins.sandbox_pay.emulator.app import Account

    secret, found = instance.config.secret, {}
    for code, store in instance.config.stores.items():
        plugins = instance.registry.stores[code]
        settings = plugins.settings.get(NAME) or plugins.off.settings[NAME]
        found[code] = Account(
            requests=key(secret, code, settings, REQUESTS),
            notices=key(secret, code, settings, NOTICES),
            name=store.name,
            locale=store.locale,
        )
    return found
