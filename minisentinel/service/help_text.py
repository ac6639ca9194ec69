"""What the HELP subcommands say."""

from __future__ import annotations

from collections.abc import Iterable

from minisentinel.replies import Reply, Status

__all__ = ["help_text"]


def help_text(container: str, entries: Iterable[tuple[str, ...]]) -> Reply:
    """The lines of ``<container> HELP``: of each entry the syntax, then what it does.

    The first line and the last two are the same in every container.
    """
    lines = [f"{container} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"]
    for syntax, *explanations in entries:
        lines.append(syntax)
        lines += [f"    {line}" for line in explanations]
    lines += ["HELP", "    Print this help."]
    return tuple(Status(line) for line in lines)
