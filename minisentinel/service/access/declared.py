"""Users as files declare them: ``user`` lines of a configuration, and the lines of an ACL file.

Spec: config §4, §8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from minisentinel.service.access.refusals import (
    AccessRefused,
    RuleRefused,
    UnmatchedParenthesis,
)
from minisentinel.service.access.selector import holds_blanks
from minisentinel.service.access.user import DEFAULT, User, default_user, merged_rules, new_user

__all__ = [
    "AclFileRefused",
    "acl_file_text",
    "check_user_line",
    "ordered",
    "users_of_acl_file",
    "users_of_lines",
]


def ordered(users: Mapping[str, User]) -> tuple[User, ...]:
    """Users by name, in the order of its bytes, as every list of a server has them."""
    names = sorted(users, key=lambda name: name.encode("utf-8", "surrogateescape"))
    return tuple(users[name] for name in names)


# --- lines of a configuration ---


def check_user_line(values: tuple[str, ...], *, every_channel: bool = False) -> str | None:
    """What a real server says of a line ``user <values>`` when it reads it; None if it accepts it.

    Unknown commands are let through: they stop the server later, when it sets up the users.
    The word that the message quotes is the second or third before the faulty one, as in a real
    server, which counts without ``user <name>`` and with parentheses as one. `every_channel` says
    whether ``acl-pubsub-default allchannels`` stands above the line.
    """
    line = ("user", *values)
    try:
        rules = merged_rules(values[1:])
    except UnmatchedParenthesis as unmatched:
        return f"Error in user declaration '{line[unmatched.index]}': Wrong format"
    user = new_user(values[0], every_channel=every_channel)
    for at, rule in enumerate(rules):
        try:
            user = user.with_rule(rule, every_channel=every_channel)
        except RuleRefused as refused:
            if not refused.names_unknown_command:
                return f"Error in user declaration '{line[at]}': {refused.reason}"
    return None


def users_of_lines(
    lines: Iterable[tuple[str, ...]], *, every_channel: bool = False
) -> tuple[User, ...]:
    """The users that ``user`` lines declare, in their order; raises `AccessRefused`.

    Each of `lines` is a name and rules. One that `check_user_line` accepts can still be refused:
    if it names an unknown command, or a user that cannot be named so.
    """
    users: list[User] = []
    for name, *words in lines:
        if holds_blanks(name):
            raise AccessRefused("Spaces not allowed in ACL usernames", _CRITICAL)
        user = new_user(name, every_channel=every_channel)
        try:
            users.append(user.with_rules(merged_rules(words), every_channel=every_channel))
        except RuleRefused as refused:
            complaint = f"'{refused.rule}' for the user named '{name}': {refused.reason}"
            raise AccessRefused(f"Error loading ACL rule {complaint}", _CRITICAL) from None
        except UnmatchedParenthesis as unmatched:
            complaint = f"'{words[unmatched.index]}' for the user named '{name}': Wrong format"
            raise AccessRefused(f"Error loading ACL rule {complaint}", _CRITICAL) from None
    return tuple(users)


_CRITICAL = "Critical error while loading ACLs. Exiting."


# --- an ACL file ---


class AclFileRefused(Exception):
    """An ACL file that declares its users wrongly; `complaints` is the server's own text."""

    def __init__(self, complaints: str) -> None:
        super().__init__(complaints)
        self.complaints = complaints


def users_of_acl_file(path: str, text: str, *, every_channel: bool = False) -> dict[str, User]:
    """The users that an ACL file declares, and the default user if it does not.

    Raises `AclFileRefused`, which tells of all faults at once; `path` is only used in it.
    Words are separated by single blanks, comments are not allowed.
    """
    users: dict[str, User] = {}
    complaints: list[str] = []
    for number, line in enumerate(text.split("\n"), start=1):
        words = line.strip(" \t\r\n").split(" ")
        if words == [""]:
            continue
        place = f"{path}:{number}"
        if words[0] != "user" or len(words) < 2:
            complaints.append(f"{place} should start with user keyword followed by the username. ")
        elif holds_blanks(words[1]):
            complaints.append(f"'{place}: username '{words[1]}' contains invalid characters. ")
        elif words[1] in users:
            complaints.append(f"WARNING: Duplicate user '{words[1]}' found on line {number}. ")
        else:
            user, refused = _user_of_acl_file(place, words[1], words[2:], every_channel)
            users[user.name] = user
            complaints += refused
    if complaints:
        unchanged = (
            "ACL errors detected, no change to the previously active ACL rules was performed"
        )
        raise AclFileRefused("".join((*complaints, "WARNING: ", unchanged)))
    users.setdefault(DEFAULT, default_user())
    return users


def _user_of_acl_file(
    place: str, name: str, words: list[str], every_channel: bool
) -> tuple[User, list[str]]:
    """A user of an ACL file, and what is wrong with it.

    Every unknown command is told of, but only the first of the other faults.
    """
    user = new_user(name, every_channel=every_channel)
    try:
        rules = merged_rules(words)
    except UnmatchedParenthesis:
        return user, [f"{place}: Unmatched parenthesis in selector definition."]
    complaints: list[str] = []
    is_bad = False
    for rule in rules:
        rule = rule.strip("\t\r\n")
        try:
            user = user.with_rule(rule, every_channel=every_channel)
        except RuleRefused as refused:
            if refused.names_unknown_command:
                what = f"Error in applying operation '{rule}'"
                complaints.append(f"{place}: {what}: {refused.reason}. ")
            elif not is_bad:
                complaints.append(f"{place}: {refused.reason}. ")
                is_bad = True
    return user, complaints


def acl_file_text(users: Mapping[str, User]) -> str:
    """The text of an ACL file that declares `users`."""
    return "".join(f"{user}\n" for user in ordered(users))
