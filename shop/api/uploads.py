"""A picture in a form, as staff send it."""

from __future__ import annotations

from typing import Any

from flask import request

from shop.api.base import ctx
from shop.errors import Invalid, Reject

_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {"file": {"type": "string", "format": "binary"}},
    "required": ["file"],
}
PICTURE = {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}
"""what the description of the API says of such a body"""


def picture() -> bytes:
    """The one file of the form, up to the instance's `picture_mib`."""
    request.max_content_length = ctx().config.limits.picture_mib << 20
    if request.mimetype != "multipart/form-data":
        raise Reject("unsupported_media_type", 415, expected="multipart/form-data")
    uploads = request.files.getlist("file")
    if len(uploads) != 1 or len(request.files) + len(request.form) != 1:
        raise Invalid([{"path": "file", "message": "exactly one file"}])
    return uploads[0].read()
