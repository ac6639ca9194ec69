"""The decision between partial and full resynchronisation (spec: redis-node §4.2)."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.replies import Command
from minisentinel.wire import command_size
from sim.redis.replication.history import NO_ID, History

PING: Command = ("PING",)
SIZE = command_size(PING)


def history(pings: int, *, backlog: int = 1000) -> History:
    made = History(Random(1))
    made.create_backlog(backlog)
    for _ in range(pings):
        made.extend((PING,))
    return made


def test_ping_occupies_fourteen_bytes_of_stream() -> None:
    assert history(3).offset == 3 * SIZE == 42


@pytest.mark.parametrize(
    ("offset", "accepted"),
    [(0, False), (1, True), (43, True), (44, False)],
)
def test_requested_byte_must_be_in_the_backlog_or_be_the_next(offset: int, accepted: bool) -> None:
    """[RED-4.2-3]"""
    made = history(3)
    assert made.can_continue(made.replid, offset) is accepted


@pytest.mark.parametrize(("offset", "accepted"), [(14, False), (15, True), (43, True)])
def test_backlog_of_limited_size_forgets_the_oldest_bytes(offset: int, accepted: bool) -> None:
    """[RED-4-4]"""
    made = history(3, backlog=28)
    assert made.backlog is not None
    assert (made.backlog.first, made.backlog.length) == (15, 28)
    assert made.can_continue(made.replid, offset) is accepted


@pytest.mark.parametrize(("offset", "units"), [(15, 2), (29, 1), (43, 0)])
def test_backlog_sends_every_unit_from_the_requested_byte_on(offset: int, units: int) -> None:
    backlog = history(3, backlog=28).backlog
    assert backlog is not None
    assert len(backlog.since(offset)) == units


@pytest.mark.parametrize(("offset", "accepted"), [(42, True), (43, True), (44, False)])
def test_old_id_is_valid_up_to_where_the_histories_part(offset: int, accepted: bool) -> None:
    """[RED-4-2] [RED-4.2-2]"""
    made = history(3)
    old = made.replid
    made.shift()
    made.extend((PING,))
    assert made.replid != old
    assert (made.replid2, made.second_offset) == (old, 43)
    assert made.can_continue(old, offset) is accepted
    assert made.can_continue(made.replid, 44)


def test_unknown_id_or_missing_backlog_means_full_resynchronisation() -> None:
    """[RED-4.2-2] [RED-4.2-3]"""
    made = history(3)
    assert not made.can_continue("f" * 40, 43)
    assert not made.can_continue("?", -1)
    made.backlog = None
    assert not made.can_continue(made.replid, 43)


def test_full_copy_of_another_history_forgets_the_second_id() -> None:
    """[RED-4.2-5]"""
    made = history(3)
    made.shift()
    made.replace("a" * 40, 1000)
    assert (made.replid, made.offset, made.replid2, made.second_offset) == (
        "a" * 40,
        1000,
        NO_ID,
        -1,
    )


def test_transaction_is_one_unit_with_multi_and_exec_around() -> None:
    made = History(Random(1))
    made.create_backlog(1000)
    unit = made.extend((("SET", "a", "1"), ("SET", "b", "2")))
    around = command_size(("MULTI",)) + command_size(("EXEC",))
    assert unit.size == around + 2 * command_size(("SET", "a", "1")) == made.offset


@given(
    sizes=st.lists(st.integers(0, 40), max_size=30),
    limit=st.integers(1, 200),
)
def test_backlog_agrees_with_a_plain_string_of_bytes(sizes: list[int], limit: int) -> None:
    """Whatever the backlog covers at the beginning of a unit, it can send without a gap."""
    made = History(Random(1))
    made.create_backlog(limit)
    starts = []
    for size in sizes:
        starts.append(made.offset + 1)
        made.extend((("ECHO", "x" * size),))
    backlog = made.backlog
    assert backlog is not None
    assert backlog.length == min(limit, made.offset)
    assert backlog.first == made.offset - backlog.length + 1
    for start in starts:
        assert backlog.covers(start) is (start > made.offset - limit)
        if backlog.covers(start):
            sent = backlog.since(start)
            assert sum(unit.size for unit in sent) == made.offset - start + 1
    assert backlog.since(made.offset + 1) == ()
