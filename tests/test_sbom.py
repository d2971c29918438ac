"""The bill of materials lists what the lock installs, and nothing of where it came from."""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_of_the_lock_is_listed_with_its_version_and_hashes():
    done = subprocess.run(
        [sys.executable, ".ci/sbom.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    listed = json.loads(done.stdout)
    assert (listed["bomFormat"], listed["specVersion"]) == ("CycloneDX", "1.6")
    found = {(one["name"], one["version"]) for one in listed["components"]}
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    assert found == set(re.findall(r"^([a-z0-9-]+)==([^ \\\\]+)", lock, re.M))
    assert all(
        one["hashes"] and one["purl"].startswith("pkg:pypi/") for one in listed["components"]
    )
    assert not re.findall(r"https?://(?!cyclonedx\.org)[^\"]+", done.stdout)
    scope = {one["name"]: one["scope"] for one in listed["components"]}
    assert (scope["flask"], scope["psycopg"], scope["pytest"]) == (
        "required",
        "required",
        "optional",
    )
