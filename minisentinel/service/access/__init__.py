"""Access control of clients: users, the rules that make them, what they may do, the ACL command.

`AccessControl` holds the users of a Sentinel and answers who may do what; `acl` carries out the ACL
command on it; `check_user_line` tells whether a line of a configuration declares a user rightly.
Spec: commands §1, §2, §15; config §4, §8.
"""

from __future__ import annotations

from minisentinel.service.access.command import AclOutcome, acl
from minisentinel.service.access.control import (
    NO_FILES,
    AccessControl,
    AclFiles,
    LostAccess,
    NoFiles,
)
from minisentinel.service.access.declared import check_user_line
from minisentinel.service.access.log import AccessLog, LogEntry
from minisentinel.service.access.refusals import AccessRefused
from minisentinel.service.access.user import Denial, User

__all__ = [
    "NO_FILES",
    "AccessControl",
    "AccessLog",
    "AccessRefused",
    "AclFiles",
    "AclOutcome",
    "Denial",
    "LogEntry",
    "LostAccess",
    "NoFiles",
    "User",
    "acl",
    "check_user_line",
]
