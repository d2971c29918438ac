"""What is on in the store and how it is set, and how the instance is doing, for its owner."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, current_app

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Schema
from shop.ops import doctor
from shop.plugins import plugin_info, plugin_state

blp = Blueprint("admin_plugins", __name__, admin=True, description="Plugins and the doctor")


class PluginSetting(Schema):
    name = ma.fields.String(required=True)
    value = ma.fields.String(
        required=True, allow_none=True, metadata={"help": "as the file has it; null: plugin is off"}
    )
    default = ma.fields.String(required=True, allow_none=True)
    meaning = ma.fields.String(required=True)
    line = ma.fields.String(required=True, metadata={"help": "to write into shop.toml"})


class PluginState(Schema):
    name = ma.fields.String(required=True)
    version = ma.fields.String(required=True)
    about = ma.fields.String(required=True)
    on = ma.fields.Boolean(required=True)
    place = ma.fields.Integer(
        required=True, allow_none=True, metadata={"help": "in the order of precedence, from 1"}
    )
    problem = ma.fields.String(
        required=True, metadata={"help": "why it cannot be used, else empty"}
    )
    open_work = ma.fields.List(ma.fields.String(), required=True)
    settings = ma.fields.List(ma.fields.Nested(PluginSetting), required=True)


class PluginList(Schema):
    items = ma.fields.List(ma.fields.Nested(PluginState), required=True)
    next = ma.fields.String(required=True, allow_none=True)


class Sign(Schema):
    state = ma.fields.String(required=True, metadata={"help": "good, warn or bad"})
    what = ma.fields.String(required=True)
    found = ma.fields.String(required=True)
    todo = ma.fields.String(required=True)


class Signs(Schema):
    items = ma.fields.List(ma.fields.Nested(Sign), required=True)
    next = ma.fields.String(required=True, allow_none=True)


@blp.get("/plugins", needs="plugins:read")
@blp.response(200, PluginList)
def admin_list_plugins() -> Response:
    """Every plugin that is installed, how it is set here, and the line that sets it"""
    instance = current_app.extensions["shop"]
    found = [state for state in plugin_state.survey(instance) if state.origin != plugin_state.GONE]
    return answer({"items": [_plugin(instance, state) for state in found], "next": None})


@blp.get("/doctor", needs="plugins:read")
@blp.response(200, Signs)
def admin_ask_doctor() -> Response:
    """How the shop is doing, and what to do; as `shop doctor` says it"""
    signs = doctor.examine(current_app.extensions["shop"])
    items = [
        {"state": one.state, "what": one.what, "found": one.found, "todo": one.todo}
        for one in signs
    ]
    return answer({"items": items, "next": None})


def _plugin(instance: Any, state: plugin_state.State) -> dict[str, Any]:
    code, settings = ctx().code, []
    if state.name in instance.registry.installed:
        for one in plugin_info.settings(instance, instance.registry.installed[state.name]):
            value = one.values.get(code)
            shown = value if value is not None else one.default or ""
            line = f"[stores.{code}.plugins.{state.name}]\n{one.name} = {shown}"
            settings.append(
                {"name": one.name, "value": value, "default": one.default,
                 "meaning": one.meaning, "line": line}
            )  # fmt: skip
    return {
        "name": state.name, "version": state.version, "about": state.about,
        "on": code in state.ranks, "place": state.ranks.get(code),
        "problem": state.broken or state.barred, "open_work": state.owes.get(code, []),
        "settings": settings,
    }  # fmt: skip
