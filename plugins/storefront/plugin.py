"""What a customer sees when the link in the chat group is tapped."""

from __future__ import annotations

from shop import Plugin

from . import account, basket, catalogue, checkout, orders, posters, slots  # noqa: F401 their routes
from .api import READ, admin, public
from .models import Visit
from .pages import pages
from .settings import NAME, StorefrontSettings


class Storefront(Plugin):
    """Pages for customers, drawn on the server in the store's theme, from the API alone."""

    name, version = NAME, "1.0"
    Settings = StorefrontSettings
    models = (Visit,)
    blueprints = (public, admin)
    pages = (pages,)
    permissions = {READ: "See how many came"}
