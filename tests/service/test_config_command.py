"""SENTINEL CONFIG GET and SET."""

from __future__ import annotations

import pytest

from minisentinel.config import load
from minisentinel.core.dice import Dice
from minisentinel.core.effects import Close
from minisentinel.replies import OK, Error, Reply
from tests.core.bench import Bench, commands, saves

SAVE_FAILED = Error("ERR Failed to save config file. Check server logs.")
ONLY = Error(
    "ERR Only SENTINEL CONFIG GET <param> [<param> <param> ...] / SET <param> <value> [<param> "
    "<value> ...] are supported."
)
EVERYTHING = {
    "resolve-hostnames": "no",
    "announce-hostnames": "no",
    "announce-ip": "",
    "announce-port": "0",
    "sentinel-user": "",
    "sentinel-pass": "",
    "loglevel": "notice",
}


@pytest.fixture
def bench() -> Bench:
    return Bench()


def get(bench: Bench, *patterns: str) -> dict[str, Reply]:
    reply = bench.command("SENTINEL", "CONFIG", "GET", *patterns)
    assert isinstance(reply, dict)
    return reply


def put(bench: Bench, *words: str) -> Reply:
    return bench.command("SENTINEL", "CONFIG", "SET", *words)


@pytest.mark.parametrize("words", [(), ("GET",), ("SET",), ("nope",)])
def test_fewer_than_four_words_are_too_few(bench: Bench, words: tuple[str, ...]) -> None:
    """[CMD-4-15] [CMD-9-1]"""
    assert bench.command("SENTINEL", "CONFIG", *words) == Error(
        "ERR wrong number of arguments for 'sentinel|config' command"
    )


@pytest.mark.parametrize("words", [("SET", "announce-ip"), ("LIST", "x"), ("foo", "a", "b")])
def test_anything_but_get_and_a_full_set_is_refused(bench: Bench, words: tuple[str, ...]) -> None:
    """[CMD-9-1]"""
    assert bench.command("SENTINEL", "CONFIG", *words) == ONLY


def test_get_shows_every_option_in_its_order(bench: Bench) -> None:
    """[CMD-9-2]"""
    assert list(get(bench, "*").items()) == list(EVERYTHING.items())


def test_get_goes_by_pattern_and_shows_nothing_twice(bench: Bench) -> None:
    """[CMD-9-2]"""
    assert list(get(bench, "LOG*", "announce-ip", "Announce-*", "nope", "loglevel")) == [
        "loglevel",
        "announce-ip",
        "announce-hostnames",
        "announce-port",
    ]
    assert get(bench, "nope") == {}
    assert get(bench, "deny-scripts-reconfig") == {}


@pytest.mark.parametrize(
    ("option", "value", "shown"),
    [
        ("announce-ip", "203.0.113.7", "203.0.113.7"),
        ("Announce-Port", "65535", "65535"),
        ("announce-hostnames", "YES", "yes"),
        ("resolve-hostnames", "Yes", "yes"),
        ("sentinel-user", "joe", "joe"),
        ("sentinel-pass", "in clear", "in clear"),
        ("LOGLEVEL", "Debug", "debug"),
        ("loglevel", "nothing", "nothing"),
    ],
)
def test_what_is_set_is_shown_and_survives_a_restart(
    bench: Bench, option: str, value: str, shown: str
) -> None:
    """[CMD-9-2] [CMD-9-3] [CMD-9-8] [CFG-5-12]"""
    assert put(bench, option, value) == OK
    assert get(bench, option) == {option.lower(): shown}
    bench.restart()
    assert get(bench, option) == {option.lower(): shown}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nope", "x"), "Invalid argument 'nope' to SENTINEL CONFIG SET"),
        (("Nope", "x", "y"), "Invalid argument 'Nope' to SENTINEL CONFIG SET"),
        (("announce-ip", "a", "nope"), "Invalid argument 'nope' to SENTINEL CONFIG SET"),
        (
            ("announce-ip", "a", "Announce-IP", "b"),
            "Duplicate argument 'Announce-IP' to SENTINEL CONFIG SET",
        ),
        (
            ("announce-ip", "a", "announce-ip"),
            "Duplicate argument 'announce-ip' to SENTINEL CONFIG SET",
        ),
        (("announce-ip", "a", "loglevel"), "Missing argument 'loglevel' value"),
        (
            ("announce-ip", "a", "announce-port", "65536"),
            "Invalid value '65536' to SENTINEL CONFIG SET 'announce-port'",
        ),
        (("announce-port", "-1"), "Invalid value '-1' to SENTINEL CONFIG SET 'announce-port'"),
        (("announce-port", ""), "Invalid value '' to SENTINEL CONFIG SET 'announce-port'"),
        (
            ("Resolve-Hostnames", "maybe"),
            "Invalid value 'maybe' to SENTINEL CONFIG SET 'Resolve-Hostnames'",
        ),
        (
            ("announce-hostnames", ""),
            "Invalid value '' to SENTINEL CONFIG SET 'announce-hostnames'",
        ),
        (("loglevel", "loud"), "Invalid value 'loud' to SENTINEL CONFIG SET 'loglevel'"),
        (
            ("deny-scripts-reconfig", "no"),
            "Invalid argument 'deny-scripts-reconfig' to SENTINEL CONFIG SET",
        ),
    ],
)
def test_all_pairs_are_checked_before_any_is_applied(
    bench: Bench, words: tuple[str, ...], message: str
) -> None:
    """[CMD-9-3] [CMD-9-4] [CMD-9-5] [CMD-9-6] [CMD-9-7] [CMD-9-9] [CFG-8-1]"""
    before = len(bench.done)
    assert put(bench, *words) == Error(f"ERR {message}")
    assert get(bench, "*") == EVERYTHING
    assert saves(bench.done[before:]) == []


def test_a_failed_save_is_told(bench: Bench) -> None:
    """[CMD-4-22] [CMD-9-8]"""
    bench.disk_error = "broken"
    assert put(bench, "announce-port", "7") == SAVE_FAILED
    assert bench.state.announce_port == 7
    assert get(bench, "announce-port") == {"announce-port": "7"}


@pytest.mark.parametrize("option", ["sentinel-user", "Sentinel-Pass"])
def test_new_credentials_close_the_connections_to_other_sentinels(
    bench: Bench, option: str
) -> None:
    """[CMD-9-8]"""
    bench.run(500)
    before = len(bench.done)
    names = {number: outgoing.name for number, outgoing in bench.outgoing.items()}
    assert put(bench, "announce-port", "7", option, "") == OK
    closed = [names[e.connection] for e in bench.done[before:] if isinstance(e, Close)]
    assert sorted(closed) == ["sentinel-2", "sentinel-3"]
    assert not bench.master().link.disconnected


def test_other_options_close_nothing(bench: Bench) -> None:
    """[CMD-9-8]"""
    bench.run(500)
    before = len(bench.done)
    put(bench, "announce-ip", "203.0.113.7", "loglevel", "debug")
    assert not [e for e in bench.done[before:] if isinstance(e, Close)]


def test_a_link_that_masters_share_is_closed_once() -> None:
    """[CMD-9-8] [MON-3.2-1]"""
    bench = Bench()
    bench.run(300)
    bench.command("SENTINEL", "MONITOR", "other", "10.0.0.2", "6379", "1")
    text = bench.text
    lines = [line.replace("mymaster", "other") for line in text.splitlines() if "known-s" in line]
    bench = Bench(text + "\n".join(lines) + "\n")
    bench.run(500)
    assert len(bench.peer("sentinel-2").link.users) == 2
    before = len(bench.done)
    put(bench, "sentinel-pass", "x")
    assert len([e for e in bench.done[before:] if isinstance(e, Close)]) == 2


def test_an_announced_ip_can_be_empty_and_set(bench: Bench) -> None:
    """[GOS-8-2]: hellos then say no address; the file cannot, and a restart forgets it."""
    bench.run(2500)
    assert put(bench, "announce-ip", "") == OK
    hellos = [words[2] for words in commands(bench.run(2500)) if words[0] == "PUBLISH"]
    assert hellos
    assert all(text.startswith(",26379,") for text in hellos)
    assert 'sentinel announce-ip ""' in bench.text.splitlines()
    loaded = load(bench.text, path="x", facts=bench.facts, now_ms=bench.now, dice=Dice(1))
    assert loaded.state.announce_ip is None


def test_the_log_level_is_a_line_of_the_server_in_the_file(bench: Bench) -> None:
    """[CMD-9-3] [CFG-6.2-1]"""
    put(bench, "loglevel", "verbose")
    assert bench.state.loglevel == "verbose"
    assert "loglevel verbose" in bench.text.splitlines()
    put(bench, "loglevel", "notice")
    assert "loglevel notice" in bench.text.splitlines()


@pytest.mark.parametrize("letter", ["\n", "\r", "\0", "\x7f"])
def test_words_that_could_add_a_line_to_the_file_are_refused(bench: Bench, letter: str) -> None:
    """As in the newest Valkey, before any other check of SET; GET takes any pattern."""
    assert put(bench, "announce-port", "7", "nope", f"a{letter}b") == Error(
        "ERR Invalid argument at index 6 for SENTINEL CONFIG SET: "
        "control characters are not allowed"
    )
    assert get(bench, f"*{letter}") == {}
    assert get(bench, "*") == EVERYTHING
