"""A suite is as good as the bugs it finds: one at a time is planted, and tests must fail."""

import os
import subprocess
import sys

import pytest

from tests.seeded.bugs import FOLDER, bugs

NAMES = sorted(bugs())
BRIEFLY = NAMES[:1]
"""those that are planted in every run"""


def run(tests, bug=""):
    """What pytest says of these tests: its exit code, and the end of its words."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist",
            "-p", "tests.seeded.plant", *tests.split(),
        ],
        cwd=FOLDER, env=os.environ | {"SHOP_SEEDED_BUG": bug}, capture_output=True, text=True,
    )  # fmt: skip
    return done.returncode, done.stdout[-3000:] + done.stderr[-1000:]


def test_there_are_enough_of_them_and_the_code_is_as_the_list_says():
    assert len(NAMES) >= 20
    for bug in bugs().values():
        assert bug.plant(bug.path.read_text("utf-8"))
        for tests in bug.by.split():
            assert (FOLDER / tests).exists(), bug.name


def noticed(name):
    code, words = run(bugs()[name].by, name)
    assert code == 1, f"{name}: nobody noticed\n{words}"
    assert " failed" in words or "FAILED" in words, words


@pytest.mark.parametrize("name", BRIEFLY)
def test_it_is_noticed(name):
    noticed(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in BRIEFLY])
def test_every_other_one_is_noticed_too(name):
    noticed(name)


@pytest.mark.slow
def test_control_without_a_bug_the_same_tests_pass():
    """Of those that are planted briefly; that all of them pass otherwise is what the suite shows."""
    tests = sorted({test for name in BRIEFLY for test in bugs()[name].by.split()})
    code, words = run(" ".join(tests))
    assert code == 0, words
