"""The bill of materials of what `requirements.lock` installs, as CycloneDX 1.6 JSON.

    .venv/bin/python .ci/sbom.py > sbom.json

Names, versions and hashes are those of the lock; licences are what the installed packages say.
What only development needs is told apart by its scope.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINNED = re.compile(
    r"^([a-z0-9.-]+)==(\S+)(?: ;[^\n]*?)? \\\n((?:    --hash=\S+(?: \\)?\n)+)", re.M
)


def main() -> None:
    bom = Bom()
    bom.metadata.component = root = Component(
        name="minishop", version=metadata("minishop")["Version"], type=ComponentType.APPLICATION
    )
    needed = set(closure("minishop", {"postgres", "redis", "export"}))
    for name, version, hashes in pinned((ROOT / "requirements.lock").read_text("utf-8")):
        bom.components.add(component(name, version, hashes, name in needed))
    bom.register_dependency(root, list(bom.components))
    sys.stdout.write(JsonV1Dot6(bom).output_as_string(indent=2) + "\n")


def pinned(lock: str) -> Iterator[tuple[str, str, list[str]]]:
    """(name, version, sha256 sums) of every package of the lock."""
    for name, version, block in PINNED.findall(lock):
        yield canonicalize_name(name), version, re.findall(r"sha256:([0-9a-f]{64})", block)


def component(name: str, version: str, hashes: list[str], needed: bool) -> Component:
    made = Component(
        name=name,
        version=version,
        purl=PackageURL("pypi", None, name, version),
        type=ComponentType.LIBRARY,
        scope=ComponentScope.REQUIRED if needed else ComponentScope.OPTIONAL,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=one) for one in hashes],
    )
    if said := licence(name):
        made.licenses.add(LicenseFactory().make_from_string(said))
    return made


def licence(name: str) -> str:
    """As the package says it, in one line; empty for one that is not installed here."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return ""
    classifiers = about.get_all("Classifier") or []
    named = [line.rpartition(" :: ")[2] for line in classifiers if line.startswith("License ::")]
    said = about.get("License-Expression") or about.get("License") or " AND ".join(named)
    return said if said and "\n" not in said and len(said) < 200 else " AND ".join(named)


def closure(name: str, extras: set[str]) -> Iterator[str]:
    """What a shop itself needs, without the tools of its developers."""
    waiting, seen = [(name, extras)], set[str]()
    while waiting:
        name, extras = waiting.pop()
        try:
            wanted = distribution(name).requires or []
        except PackageNotFoundError:
            continue
        for text in wanted:
            asked = Requirement(text)
            marker = asked.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in extras or {""}):
                continue
            found = canonicalize_name(asked.name)
            if found not in seen:
                seen.add(found)
                waiting.append((found, set(asked.extras)))
                yield found


if __name__ == "__main__":
    main()
