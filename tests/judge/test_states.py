"""Health, role and link of every node, at any time."""

from __future__ import annotations

from sim.judge import Health, Role, Span, find_nodes, node_histories, span_at
from sim.judge.spans import Track, merged_intervals, without_intervals
from tests.judge.stories import deployment


def test_equal_neighbours_are_one_span_and_moments_leave_none() -> None:
    track: Track[str] = Track()
    for time_us, value in ((0, "a"), (5, "a"), (7, "b"), (7, "c"), (9, None), (12, "c")):
        track.change(time_us, value)
    assert track.finish(20) == (Span(0, 7, "a"), Span(7, 9, "c"), Span(12, 20, "c"))


def test_a_span_holds_at_its_start_and_no_more_at_its_end() -> None:
    spans = (Span(10, 20, "a"), Span(30, 40, "b"))
    found = [span_at(spans, time_us) for time_us in (9, 10, 19, 20, 35, 40)]
    assert found == [None, spans[0], spans[0], None, spans[1], None]


def test_intervals_that_touch_become_one() -> None:
    assert merged_intervals([(5, 7), (0, 2), (2, 4), (6, 9)]) == ((0, 4), (5, 9))


def test_intervals_can_be_cut_out_of_others() -> None:
    assert without_intervals([(0, 10), (20, 30)], [(2, 4), (8, 22), (25, 40)]) == (
        (0, 2),
        (4, 8),
        (22, 25),
    )
    assert without_intervals([(0, 10)], [(0, 10)]) == ()
    assert without_intervals([(0, 10)], []) == ((0, 10),)


def test_nodes_are_found_by_name_address_and_id() -> None:
    pen = deployment()
    nodes = find_nodes(pen.trace())
    assert [node.name for node in nodes.of_type("redis")] == ["redis-1", "redis-2", "redis-3"]
    assert nodes.name_at(pen.addresses["sentinel-2"]) == "sentinel-2"
    assert nodes.name_of_id(pen.ids["sentinel-3"]) == "sentinel-3"


def test_an_address_or_id_that_nobody_has_stands_for_itself() -> None:
    nodes = find_nodes(deployment().trace())
    assert nodes.name_at(("10.9.9.9", 1)) == "10.9.9.9:1"
    assert nodes.name_of_id("feed") == "feed"


def test_a_restart_repeats_a_node_and_keeps_the_first_start() -> None:
    pen = deployment()
    pen.node(5000, "redis-1", "redis")
    node = find_nodes(pen.trace()).by_name["redis-1"]
    assert node.started_us == 0


def test_health_follows_the_process() -> None:
    pen = deployment()
    pen.fault(1000, "redis-2", "pause", "paused")
    pen.fault(2000, "redis-2", "resume", "resumed")
    pen.fault(3000, "redis-2", "kill", "killed")
    pen.fault(4000, "redis-2", "restart", "started")
    pen.fault(5000, "redis-2", "block", "blocked")
    pen.fault(6000, "redis-2", "unblock", "unblocked")
    history = node_histories(pen.trace())["redis-2"]
    assert [span.value for span in history.health] == [
        Health.UP,
        Health.PAUSED,
        Health.UP,
        Health.DOWN,
        Health.UP,
        Health.BLOCKED,
        Health.UP,
    ]
    outages = [(start // 1000, end // 1000) for start, end in history.outages]
    assert outages == [(1000, 2000), (3000, 4000), (5000, 6000)]


def test_a_pause_that_ends_in_a_kill_is_one_outage() -> None:
    pen = deployment()
    pen.fault(1000, "redis-1", "pause", "paused")
    pen.fault(2000, "redis-1", "kill", "killed")
    pen.fault(3000, "redis-1", "restart", "started")
    assert node_histories(pen.trace())["redis-1"].outages == ((1_000_000, 3_000_000),)


def test_the_last_state_holds_at_the_end_of_the_trace() -> None:
    pen = deployment()
    pen.fault(1000, "redis-1", "kill", "killed")
    history = node_histories(pen.trace())["redis-1"]
    assert history.health_at(1_000_000) is Health.DOWN


def test_roles_name_the_master_that_is_followed() -> None:
    pen = deployment()
    pen.role(1000, "redis-2", "master")
    pen.role(2000, "redis-3", "replica", "redis-2")
    pen.event(3000, "sentinel-1", "+tilt")
    histories = node_histories(pen.trace())
    assert histories["redis-2"].role_at(1_500_000) == Role("master")
    assert histories["redis-3"].role_at(2_500_000) == Role("replica", pen.addresses["redis-2"])


def test_the_link_to_a_new_master_is_down_until_it_is_said_to_be_up() -> None:
    pen = deployment()
    pen.role(1000, "redis-3", "replica", "redis-2")
    pen.link(1500, "redis-3", True, "redis-2")
    pen.fault(2000, "redis-3", "kill", "killed")
    history = node_histories(pen.trace())["redis-3"]
    assert [history.link_at(ms * 1000) for ms in (5, 900, 1200, 1600, 2000)] == [
        False,
        True,
        False,
        True,
        None,
    ]
