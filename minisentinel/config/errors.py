"""The one error that a configuration can give."""

from __future__ import annotations

__all__ = ["ConfigError", "Refused"]


class Refused(Exception):
    """A directive's own complaint, before it is known where the directive stands.

    `message` is the real Sentinel's text; `expected` replaces the directive's usual description of
    what it takes when the complaint allows to be more precise.
    """

    def __init__(self, message: str, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


class ConfigError(ValueError):
    """A configuration text that a real Sentinel would refuse to start with.

    `message` is the real Sentinel's own text, `expected` what would have been right, in plain
    words. `line` is the offending line, trimmed; `line_number` counts from 1.
    """

    def __init__(
        self, path: str, line_number: int, line: str, message: str, expected: str = ""
    ) -> None:
        super().__init__(path, line_number, line, message, expected)
        self.path = path
        self.line_number = line_number
        self.line = line
        # Both may quote a word of the file, in which an escape may stand for a line feed.
        self.message = _visible(message)
        self.expected = _visible(expected)

    def __str__(self) -> str:
        line = _visible(self.line)
        text = f"{self.path}, line {self.line_number}: '{line}': {self.message}"
        return f"{text} (expected: {self.expected})" if self.expected else text

    def fatal_block(self, version: str) -> str:
        """What a real Sentinel of that Redis `version` prints before it exits.

        It ends with a line feed. Spec: config §2.
        """
        return (
            f"\n*** FATAL CONFIG FILE ERROR (Redis {version}) ***\n"
            f"Reading the configuration file, at line {self.line_number}\n"
            f">>> '{self.line}'\n"
            f"{self.message}\n"
        )


def _visible(text: str) -> str:
    """`text` with escapes for what cannot be printed, and so in one line."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
