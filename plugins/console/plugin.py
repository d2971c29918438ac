"""What the owner and the clerk work with, on a phone or at a desk."""

from __future__ import annotations

from shop import Plugin

from . import account, goods, loads, orders, pickup, resources, today  # noqa: F401 their routes
from .api import READ, admin
from .pages import pages
from .settings import NAME, ConsoleSettings


class Console(Plugin):
    """Pages for staff, drawn from the API and its description: a plugin gets its own for nothing."""

    name, version = NAME, "1.0"
    Settings = ConsoleSettings
    blueprints = (admin,)
    pages = (pages,)
    permissions = {READ: "See what was sold"}
