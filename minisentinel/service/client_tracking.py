"""CLIENT TRACKING and what belongs to it: taken and shown, but no key ever changes here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from minisentinel.core.text import strict_integer
from minisentinel.replies import NOT_AN_INTEGER, OK, Error, Reply, Unordered
from minisentinel.service.call import SYNTAX_ERROR, Call, Replies
from minisentinel.service.catalogue import canonical
from minisentinel.service.session import Session, Tracking

__all__ = ["client_caching", "client_getredir", "client_tracking", "client_trackinginfo"]

ONE_REDIRECTION = Error("ERR A client can only redirect to a single other client")
NOBODY_THERE = Error("ERR The client ID you want redirect to does not exist")
PREFIX_NEEDS_BCAST = Error("ERR PREFIX option requires BCAST mode to be enabled")
SWITCHED = (
    "ERR You can't switch {} before disabling tracking for this client, and then re-enabling it "
    "with a different mode."
)
BCAST_SWITCHED = Error(SWITCHED.format("BCAST mode on/off"))
OPT_SWITCHED = Error(SWITCHED.format("OPTIN/OPTOUT mode"))
BCAST_WITH_OPT = Error("ERR OPTIN and OPTOUT are not compatible with BCAST")
BOTH_OPTS = Error("ERR You can't specify both OPTIN mode and OPTOUT mode")
NOT_TRACKING = Error(
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
    "OPTOUT mode enabled"
)
NOT_OPTED = "ERR CLIENT CACHING {} is only valid when tracking is enabled in {} mode."


@dataclass(slots=True)
class _Wish:
    """The options of one CLIENT TRACKING."""

    redirect: int = 0
    flags: set[str] = field(default_factory=set)
    prefixes: list[str] = field(default_factory=list)


def client_tracking(call: Call) -> Reply | Replies:
    """Switch tracking on or off; what does not go together is refused."""
    wish = _read(call)
    if isinstance(wish, Error):
        return wish
    session = call.session
    match canonical(call.words[2]):
        case "on":
            error = _objection(session, wish)
            if error is not None:
                return error
            _switch_on(session, wish)
        case "off":
            session.tracking = None
        case _:
            return SYNTAX_ERROR
    return OK


def _read(call: Call) -> _Wish | Error:
    wish = _Wish()
    words = list(call.words[3:])
    while words:
        word = canonical(words.pop(0))
        if word in ("bcast", "optin", "optout", "noloop"):
            wish.flags.add(word)
        elif word == "prefix" and words:
            wish.prefixes.append(words.pop(0))
        elif word == "redirect" and words:
            if wish.redirect:
                return ONE_REDIRECTION
            number = strict_integer(words.pop(0))
            if number is None:
                return NOT_AN_INTEGER
            if number not in call.desk.sessions:
                return NOBODY_THERE
            wish.redirect = number
        else:
            return SYNTAX_ERROR
    return wish


def _objection(session: Session, wish: _Wish) -> Error | None:
    """Why tracking cannot be switched on so, in the order in which servers find out."""
    old, flags = session.tracking, wish.flags
    if wish.prefixes and "bcast" not in flags:
        return PREFIX_NEEDS_BCAST
    if old is not None and old.broadcast != ("bcast" in flags):
        return BCAST_SWITCHED
    if "bcast" in flags and flags & {"optin", "optout"}:
        return BCAST_WITH_OPT
    if flags >= {"optin", "optout"}:
        return BOTH_OPTS
    if old is not None and (
        ("optin" in flags and old.opt_out) or ("optout" in flags and old.opt_in)
    ):
        return OPT_SWITCHED
    return _collision(sorted(old.prefixes) if old is not None else (), wish.prefixes)


def _collision(existing: Sequence[str], given: Sequence[str]) -> Error | None:
    # In sorted order what overlaps stands together; only then is it worth while to look who it is.
    if not any(after.startswith(before) for before, after in pairwise(sorted((*existing, *given)))):
        return None
    for number, prefix in enumerate(given):
        for others, what in ((existing, "an existing"), (given[number + 1 :], "another provided")):
            for other in others:
                if prefix.startswith(other) or other.startswith(prefix):
                    return Error(
                        f"ERR Prefix '{prefix}' overlaps with {what} prefix '{other}'. Prefixes "
                        "for a single client must not overlap."
                    )
    return None


def _switch_on(session: Session, wish: _Wish) -> None:
    old, flags = session.tracking, wish.flags
    new = Tracking(
        redirect=wish.redirect,
        broadcast="bcast" in flags,
        opt_in="optin" in flags,
        opt_out="optout" in flags,
        no_loop="noloop" in flags,
        caching=old is not None and old.caching,
    )
    if new.broadcast:
        # Broadcasting without a prefix means all keys: the empty prefix.
        new.prefixes = frozenset(wish.prefixes or [""])
        if old is not None:
            new.prefixes |= old.prefixes
    session.tracking = new


def client_trackinginfo(call: Call) -> Reply | Replies:
    """Show what was asked for."""
    tracking = call.session.tracking
    if tracking is None:
        return {"flags": Unordered(("off",)), "redirect": -1, "prefixes": ()}
    shown = (
        ("on", True),
        ("bcast", tracking.broadcast),
        ("optin", tracking.opt_in),
        ("caching-yes", tracking.opt_in and tracking.caching),
        ("optout", tracking.opt_out),
        ("caching-no", tracking.opt_out and tracking.caching),
        ("noloop", tracking.no_loop),
    )
    return {
        "flags": Unordered(flag for flag, present in shown if present),
        "redirect": tracking.redirect,
        "prefixes": tuple(sorted(tracking.prefixes)),
    }


def client_getredir(call: Call) -> Reply | Replies:
    """Who hears in place of this client: 0 nobody, -1 without tracking."""
    tracking = call.session.tracking
    return tracking.redirect if tracking is not None else -1


def client_caching(call: Call) -> Reply | Replies:
    """Make an exception for the next command that is not about clients."""
    tracking = call.session.tracking
    if tracking is None:
        return NOT_TRACKING
    match canonical(call.words[2]):
        case "yes":
            if not tracking.opt_in:
                return Error(NOT_OPTED.format("YES", "OPTIN"))
        case "no":
            if not tracking.opt_out:
                return Error(NOT_OPTED.format("NO", "OPTOUT"))
        case _:
            return SYNTAX_ERROR
    tracking.caching = True
    return OK
