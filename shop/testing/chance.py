"""Hypothesis as these tests use it: no example fails because the machine is busy."""

from __future__ import annotations

from contextlib import suppress

PROFILE = "shop"


def settle() -> None:
    """Load a profile without Hypothesis' limits in seconds, where Hypothesis is installed. Must run
    before the first module of tests is imported, since `@settings` begins with the profile in force.
    """
    with suppress(ImportError):
        from hypothesis import HealthCheck, settings

        settings.register_profile(
            PROFILE, deadline=None, suppress_health_check=[HealthCheck.too_slow]
        )
        settings.load_profile(PROFILE)
