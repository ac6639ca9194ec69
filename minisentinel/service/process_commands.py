"""ROLE, INFO and SHUTDOWN: what the process is, how it fares, and its end (spec: commands §2)."""

from __future__ import annotations

from minisentinel.core.effects import Exit
from minisentinel.replies import Error, Reply
from minisentinel.service.call import SYNTAX_ERROR, Call, Replies
from minisentinel.service.catalogue import canonical
from minisentinel.service.info import Sources, info_text
from minisentinel.service.statistics import Census

__all__ = ["info", "role", "shutdown"]


def role(call: Call) -> Reply | Replies:
    """[CMD-2-8]"""
    return ("sentinel", tuple(call.context.state.masters))


def info(call: Call) -> Reply | Replies:
    """[CMD-2-10]"""
    desk = call.desk
    census = Census.of(desk.sessions.values())
    sources = Sources(desk.host, desk.settings, desk.statistics, census)
    return info_text(call.context, call.words[1:], sources)


def shutdown(call: Call) -> Reply | Replies:
    """End the process, without a reply; how to save means nothing to a Sentinel. [CMD-2-9]"""
    options = {canonical(word) for word in call.words[1:]}
    if not options <= {"nosave", "save", "now", "force", "abort"} or options >= {"nosave", "save"}:
        return SYNTAX_ERROR
    if "abort" in options:
        return SYNTAX_ERROR if len(options) > 1 else Error("ERR No shutdown in progress.")
    call.context.log("notice", "A client asked this Sentinel to end")
    call.out.append(Exit(0))
    return Replies()
