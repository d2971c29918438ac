"""`shop …` with a rule that its OpenAPI description does not know: the control of test_contract."""

import marshmallow as ma

from shop.api import fields
from shop.cli import main


def short(text):
    if len(text) > 3:
        raise ma.ValidationError("longer than three letters")


if __name__ == "__main__":
    fields._unicode = short
    main()
