"""The order in which a driver lets effects take place."""

from __future__ import annotations

from minisentinel.core.effects import Announce, Answer, Close, Effect, Exit, Log, Note, Save, Send
from minisentinel.core.saved import snapshot
from minisentinel.replies import OK, Error, Status
from minisentinel.trace import LogLine, SentinelEvent, VoteGranted
from tests.core.bench import Bench, logged

EVENT = Announce(SentinelEvent(level="warning", name="+x", payload="y"))
LINE = Log(LogLine(level="notice", text="z"))
NOTE = Note(VoteGranted(master="m", candidate="c", epoch=1))


def performed(bench: Bench, *effects: Effect) -> list[Effect]:
    return bench.carry_out(list(effects))


def test_effects_take_place_in_order() -> None:
    """[GEN-1-1]"""
    bench = Bench()
    effects: list[Effect] = [LINE, EVENT, NOTE, Answer(1, OK), EVENT]
    assert performed(bench, *effects) == [LINE, EVENT, NOTE, Answer(1, OK), EVENT]


def test_a_save_is_reported_back_before_anything_else_happens() -> None:
    """[CFG-5-14]"""
    bench = Bench()
    save = Save(snapshot(bench.state))
    done = performed(bench, save, EVENT)
    assert [type(e).__name__ for e in done] == ["Save", "Log", "Announce"]
    assert logged(done) == ["Sentinel new configuration saved on disk"]
    bench.disk_error = "Read-only file system"
    done = performed(bench, save, EVENT)
    assert logged(done) == [
        "WARNING: Sentinel was not able to save the new configuration on disk!!!: "
        "Read-only file system"
    ]
    assert done[-1] == EVENT


def test_a_reply_is_replaced_only_if_the_last_save_before_it_failed() -> None:
    """[CMD-4-22]"""
    bench = Bench()
    save, failed = Save(snapshot(bench.state)), Error("ERR failed")
    assert performed(bench, Answer(1, OK, failed)) == [Answer(1, OK)]
    assert performed(bench, save, Answer(1, OK, failed))[-1] == Answer(1, OK)
    bench.disk_error = "broken"
    assert performed(bench, save, Answer(1, OK, failed))[-1] == Answer(1, failed)
    assert performed(bench, save, Answer(1, OK))[-1] == Answer(1, OK)
    assert performed(bench, Answer(1, OK, failed))[-1] == Answer(1, OK)


def test_subscribers_are_told_at_the_announcement() -> None:
    """[EVT-1-3]"""
    bench = Bench()
    bench.command("SUBSCRIBE", "+x")
    done = performed(bench, EVENT, LINE)
    assert done == [EVENT, Answer(1, ("message", "+x", "y")), LINE]


def test_nothing_happens_after_the_exit() -> None:
    """[FAI-10-1]"""
    bench = Bench()
    bench.tick()
    connection = bench.connection("redis-1")
    done = performed(bench, Exit(99), Send(connection, ("PING",)), Close(connection), LINE)
    assert done == [Exit(99)]


def test_bytes_do_not_leave_on_a_connection_that_was_closed_in_the_same_step() -> None:
    """[GEN-1-1]"""
    bench = Bench()
    bench.tick()
    connection = bench.connection("redis-1")
    performed(bench, Send(connection, ("PING",)), Close(connection))
    assert connection not in bench.outgoing


def test_the_reply_to_a_client_comes_last() -> None:
    bench = Bench()
    bench.command("SENTINEL", "MONITOR", "other", "10.0.0.7", "6379", "1")
    assert bench.done[-1] == Answer(1, Status("OK"))
