"""What can go wrong, as exceptions that carry a stable code and facts.

A caller branches on `code`; a person reads the message that `i18n` makes of the
code and the facts in the language asked for.
"""

from __future__ import annotations

from typing import Any


class ShopError(Exception):
    """The base of every error that Minishop raises on purpose."""


class Reject(ShopError):
    """Refuse what was asked: `raise Reject("over_limit", limit=2, have=3)`.

    `status` is the HTTP status of the answer: 422 for a rule, 409 when someone was
    faster or the state moved, 404, 401, 403 and 429 as usual. `facts` are JSON values
    that stand beside `code` in the problem document.
    """

    def __init__(self, code: str, status: int = 422, /, **facts: Any) -> None:
        self.code, self.status, self.facts = code, status, facts
        super().__init__(code, facts)

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.code} ({facts})" if facts else self.code


class NotFound(Reject):
    """What is missing and what belongs to another look the same: 404, one body."""

    def __init__(self) -> None:
        super().__init__("not_found", 404)


class Conflict(Reject):
    """Someone was faster, or the state moved: 409."""

    def __init__(self, code: str, /, **facts: Any) -> None:
        super().__init__(code, 409, **facts)


class Invalid(Reject):
    """Input that breaks its schema: 422 with `errors`, a list of {path, message}."""

    def __init__(self, errors: list[dict[str, str]]) -> None:
        super().__init__("invalid", 422, errors=errors)


class ProviderAway(Reject):
    """A payment provider cannot be reached, or is not well: 503, come again. `reason` is for the
    log and the owner, not for the customer."""

    def __init__(self, provider: str, reason: str) -> None:
        self.reason = reason
        super().__init__("provider_away", 503, provider=provider, retry_after=5)

    def __str__(self) -> str:
        return f"{self.facts['provider']} is away: {self.reason}"


class ConfigError(ShopError):
    """Every mistake of a config file at once; `problems` holds a line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class PluginFailure(ShopError):
    """A hook of a plugin raised, or answered what its specification forbids."""

    def __init__(self, plugin: str, hook: str, reason: str) -> None:
        self.plugin, self.hook, self.reason = plugin, hook, reason
        super().__init__(f"plugin {plugin}, hook {hook}: {reason}")


class Breach(ShopError):
    """A plugin did what may not be done where it was called; it was refused."""


class WriteRefused(Breach):
    """A statement that writes ran where only reading is allowed (a quote hook)."""


class CommitRefused(Breach):
    """A plugin began or ended a transaction that is not its own."""


class NetworkRefused(Breach):
    """The network was used in a hook or within a transaction."""
