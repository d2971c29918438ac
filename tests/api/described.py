"""A check of schemathesis, loaded by SCHEMATHESIS_HOOKS: a request that the description allows is not
refused as `invalid`. Rules of a shop have codes of their own and are not asked about."""

import re

import schemathesis
from schemathesis import GenerationMode

UNSAID = [
    (r"after", "cursor"),  # opaque: what the list before gave
    (r"file", "exactly one file"),  # a part of a form is described alone
    (r"(lines\.\d+\.)?sku", "no such SKU"),
    (r".*options\..*", "no plugin of this name"),  # which are on is another document's matter
    (r".*", "missing"),  # it depends on another field, or on who is asking
    (r"one_price", "needs items"),
    (r"lines", "at most"),  # a setting of the store
    (r"lines|amounts", "each row once"),
    (r"name|title|label|.*\.(name|title)", "can be seen"),
    (r".*", "not valid Unicode"),
]
"""(path, part of the message) of what no JSON Schema can say"""


@schemathesis.check
def described(ctx, response, case):
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    if response.status_code not in (400, 422):
        return
    said = response.json()
    if said["code"] != "invalid":
        return
    for error in said["errors"]:
        if _is_whole_float(case.body, error["path"]):
            continue  # JSON Schema counts 1.0 among the integers
        if any(
            re.fullmatch(path, error["path"]) and words in error["message"]
            for path, words in UNSAID
        ):
            continue
        raise AssertionError(f"the description allows it, the shop does not: {error}")


def _is_whole_float(body, path):
    value = body
    for step in path.split("."):
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return False
    return isinstance(value, float) and value.is_integer()
