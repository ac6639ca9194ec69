"""ACL at the desk: carried out by access control, felt by the clients that lose something."""

from __future__ import annotations

from minisentinel.replies import Error, Reply
from minisentinel.service import access
from minisentinel.service.call import Call, Replies
from minisentinel.service.catalogue import canonical

__all__ = ["acl"]


CHANGING = ("deluser", "setuser")


def acl(call: Call) -> Reply | Replies:
    """[CMD-2-12]"""
    desk = call.desk
    outcome = access.acl(desk.access, call.now_ms, call.session.user, call.words)
    if not isinstance(outcome.reply, Error) and canonical(call.words[1]) in CHANGING:
        # A real Sentinel, too, writes its users at the next save and not before.
        call.context.state.users = desk.access.user_lines() or None
    for line in outcome.warnings:
        call.context.log("warning", line)
    for lost in outcome.lost:
        for session in tuple(desk.sessions.values()):
            if lost.ends(session.user, session.channels, session.patterns):
                call.dismiss(session)
    return outcome.reply
