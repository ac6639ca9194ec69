"""What must hold for every configuration: nothing is lost, nothing crashes."""

from __future__ import annotations

import pytest
from hypothesis import Phase, example, find, given, settings
from hypothesis import strategies as st

from minisentinel.config import ConfigError, load, rewrite
from minisentinel.config.generic import GENERIC
from minisentinel.config.options import OPTIONS
from minisentinel.core.dice import Dice
from minisentinel.core.saved import SavedConfiguration, snapshot
from minisentinel.core.state import State
from minisentinel.words import written
from tests.config.loading import MYID, NOW_MS, PEER

NAMES = {"a.example": "10.1.0.1", "b.example": "10.1.0.2"}


class AnyFacts:
    """Two names resolve, and every path but one is executable."""

    def resolve(self, name: str) -> str | None:
        return NAMES.get(name)

    def is_executable(self, path: str) -> bool:
        return path != "/absent"


def state_of(text: str) -> State:
    return load(text, path="x", facts=AnyFacts(), now_ms=NOW_MS, dice=Dice(7)).state


def saved_of(text: str) -> SavedConfiguration:
    return snapshot(state_of(text))


# Words as people write them, words that are nasty, and everything else.
masters = st.sampled_from(["mymaster", "mymaster", "resque", "a b", "é"])
values = st.one_of(
    st.sampled_from(["secret", "a b", 'q"q', "#", "x\ny", "\udcff", "1", "yes", "-", "'"]),
    st.text(),
)
hosts = st.sampled_from(["10.0.0.1", "10.0.0.2", "::1", "fd00::2", "a.example", "b.example", ""])
numbers = st.one_of(
    st.sampled_from(["1", "2", "30000", "0", "-1", "7x", "no", "99999999999"]),
    st.integers(0, 70_000).map(str),
)
runids = st.sampled_from([MYID, PEER, "short"])


def line(*words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*words).map(lambda parts: " ".join(("sentinel", *map(written, parts))))


def option(*names: str) -> st.SearchStrategy[str]:
    return st.sampled_from(names)


yes_no = st.sampled_from(["yes", "no", "YES"])
config_lines = st.one_of(
    line(option("monitor"), masters, hosts, numbers, numbers),
    line(
        option(
            *("down-after-milliseconds", "failover-timeout", "parallel-syncs", "config-epoch"),
            *("leader-epoch", "master-reboot-down-after-period"),
        ),
        masters,
        numbers,
    ),
    line(
        option("auth-pass", "auth-user", "notification-script", "client-reconfig-script"),
        masters,
        values,
    ),
    line(option("known-replica", "known-slave"), masters, hosts, numbers),
    line(option("known-sentinel"), masters, hosts, numbers, runids),
    line(option("rename-command"), masters, values, values),
    line(option("resolve-hostnames", "announce-hostnames", "deny-scripts-reconfig"), yes_no),
    line(option("announce-ip", "sentinel-user", "sentinel-pass"), values),
    line(option("current-epoch", "announce-port"), numbers),
    st.sampled_from(["loglevel debug", "loglevel  WARNING", "LogLevel notice", "loglevel nothing"]),
    st.sampled_from(["", "# a comment", "port 26379", "  # indented", "sentinel", "dir /tmp"]),
)


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """A text that loads: each drawn line is kept if the file is still right with it."""
    kept = [f"sentinel myid {MYID}", "sentinel monitor mymaster 10.0.0.1 6379 2"]
    for candidate in draw(st.lists(config_lines, max_size=25)):
        position = draw(st.integers(0, len(kept)))
        attempt = [*kept[:position], candidate, *kept[position:]]
        try:
            state_of("\n".join(attempt))
        except ConfigError:
            continue
        kept = attempt
    return "\n".join(kept) + draw(st.sampled_from(["", "\n"]))


@given(configurations(), st.one_of(st.none(), configurations()))
def test_what_is_saved_is_loaded_again(text: str, old: str | None) -> None:
    """Whatever the file held before, another configuration included.

    But for `known-slave` lines, which stay where no replica is written (spec: config §6.1).
    """
    saved = saved_of(text)
    if old is None or not any(master.replicas for master in saved.masters):
        old = (text if old is None else old).replace("known-slave", "known-replica")
    assert saved_of(rewrite(old, saved)) == saved


@given(configurations())
def test_a_second_rewrite_changes_nothing_but_empty_lines(text: str) -> None:
    """And the order of replicas, where the file mixed the old and the new word for them."""

    def lines(text: str) -> list[str]:
        kept = [one for one in text.split("\n") if one]
        return sorted(kept) if mixed else kept

    mixed = "known-slave" in text
    saved = saved_of(text)
    once = rewrite(text, saved)
    twice = rewrite(once, saved)
    assert lines(twice) == lines(once)
    assert rewrite(twice, saved) == twice


@given(configurations())
def test_comments_and_generic_lines_survive_in_their_order(text: str) -> None:
    def own(text: str) -> list[str]:
        lines = (line.strip() for line in text.split("\n"))
        others = ("sentinel ", "loglevel ", "LogLevel ")
        return [x for x in lines if x and not x.startswith(others)]

    new = own(rewrite(text, saved_of(text)))
    assert [x for x in new if x != "# Generated by CONFIG REWRITE"] == own(text)


def loads_or_is_refused(text: str) -> None:
    refusal: ConfigError | None = None
    try:
        state_of(text)
    except ConfigError as error:
        refusal = error
    if refusal is not None:
        assert len(str(refusal).splitlines()) == 1
        assert refusal.message
        assert refusal.fatal_block("7.4.1").startswith("\n*** FATAL CONFIG FILE ERROR")
        assert 1 <= refusal.line_number <= text.count("\n") + 1


@given(st.text())
def test_random_text_never_raises_anything_but_a_config_error(text: str) -> None:
    loads_or_is_refused(text)


words = st.one_of(
    st.sampled_from(["sentinel", "SENTINEL", *OPTIONS, *GENERIC]),
    masters.map(written),
    hosts,
    numbers,
    values,
    st.sampled_from(['"', "'", "\\", "\t", "user", "x.y"]),
)


@given(st.lists(st.lists(words, max_size=7).map(" ".join), max_size=8).map("\n".join))
@example('user "a\\nb"\nuser "a\\nb"')
@example('include "a\\nb"')
@example('sentinel auth-pass "a\\nb" c')
@example("sentinel resolve-hostnames yes\nsentinel monitor x \0 1 1")
def test_random_words_never_raise_anything_but_a_config_error(text: str) -> None:
    loads_or_is_refused(text)


@given(st.text(), configurations())
def test_any_old_text_can_be_rewritten(old: str, text: str) -> None:
    saved = saved_of(text)
    new = rewrite(old, saved)
    for one in old.split("\n"):
        if one.strip(" \t\r").startswith("#"):
            assert one.strip(" \t\r") in new.split("\n")


def test_every_prefix_of_a_right_file_loads_or_is_refused() -> None:
    text = (
        "# Two masters\nport 26379\nsentinel monitor mymaster 10.0.0.1 6379 2\n"
        "sentinel auth-pass mymaster \"a b\\x41\"\nrequirepass 'it\\'s'\n"
        f"sentinel known-sentinel mymaster 10.0.0.9 26379 {PEER}\nsentinel current-epoch 5\n"
    )
    outcomes = set()
    for end in range(len(text) + 1):
        try:
            outcomes.add(len(state_of(text[:end]).masters))
        except ConfigError:
            outcomes.add(-1)
    assert outcomes == {-1, 0, 1}


@pytest.mark.parametrize(
    "part", ["replicas", "peers", "renamed_commands", "auth_pass", "config_epoch"]
)
def test_sometimes_a_configuration_has_each_part(part: str) -> None:
    """The claims above would say little about files without replicas, peers or renamed commands."""

    def has_part(text: str) -> bool:
        return any(getattr(master, part) for master in state_of(text).masters.values())

    # Raises if no example is found.
    find(
        configurations(),
        has_part,
        settings=settings(max_examples=2000, phases=[Phase.generate], database=None),
    )
