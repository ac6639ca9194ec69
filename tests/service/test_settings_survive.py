"""Whatever clients set, the configuration file can be loaded and says the same."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from minisentinel.config import load, rewrite
from minisentinel.core import Sentinel
from minisentinel.core.dice import Dice
from minisentinel.core.effects import Save
from minisentinel.core.saved import SavedConfiguration, snapshot
from minisentinel.replies import OK, Command
from minisentinel.service.sentinel import SUBCOMMANDS
from tests.core.bench import NOW, conf
from tests.support.facts import FakeFacts

FACTS = FakeFacts(names={"a.example": "10.1.0.1"}, executable=("/script", "/a b"))

texts = st.one_of(
    st.sampled_from(["", "secret", "a b", 'q"q', "it's", "#", "\\x41", "\udcff", "é", "-1", "{}"]),
    st.sampled_from(["a\nsentinel monitor evil 10.0.0.9 1 1", "x\r", "\0", "yes", "/script"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
numbers = st.sampled_from(
    ["1", "2", "7000", "2147483647", "2147483648", "4294967297", "9223372036854775807", "0", "x"]
)
names = st.sampled_from(["mymaster", "mymaster", "mymaster", "other", "a b", "", "x\ny"])
hosts = st.sampled_from(["10.0.0.7", "::1", "a.example", "127.1", "nowhere", ""])
number_options = st.sampled_from(
    [
        *("down-after-milliseconds", "Failover-Timeout", "parallel-syncs", "QUORUM"),
        *("master-reboot-down-after-period", "primary-reboot-down-after-period"),
    ]
)
text_options = st.sampled_from(
    ["auth-pass", "auth-user", "notification-script", "client-reconfig-script"]
)
set_words = st.one_of(
    st.tuples(number_options, numbers),
    st.tuples(text_options, texts),
    st.tuples(st.just("rename-command"), texts, texts),
)
config_words = st.one_of(
    st.tuples(st.sampled_from(["announce-ip", "sentinel-user", "sentinel-pass"]), texts),
    st.tuples(st.just("announce-port"), numbers),
    st.tuples(st.just("announce-hostnames"), st.sampled_from(["yes", "no"])),
    st.tuples(st.just("loglevel"), st.sampled_from(["debug", "Notice", "nothing", "loud"])),
)
commands = st.one_of(
    st.tuples(names, st.lists(set_words, min_size=1, max_size=3)).map(
        lambda drawn: ("set", drawn[0], *(word for words in drawn[1] for word in words))
    ),
    st.lists(config_words, min_size=1, max_size=2).map(
        lambda drawn: ("config", "set", *(word for words in drawn for word in words))
    ),
    st.tuples(st.just("monitor"), names, hosts, numbers, numbers),
    st.tuples(st.just("remove"), names),
)


def carry_out(sentinel: Sentinel, words: Command) -> tuple[bool, list[SavedConfiguration]]:
    """Run a subcommand; whether it said OK, and what it saved."""
    out = sentinel.step(NOW)
    reply = SUBCOMMANDS[words[0]].run(sentinel.context, ("SENTINEL", *words))
    return reply == OK, [effect.configuration for effect in out if isinstance(effect, Save)]


@given(st.lists(commands, max_size=8))
def test_what_clients_set_is_in_the_file_and_nothing_else_is(given_words: list[Command]) -> None:
    """[CFG-7-2] [CFG-7-4]: after every save; no value adds a line or spoils the file.

    An empty announced address is the one thing that a restart forgets (spec: gossip §8).
    """
    text = conf("sentinel deny-scripts-reconfig no", "sentinel resolve-hostnames yes")
    state = load(text, path="x", facts=FACTS, now_ms=NOW, dice=Dice(7)).state
    sentinel = Sentinel(state, facts=FACTS)
    for words in given_words:
        succeeded, saved = carry_out(sentinel, words)
        assert len(saved) == 1 if succeeded else len(saved) <= 1
        for configuration in saved:
            assert configuration == snapshot(state)
            text = rewrite(text, configuration)
            again = load(text, path="x", facts=FACTS, now_ms=NOW, dice=Dice(7)).state
            expected = replace(configuration, announce_ip=configuration.announce_ip or None)
            assert snapshot(again) == expected
