"""A Sentinel's users without a Sentinel around them."""

from __future__ import annotations

from minisentinel.config.server import ServerSettings
from minisentinel.replies import Reply
from minisentinel.service.access import AccessControl, AclOutcome, acl
from minisentinel.service.catalogue import find
from minisentinel.service.host import FixedHost

__all__ = ["ACL_FILE", "NOW", "MemoryFiles", "access_control", "carry_out", "say", "with_acl_file"]

NOW = 1_700_000_000_000
ACL_FILE = "/etc/users.acl"


class MemoryFiles:
    """ACL files in memory; writing fails if `is_full`."""

    def __init__(self, **texts: str) -> None:
        self.texts = texts
        self.is_full = False

    def read(self, path: str) -> str:
        if path not in self.texts:
            raise FileNotFoundError(2, "No such file or directory", path)
        return self.texts[path]

    def write(self, path: str, text: str) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device", path)
        self.texts[path] = text


def access_control(**settings: object) -> AccessControl:
    """The users that these settings make."""
    return AccessControl(ServerSettings(**settings), FixedHost())  # type: ignore[arg-type]


def with_acl_file(text: str) -> tuple[AccessControl, MemoryFiles]:
    """The users that an ACL file makes, and the file."""
    files = MemoryFiles(**{ACL_FILE: text})
    return AccessControl(ServerSettings(aclfile=ACL_FILE), FixedHost(), files), files


def carry_out(access: AccessControl, *words: str, username: str = "default") -> AclOutcome:
    """The outcome of ``ACL <words>``, which fit the arity."""
    command = ("ACL", *words)
    facts = find(command)
    assert facts is not None, words
    assert facts.accepts(len(command)), words
    return acl(access, NOW, username, command)


def say(access: AccessControl, *words: str) -> Reply:
    """The reply to ``ACL <words>``."""
    return carry_out(access, *words).reply
