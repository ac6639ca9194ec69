"""What words on the command line mean, and how wrong ones are told."""

from __future__ import annotations

import argparse

__all__ = ["UsageError", "count", "positive", "seconds", "words"]


class UsageError(ValueError):
    """What was asked for cannot be done; the text says what was expected."""


def words(text: str) -> list[str]:
    """The words of a list with commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def seconds(text: str) -> float:
    """A number of seconds, of any sign."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 10**7:
        raise argparse.ArgumentTypeError(f"expected a number of seconds, found {text!r}")
    return value


def count(text: str) -> int:
    """A whole number from 1."""
    number = int(text) if text.isdecimal() else 0
    if not 0 < number <= 10**6:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, found {text!r}")
    return number


def positive(text: str) -> float:
    """A number greater than 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 10**7:
        raise argparse.ArgumentTypeError(f"expected a number greater than 0, found {text!r}")
    return value
