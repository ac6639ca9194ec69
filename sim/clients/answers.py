"""Understanding what Sentinels answer about instances (spec: commands, the field lists)."""

from __future__ import annotations

from collections.abc import Mapping

from minisentinel.replies import Error, Reply

__all__ = ["addresses_in", "error_code", "field_lists"]


def field_lists(reply: Reply) -> list[dict[str, str]]:
    """The instances in a reply such as that to ``SENTINEL replicas``, as maps or flat arrays."""
    found = []
    for each in reply if isinstance(reply, tuple) else ():
        if isinstance(each, Mapping):
            pairs = list(each.items())
        elif isinstance(each, tuple):
            pairs = list(zip(map(str, each[::2]), each[1::2], strict=False))
        else:
            continue
        found.append({name: str(value) for name, value in pairs})
    return found


def addresses_in(instances: list[dict[str, str]]) -> list[tuple[str, int]]:
    """Where these instances are; those that do not say so are left out."""
    return [
        (each["ip"], int(each["port"]))
        for each in instances
        if each.get("ip") and each.get("port", "").isdigit()
    ]


def error_code(error: Error) -> str:
    """The first word of an error, which says what kind it is."""
    return error.text.partition(" ")[0]
