"""Pictures of goods, uploaded by staff."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response, request

from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Schema
from shop.errors import Invalid, Reject
from shop.services import pictures

blp = Blueprint("admin_pictures", __name__, admin=True, description="Pictures of goods")

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
BODY = {"required": True, "content": {"multipart/form-data": {"schema": FORM}}}


class Picture(Schema):
    src = ma.fields.String(required=True, metadata={"help": "for the images of a product"})
    width = ma.fields.Integer(required=True)
    height = ma.fields.Integer(required=True)


@blp.post("/pictures", needs="products:write")
@blp.response(201, Picture)
@blp.doc(requestBody=BODY)
def admin_upload_picture() -> Response:
    """Keep a JPEG, PNG, WebP or GIF picture, stripped and in three sizes"""
    request.max_content_length = ctx().config.limits.picture_mib << 20
    if request.mimetype != "multipart/form-data":
        raise Reject("unsupported_media_type", 415, expected="multipart/form-data")
    uploads = request.files.getlist("file")
    if len(uploads) != 1 or len(request.files) + len(request.form) != 1:
        raise Invalid([{"path": "file", "message": "exactly one file"}])
    return answer(pictures.keep(ctx(), uploads[0].read()), 201)
