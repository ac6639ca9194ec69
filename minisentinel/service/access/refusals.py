"""What a server says of a rule that it does not accept."""

from __future__ import annotations

__all__ = [
    "BAD_HASH",
    "CATCH_ALL_CHANNELS",
    "CATCH_ALL_KEYS",
    "FIRST_WORD_OF_SUBCOMMAND",
    "NO_SUCH_PASSWORD",
    "SYNTAX",
    "UNKNOWN_COMMAND",
    "AccessRefused",
    "RuleRefused",
    "UnmatchedParenthesis",
]

SYNTAX = "Syntax error"
UNKNOWN_COMMAND = "Unknown command or category name in ACL"
FIRST_WORD_OF_SUBCOMMAND = "Allowing first-arg of a subcommand is not supported"
BAD_HASH = (
    "The password hash must be exactly 64 characters and contain only lowercase hexadecimal "
    "characters"
)
NO_SUCH_PASSWORD = "The password you are trying to remove from the user does not exist"
_CATCH_ALL = (
    "Adding a pattern after the * pattern (or the '{}' flag) is not valid and does not have any "
    "effect. Try '{}' to start with an empty list of {}"
)
CATCH_ALL_KEYS = _CATCH_ALL.format("allkeys", "resetkeys", "patterns")
CATCH_ALL_CHANNELS = _CATCH_ALL.format("allchannels", "resetchannels", "channels")


class RuleRefused(Exception):
    """A rule that has no meaning; `reason` is the server's own text.

    `rule` is the rule as it was given, with all that stood in its parentheses.
    """

    def __init__(self, reason: str, rule: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.rule = rule

    @property
    def names_unknown_command(self) -> bool:
        """Whether the rule is well formed, but names a command or category that is not there."""
        return self.reason == UNKNOWN_COMMAND


class UnmatchedParenthesis(Exception):
    """Permissions in parentheses that never end; they begin with the word number `index`."""

    def __init__(self, index: int) -> None:
        super().__init__(index)
        self.index = index


class AccessRefused(Exception):
    """The users of a configuration cannot be set up, so that a server does not start.

    `lines` is what it logs, at level warning, before it exits with status 1.
    """

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines
