"""Access control: the users of a running Sentinel, and what each may do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from minisentinel.config.server import ServerSettings
from minisentinel.replies import Command
from minisentinel.service.access.declared import (
    AclFileRefused,
    acl_file_text,
    ordered,
    users_of_acl_file,
    users_of_lines,
)
from minisentinel.service.access.log import AccessLog
from minisentinel.service.access.refusals import AccessRefused
from minisentinel.service.access.selector import Selector
from minisentinel.service.access.user import DEFAULT, Denial, User, default_user, new_user
from minisentinel.service.catalogue import CommandFacts
from minisentinel.service.host import Host
from minisentinel.words import written

__all__ = ["NO_FILES", "AccessControl", "AclFiles", "LostAccess", "NoFiles"]


class AclFiles(Protocol):
    """Reads and writes ACL files for whoever may do so."""

    def read(self, path: str) -> str:
        """The text of a file; raises `OSError`."""
        ...

    def write(self, path: str, text: str) -> None:
        """Replace a file as a whole, or not at all; raises `OSError`."""
        ...


class NoFiles:
    """A machine without ACL files."""

    def read(self, path: str) -> str:
        """There is no such file."""
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)

    def write(self, path: str, text: str) -> None:
        """There is nowhere to write to."""
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)


NO_FILES = NoFiles()


@dataclass(frozen=True, slots=True)
class LostAccess:
    """A user whose clients have to go: all of them, or those that listen to what it lost.

    `left` are the channel patterns that the user still has; None if the user itself is gone.
    """

    username: str
    left: tuple[str, ...] | None = None

    def ends(self, username: str, channels: Iterable[str], patterns: Iterable[str]) -> bool:
        """Whether a connection has to be closed that is logged in as `username` and listens."""
        if username != self.username:
            return False
        if self.left is None:
            return True
        rest = Selector(channels=self.left)
        return not (
            all(rest.allows_channel(each, is_pattern=False) for each in channels)
            and all(rest.allows_channel(each, is_pattern=True) for each in patterns)
        )


class AccessControl:
    """The users of a Sentinel, by name, and the log of what was denied to them.

    Raises `AccessRefused` if the settings do not make sense. `notices` is what a server logs then,
    at level notice, about users that it accepts nevertheless.
    """

    def __init__(self, settings: ServerSettings, host: Host, files: AclFiles = NO_FILES) -> None:
        self.host = host
        self.log = AccessLog(settings.acllog_max_len)
        self.notices: tuple[str, ...] = ()
        self.acl_file = settings.aclfile
        self._files = files
        default = settings.directives.get("acl-pubsub-default", ("resetchannels",))
        self.every_channel = default[0].lower() == "allchannels"
        """Whether new users may use every channel."""
        self.users: dict[str, User] = {DEFAULT: _default_user(settings.requirepass)}
        if self.acl_file:
            self._start_with_acl_file(settings)
        else:
            declared = users_of_lines(settings.users, every_channel=self.every_channel)
            self.users |= {user.name: user for user in declared}
            self.notices = tuple(
                f"The user '{user.name}' is disabled (there is no 'on' modifier in the user "
                "description). Make sure this is not a configuration error."
                for user in declared
                if not user.is_on
            )

    def _start_with_acl_file(self, settings: ServerSettings) -> None:
        if settings.users:
            raise AccessRefused(
                "Configuring Redis with users defined in redis.conf and at the same setting an "
                "ACL file path is invalid. This setup is very likely to lead to configuration "
                "errors and security holes, please define either an ACL file or declare users "
                "directly in your redis.conf, but not both."
            )
        try:
            self.load_acl_file()
        except AclFileRefused as refused:
            raise AccessRefused(
                f"Aborting Redis startup because of ACL errors: {refused.complaints}"
            ) from None

    # --- who ---

    def fresh_user(self) -> str | None:
        """The user of a connection that has not logged in; None if it has to do so first.

        Ask again for each of its commands: the default user may change. [CMD-1-6]
        """
        user = self.users[DEFAULT]
        return DEFAULT if user.is_on and user.needs_no_password else None

    def default_user_needs_no_password(self) -> bool:
        """Whether ``AUTH <password>``, without a name, is pointless. [CMD-2-2]"""
        return self.users[DEFAULT].needs_no_password

    def authenticate(self, username: str, password: str) -> bool:
        """Whether a client may log in with these; `note_failed_login` if it may not."""
        user = self.users.get(username)
        return user is not None and user.accepts(password)

    # --- what ---

    def denial(self, username: str, facts: CommandFacts, words: Command) -> Denial | None:
        """Why a user may not run a command; None if it may. A user that is gone may nothing.

        `words` fit the arity. `note_denial` puts it into the log. [CMD-1-7]
        """
        user = self.users.get(username) or new_user(username)
        return user.denial(facts, words)

    def note_denial(self, now_ms: int, denial: Denial, client_info: str) -> None:
        """Log that something was denied; `client_info` is the client's line of CLIENT LIST."""
        self.log.add(now_ms, denial.reason, denial.object, denial.username, client_info)

    def note_failed_login(self, now_ms: int, username: str, word: str, client_info: str) -> None:
        """Log that a client could not log in; `word` is its ``AUTH`` or ``HELLO``, as it wrote it.

        `client_info` is the client's line of CLIENT LIST.
        """
        self.log.add(now_ms, "auth", word, username, client_info)

    # --- changes ---

    def set_user(self, name: str, rules: Iterable[str]) -> LostAccess | None:
        """Apply all rules to a user, new or not, or none of them; raises `RuleRefused`.

        The rules are merged (`merged_rules`).
        """
        old = self.users.get(name)
        user = old or new_user(name, every_channel=self.every_channel)
        self.users[name] = new = user.with_rules(rules, every_channel=self.every_channel)
        return None if old is None else _lost(old, new)

    def delete_users(self, names: Iterable[str]) -> tuple[LostAccess, ...]:
        """Remove users, never the default one; tells which of them there were."""
        gone = (self.users.pop(name, None) for name in names if name != DEFAULT)
        return tuple(LostAccess(user.name) for user in gone if user is not None)

    def load_acl_file(self) -> tuple[LostAccess, ...]:
        """Replace all users by those of the ACL file; raises `AclFileRefused` and changes nothing.

        Clients of the default user stay, whatever it loses.
        """
        try:
            text = self._files.read(self.acl_file)
        except OSError as error:
            reason = error.strerror or str(error)
            raise AclFileRefused(
                f"Error loading ACLs, opening file '{self.acl_file}': {reason}"
            ) from None
        users = users_of_acl_file(self.acl_file, text, every_channel=self.every_channel)
        lost = (
            _lost(old, users[old.name]) if old.name in users else LostAccess(old.name)
            for old in ordered(self.users)
            if old.name != DEFAULT
        )
        found = tuple(each for each in lost if each is not None)
        self.users = users
        return found

    def save_acl_file(self) -> None:
        """Write all users to the ACL file; raises `OSError`."""
        self._files.write(self.acl_file, acl_file_text(self.users))

    def user_lines(self) -> tuple[str, ...]:
        """The ``user`` lines that a rewritten configuration has: none if there is an ACL file.

        Differs: a name or pattern with a quote in it is written so that it can be read again.
        """
        return () if self.acl_file else tuple(_readable(str(u)) for u in ordered(self.users))


def _readable(line: str) -> str:
    """A user's line as one of a configuration; none of its words holds a blank."""
    return " ".join(map(written, line.split(" ")))


def _default_user(password: str) -> User:
    """The default user of a configuration without users. [CFG-8-2]"""
    user = default_user()
    return user.with_rules(("resetpass", f">{password}")) if password else user


def _lost(old: User, new: User) -> LostAccess | None:
    """What `new` may not listen to any more, though `old` might; None if that is nothing."""
    before, after = (old.root, *old.selectors), (new.root, *new.selectors)
    if any(selector.every_channel for selector in after):
        return None
    left = tuple(channel for selector in after for channel in selector.channels)
    had = [channel for selector in before for channel in selector.channels]
    if not any(selector.every_channel for selector in before) and all(each in left for each in had):
        return None
    return LostAccess(new.name, left)
