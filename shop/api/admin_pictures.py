"""Pictures of goods, uploaded by staff."""

from __future__ import annotations

import marshmallow as ma
from flask import Response

from shop.api import uploads
from shop.api.base import Blueprint, answer, ctx
from shop.api.fields import Schema
from shop.services import pictures

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
