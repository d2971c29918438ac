"""Pictures that lie at other hosts until they are fetched."""

from peewee import BigAutoField, CharField, ForeignKeyField, IntegerField, TextField

from shop.models.base import Code, StoreRow, UtcField
from shop.models.product import Product


class RemotePicture(StoreRow):
    """A picture that an import named for a product by its address at another host.

    `digest` is the SHA-256 of `url`, which may be long. `src` is where the fetched picture lies in our
    media. `error` says why one could not be fetched, `detail` names what was answered.
    """

    id = BigAutoField()
    product = ForeignKeyField(Product, on_delete="CASCADE")
    url = TextField()
    digest = CharField(max_length=64)
    state = Code(default="waiting")
    """waiting, fetched or failed"""
    src = TextField(default="")
    error = Code(default="")
    detail = CharField(default="")
    tries = IntegerField(default=0)
    updated_at = UtcField()

    class Meta:
        indexes = (
            (("store", "product", "digest"), True),
            (("store", "digest"), False),
            (("store", "state", "id"), False),
        )
