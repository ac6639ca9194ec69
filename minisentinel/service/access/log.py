"""The log of what was denied to clients, as ACL LOG shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from minisentinel.replies import Reply

__all__ = ["AccessLog", "LogEntry"]

GROUPING_MS = 60_000
"""Another denial of the same kind joins an entry for so long after the last one."""

GROUPING_DEPTH = 10
"""So many entries, the latest, may be joined."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One or more denials of the same kind.

    `reason` is ``command``, ``channel`` or ``auth``, `object` the command's full name, the channel
    or the word by which the client wanted to log in. `client_info` is the line of CLIENT LIST about
    the client that was last denied. Times are Unix milliseconds.
    """

    serial: int
    reason: str
    object: str
    username: str
    client_info: str
    created_ms: int
    updated_ms: int
    count: int = 1

    def described(self, now_ms: int) -> dict[str, Reply]:
        """The entry as ACL LOG shows it; its age is in seconds."""
        return {
            "count": self.count,
            "reason": self.reason,
            "context": "toplevel",
            "object": self.object,
            "username": self.username,
            "age-seconds": (now_ms - self.updated_ms) / 1000,
            "client-info": self.client_info,
            "entry-id": self.serial,
            "timestamp-created": self.created_ms,
            "timestamp-last-updated": self.updated_ms,
        }


@dataclass(slots=True)
class AccessLog:
    """The latest denials, the latest first; `longest` is ``acllog-max-len``."""

    longest: int = 128
    entries: list[LogEntry] = field(default_factory=list)
    next_serial: int = 0

    def add(
        self, now_ms: int, reason: str, denied_object: str, username: str, client_info: str
    ) -> None:
        """Note a denial: in an entry of its kind, which becomes the latest, or in a new one."""
        for at, entry in enumerate(self.entries[:GROUPING_DEPTH]):
            kind = entry.reason, entry.object, entry.username
            is_fresh = now_ms - entry.updated_ms <= GROUPING_MS
            if is_fresh and kind == (reason, denied_object, username):
                del self.entries[at]
                entry = replace(
                    entry, count=entry.count + 1, updated_ms=now_ms, client_info=client_info
                )
                self.entries.insert(0, entry)
                return
        entry = LogEntry(
            self.next_serial, reason, denied_object, username, client_info, now_ms, now_ms
        )
        self.next_serial += 1
        self.entries.insert(0, entry)
        del self.entries[self.longest :]

    def clear(self) -> None:
        """Forget all entries."""
        self.entries.clear()
