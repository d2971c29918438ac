"""Of what type each attribute of a plugin's class is: `TYPES`, name -> (check, words)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import click
import flask
import peewee
from marshmallow import Schema

from shop.plugin import Plugin

Fits = Callable[[Any], bool]


def _is(wanted: type) -> Fits:
    return lambda item: isinstance(item, wanted)


def _below(wanted: type) -> Fits:
    return lambda item: inspect.isclass(item) and issubclass(item, wanted)


def _tuple(one: Fits) -> Fits:
    return lambda value: isinstance(value, tuple) and all(map(one, value))


def _mapping(one: Fits) -> Fits:
    return lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(key, str) for key in value)
        and all(map(one, value.values()))
    )


def _seconds(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 1


def _options(value: Any) -> bool:
    return value is None or _below(Schema)(value)


TYPES: dict[str, tuple[Fits, str]] = {
    "version": (_is(str), 'text, as in "1.0"'),
    "modes": (_tuple(lambda mode: mode in Plugin.modes), "a tuple of live, demo, test"),
    "Settings": (_below(Schema), "a Schema"),
    "LineOptions": (_options, "a Schema"),
    "OrderOptions": (_options, "a Schema"),
    "models": (_tuple(_below(peewee.Model)), "a tuple of models"),
    "blueprints": (_tuple(_is(flask.Blueprint)), "a tuple of blueprints"),
    "pages": (_tuple(_is(flask.Blueprint)), "a tuple of Flask blueprints"),
    "providers": (_tuple(lambda item: not inspect.isclass(item)), "a tuple of payment providers"),
    "channels": (_tuple(lambda item: not inspect.isclass(item)), "a tuple of channels"),
    "commands": (_tuple(_is(click.Command)), "a tuple of click commands"),
    "companions": (_tuple(_tuple(_is(str))), "a tuple of command lines, each a tuple of words"),
    "permissions": (_mapping(_is(str)), "a mapping {scope: what it allows}"),
    "periodic": (_mapping(_seconds), "a mapping {job: seconds}"),
}
