"""The ACL command. [CMD-2-12]

Words have been checked against the catalogue: the subcommand is there, and the arity fits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minisentinel.core.text import strict_integer
from minisentinel.replies import NOT_AN_INTEGER, OK, Command, Error, Reply, Unordered
from minisentinel.service.access.control import AccessControl, LostAccess
from minisentinel.service.access.declared import AclFileRefused, ordered
from minisentinel.service.access.refusals import RuleRefused, UnmatchedParenthesis
from minisentinel.service.access.selector import Selector, holds_blanks
from minisentinel.service.access.user import DEFAULT, merged_rules
from minisentinel.service.catalogue import CATEGORIES, canonical, find, rows
from minisentinel.service.help_text import help_text

__all__ = ["AclOutcome", "acl"]


@dataclass(frozen=True, slots=True)
class AclOutcome:
    """The reply to an ACL command, and whose connections are to be closed after it.

    `warnings` are lines for the log.
    """

    reply: Reply
    lost: tuple[LostAccess, ...] = ()
    warnings: tuple[str, ...] = ()


def acl(access: AccessControl, now_ms: int, username: str, words: Command) -> AclOutcome:
    """Carry out a command of a client that is logged in as `username`."""
    match canonical(words[1]):
        case "whoami":
            return AclOutcome(username)
        case "log":
            return AclOutcome(_log(access, now_ms, words))
        case name:
            outcome = _SUBCOMMANDS[name](access, words)
    return outcome if isinstance(outcome, AclOutcome) else AclOutcome(outcome)


# --- about commands ---


def _cat(access: AccessControl, words: Command) -> Reply:
    if len(words) > 3:
        return _bad_subcommand(words)
    if len(words) == 2:
        return CATEGORIES
    category = canonical(words[2])
    if category not in CATEGORIES:
        return _error(f"Unknown category '{_shown(words[2])}'")
    return tuple(facts.name for facts in rows() if category in facts.categories)


def _dryrun(access: AccessControl, words: Command) -> Reply:
    username, command = words[2], words[3:]
    if username not in access.users:
        return _error(f"User '{_shown(username)}' not found")
    facts = find(command)
    if facts is None:
        return _error(f"Command '{_shown(command[0])}' not found")
    if not facts.accepts(len(command)):
        return _error(f"wrong number of arguments for '{facts.name}' command")
    denial = access.denial(username, facts, command)
    return OK if denial is None else denial.explanation


# --- about users ---


def _users(access: AccessControl, words: Command) -> Reply:
    return tuple(user.name for user in ordered(access.users))


def _list(access: AccessControl, words: Command) -> Reply:
    return tuple(str(user) for user in ordered(access.users))


def _getuser(access: AccessControl, words: Command) -> Reply:
    user = access.users.get(words[2])
    if user is None:
        return None
    return {
        "flags": Unordered(user.flags),
        "passwords": user.passwords,
        **_described(user.root),
        "selectors": tuple(_described(selector) for selector in user.selectors),
    }


def _described(selector: Selector) -> dict[str, Reply]:
    return {
        "commands": selector.commands_text,
        "keys": selector.keys_text,
        "channels": selector.channels_text,
    }


def _setuser(access: AccessControl, words: Command) -> AclOutcome | Error:
    name = words[2]
    if holds_blanks(name):
        return _error("Usernames can't contain spaces or null characters")
    try:
        rules = merged_rules(words[3:])
    except UnmatchedParenthesis as unmatched:
        word = _shown(words[3 + unmatched.index])
        return _error(f"Unmatched parenthesis in acl selector starting at '{word}'.")
    try:
        lost = access.set_user(name, rules)
    except RuleRefused as refused:
        rule = _shown(refused.rule)
        return _error(f"Error in ACL SETUSER modifier '{rule}': {refused.reason}")
    return AclOutcome(OK, () if lost is None else (lost,))


def _deluser(access: AccessControl, words: Command) -> AclOutcome | Error:
    if DEFAULT in words[2:]:
        return _error("The 'default' user cannot be removed")
    gone = access.delete_users(words[2:])
    return AclOutcome(len(gone), gone)


def _genpass(access: AccessControl, words: Command) -> Reply:
    if len(words) > 3:
        return _bad_subcommand(words)
    bits = strict_integer(words[2]) if len(words) == 3 else 256
    if bits is None:
        return NOT_AN_INTEGER
    if not 1 <= bits <= 4096:
        return _error(
            "ACL GENPASS argument must be the number of bits for the output password, a positive "
            "number up to 4096"
        )
    digits = (bits + 3) // 4
    return access.host.random_bytes((digits + 1) // 2).hex()[:digits]


# --- the ACL file ---


def _load(access: AccessControl, words: Command) -> AclOutcome | Error:
    if not access.acl_file:
        return _NO_ACL_FILE
    try:
        return AclOutcome(OK, access.load_acl_file())
    except AclFileRefused as refused:
        return _error(refused.complaints)


def _save(access: AccessControl, words: Command) -> AclOutcome | Error:
    if not access.acl_file:
        return _NO_ACL_FILE
    try:
        access.save_acl_file()
    except OSError as error:
        reply = _error(
            "There was an error trying to save the ACLs. Please check the server logs for more "
            "information"
        )
        return AclOutcome(
            reply, warnings=(f"Writing ACL file for ACL SAVE: {error.strerror or error}",)
        )
    return AclOutcome(OK)


# --- the log ---


def _log(access: AccessControl, now_ms: int, words: Command) -> Reply:
    if len(words) > 3:
        return _bad_subcommand(words)
    if len(words) == 3 and canonical(words[2]) == "reset":
        access.log.clear()
        return OK
    count = strict_integer(words[2]) if len(words) == 3 else 10
    if count is None:
        return NOT_AN_INTEGER
    return tuple(entry.described(now_ms) for entry in access.log.entries[: max(count, 0)])


# --- help ---


def _help(access: AccessControl, words: Command) -> Reply:
    return help_text("ACL", _HELP)


_HELP = (
    ("CAT [<category>]", "The categories of commands, or the commands of one category."),
    ("DELUSER <username> [<username> ...]", "Remove users and close their connections."),
    (
        "DRYRUN <username> <command> [<arg> ...]",
        "Tell whether a user may run a command, and do not run it.",
    ),
    ("GETUSER <username>", "What a user may do, and the hashes of its passwords."),
    (
        "GENPASS [<bits>]",
        "Make up a password of 256 random bits, or of as many as are asked for.",
    ),
    ("LIST", "All users, each as the line that a configuration file would have."),
    ("LOAD", "Replace all users by those in the ACL file."),
    ("LOG [<count> | RESET]", "The latest things that were denied to clients; or forget them."),
    ("SAVE", "Write all users to the ACL file."),
    (
        "SETUSER <username> <attribute> [<attribute> ...]",
        "Change a user by access rules, all or none; a new name makes a new user.",
    ),
    ("USERS", "The names of all users."),
    ("WHOAMI", "The user that this connection is logged in as."),
)

_SUBCOMMANDS: dict[str, Callable[[AccessControl, Command], AclOutcome | Reply]] = {
    "cat": _cat,
    "deluser": _deluser,
    "dryrun": _dryrun,
    "genpass": _genpass,
    "getuser": _getuser,
    "help": _help,
    "list": _list,
    "load": _load,
    "save": _save,
    "setuser": _setuser,
    "users": _users,
}

_NO_ACL_FILE = Error(
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users "
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis "
    "configuration file set) in order to store users in the Redis configuration."
)


def _error(text: str) -> Error:
    """An error in one line, whatever it quotes. [CMD-1-9]"""
    return Error("ERR " + text.replace("\r", " ").replace("\n", " "))


def _shown(word: str) -> str:
    """A word as errors quote it: it ends before a zero byte."""
    return word.partition("\0")[0]


def _bad_subcommand(words: Command) -> Error:
    name = words[1]
    return _error(f"unknown subcommand or wrong number of arguments for '{name}'. Try ACL HELP.")
