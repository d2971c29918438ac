"""Pictures of goods: uploaded by staff, or fetched from other hosts after an import."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import validate

from shop.api import uploads
from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Instant, Page, Schema
from shop.catalog import pictures, remote_pictures

blp = Blueprint("admin_pictures", __name__, admin=True, description="Pictures of goods")


class Picture(Schema):
    src = ma.fields.String(required=True, metadata={"help": "for the images of a product"})
    width = ma.fields.Integer(required=True)
    height = ma.fields.Integer(required=True)


@blp.post("/pictures", needs="products:write")
@blp.response(201, Picture)
@blp.doc(requestBody=uploads.PICTURE)
def admin_upload_picture() -> Response:
    """Keep a JPEG, PNG, WebP or GIF picture, stripped and in three sizes"""
    return answer(pictures.keep(ctx(), uploads.picture()), 201)


class RemotePictureQuery(Page):
    state = ma.fields.String(
        load_default="failed",
        validate=validate.OneOf(remote_pictures.STATES),
        metadata={"title": "State"},
    )


class RemotePictureView(Schema):
    id = ma.fields.Integer(required=True)
    product = ma.fields.String(required=True, metadata={"help": "the product's handle"})
    url = ma.fields.String(required=True, metadata={"help": "where the picture lies"})
    state = ma.fields.String(required=True, validate=validate.OneOf(remote_pictures.STATES))
    error = ma.fields.String(required=True, metadata={"help": "a code, or empty"})
    reason = ma.fields.String(required=True, metadata={"help": "the error in words"})
    src = ma.fields.String(
        required=True, metadata={"help": "where it lies here once it is fetched"}
    )
    updated_at = Instant(required=True)


class RemotePicturePage(Schema):
    items = ma.fields.List(ma.fields.Nested(RemotePictureView), required=True)
    next = ma.fields.String(required=True, allow_none=True)
    fetched = ma.fields.Integer(required=True, metadata={"help": "pictures that lie here now"})
    waiting = ma.fields.Integer(required=True, metadata={"help": "pictures still to be fetched"})
    failed = ma.fields.Integer(required=True, metadata={"help": "pictures that cannot be fetched"})


class RemotePictureRetry(Schema):
    retried = ma.fields.Integer(required=True, metadata={"help": "how many are fetched again"})


@blp.get("/pictures/remote", needs="products:read")
@blp.arguments(RemotePictureQuery, location="query")
@blp.response(200, RemotePicturePage)
def admin_list_remote_pictures(query: dict[str, Any]) -> Any:
    """Pictures that an import named at other hosts: those that failed, or those of another `state`"""
    return remote_pictures.show(ctx(), **query) | remote_pictures.counts(ctx())


@blp.post("/pictures/remote/retry", needs="products:write")
@blp.response(200, RemotePictureRetry)
def admin_retry_remote_pictures() -> Any:
    """Fetch the pictures again that could not be fetched"""
    return {"retried": remote_pictures.retry(ctx())}
