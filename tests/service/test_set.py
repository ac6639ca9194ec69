"""SENTINEL SET: every option, its checks, its order, its event."""

from __future__ import annotations

import pytest

from minisentinel.config import load
from minisentinel.core.dice import Dice
from minisentinel.core.effects import Announce, Close, RunScript, Save
from minisentinel.replies import OK, Error, Reply
from tests.core.bench import Bench, commands, conf, events, saves
from tests.support.facts import FakeFacts

SAVE_FAILED = Error("ERR Failed to save config file. Check server logs.")
SUBJECT = "+set master mymaster 10.0.0.1 6379"
DENIED = Error(
    "ERR Reconfiguration of scripts path is denied for security reasons. Check the "
    "deny-scripts-reconfig configuration directive in your Sentinel configuration"
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def put(bench: Bench, *words: str) -> Reply:
    """SENTINEL SET of the one master."""
    return bench.command("SENTINEL", "SET", "mymaster", *words)


def invalid(value: str, option: str) -> Error:
    return Error(f"ERR Invalid argument '{value}' for SENTINEL SET '{option}'")


def unknown(option: str) -> Error:
    return Error(f"ERR Unknown option or number of arguments for SENTINEL SET '{option}'")


def test_at_least_one_option_with_a_value_is_needed(bench: Bench) -> None:
    """[CMD-4-14]"""
    assert put(bench, "quorum") == Error("ERR wrong number of arguments for 'sentinel|set' command")


def test_an_unknown_master_is_an_error_whatever_the_options(bench: Bench) -> None:
    """[CMD-8-12]"""
    for option in ("quorum", "nonsense", "a\nb"):
        assert bench.command("SENTINEL", "SET", "other", option, "1") == Error(
            "ERR No such master with that name"
        )


@pytest.mark.parametrize(
    ("option", "attribute", "least"),
    [
        ("failover-timeout", "failover_timeout", 1),
        ("Parallel-Syncs", "parallel_syncs", 1),
        ("QUORUM", "quorum", 1),
        ("master-reboot-down-after-period", "reboot_down_after", 0),
        ("primary-reboot-down-after-period", "reboot_down_after", 0),
        ("down-after-milliseconds", "down_after", 1),
    ],
)
def test_numbers_are_set_from_the_least_on_and_refused_below(
    bench: Bench, option: str, attribute: str, least: int
) -> None:
    """[CMD-8-2] [CMD-8-3] [CMD-8-4] [CMD-8-5] [CMD-8-11] [CMD-8-14]"""
    assert put(bench, option, "77") == OK
    assert getattr(bench.master(), attribute) == 77
    assert put(bench, option, str(least)) == OK
    for value in (str(least - 1), "-5", "x", "", "+7", "7.0", " 7", "2147483648", "9" * 30):
        assert put(bench, option, value) == invalid(value, option)
    assert getattr(bench.master(), attribute) == least
    assert put(bench, option, "2147483647") == OK


def test_down_after_reaches_replicas_and_sentinels_too(bench: Bench) -> None:
    """[CMD-8-2]"""
    put(bench, "down-after-milliseconds", "3000")
    master = bench.master()
    everybody = (*master.replicas.values(), *master.peers.values())
    assert [each.down_after for each in everybody] == [3000] * 4


def test_a_shorter_down_after_counts_at_the_next_tick(bench: Bench) -> None:
    """[CMD-8-2]: a tick does not sleep over what became due."""
    bench.run(1000)
    bench.kill("redis-1")
    bench.run(600)
    assert not bench.master().subjectively_down
    put(bench, "down-after-milliseconds", "100")
    assert "+sdown master mymaster 10.0.0.1 6379" in events(bench.tick(100))


@pytest.mark.parametrize("option", ["notification-script", "client-reconfig-script"])
def test_scripts_are_denied_unless_the_file_allows_them(option: str) -> None:
    """[CMD-8-6] [CMD-8-7] [CMD-8-15] [CFG-8-1]"""
    bench = Bench(facts=FakeFacts(executable=("/script",)))
    for value in ("/script", "/absent", ""):
        assert put(bench, option, value) == DENIED
    attribute = option.replace("-", "_")
    assert getattr(bench.master(), attribute) == ""


@pytest.mark.parametrize(
    ("option", "what"),
    [
        ("notification-script", "Notification"),
        ("client-reconfig-script", "Client reconfiguration"),
    ],
)
def test_a_script_must_be_executable_and_empty_means_none(option: str, what: str) -> None:
    """[CMD-8-6] [CMD-8-7] [CMD-8-16]"""
    facts = FakeFacts(executable=("/script",))
    bench = Bench(conf("sentinel deny-scripts-reconfig no"), facts=facts)
    attribute = option.replace("-", "_")
    assert put(bench, option, "/script") == OK
    assert getattr(bench.master(), attribute) == "/script"
    assert put(bench, option, "/absent") == Error(
        f"ERR {what} script seems non existing or non executable"
    )
    assert getattr(bench.master(), attribute) == "/script"
    assert put(bench, option, "") == OK
    assert getattr(bench.master(), attribute) == ""


@pytest.mark.parametrize("option", ["auth-pass", "auth-user"])
def test_new_credentials_close_the_connections_to_master_and_replicas(
    bench: Bench, option: str
) -> None:
    """[CMD-8-8] [CMD-8-9]: also if they are the old ones, and never those to Sentinels."""
    bench.run(500)
    for value in ("secret", "secret", ""):
        before = len(bench.done)
        names = {number: outgoing.name for number, outgoing in bench.outgoing.items()}
        assert put(bench, option, value) == OK
        closed = [names[e.connection] for e in bench.done[before:] if isinstance(e, Close)]
        assert sorted(closed) == sorted(2 * ["redis-1", "redis-2", "redis-3"])
        assert bench.master().link.disconnected
        assert not bench.peer("sentinel-2").link.disconnected
        bench.run(1200)
        assert not bench.master().link.disconnected


def test_an_error_after_new_credentials_leaves_the_connections_closed(bench: Bench) -> None:
    """[CMD-8-1] [CMD-8-8]"""
    bench.run(500)
    assert put(bench, "auth-pass", "x", "quorum", "0") == invalid("0", "quorum")
    assert bench.master().auth_pass == "x"
    assert bench.master().link.disconnected


def test_the_next_connection_logs_in_with_the_new_credentials(bench: Bench) -> None:
    """[CMD-8-8] [CMD-8-9]"""
    bench.run(500)
    put(bench, "auth-user", "watcher", "auth-pass", 's p"a')
    assert ("AUTH", "watcher", 's p"a') in commands(bench.tick(1100))


def test_a_command_is_renamed_again_and_back(bench: Bench) -> None:
    """[CMD-8-10]"""
    renamed = bench.master().renamed_commands
    assert put(bench, "rename-command", "CONFIG", "guess") == OK
    assert put(bench, "rename-command", "Config", "riddle") == OK
    assert renamed == {"config": ("Config", "riddle")}
    assert put(bench, "rename-command", "CONFIG", "config") == OK
    assert renamed == {}
    assert put(bench, "rename-command", "config", "") == invalid("", "rename-command")
    assert put(bench, "rename-command", "", "x") == invalid("", "rename-command")
    assert put(bench, "rename-command", "config") == unknown("rename-command")
    assert put(bench, "quorum", "2", "rename-command", "config") == unknown("rename-command")


def test_unknown_options_and_missing_values_are_named_as_they_were_written(bench: Bench) -> None:
    """[CMD-8-13]"""
    assert put(bench, "Nope", "1") == unknown("Nope")
    assert put(bench, "quorum", "3", "QUORUM") == unknown("QUORUM")
    assert bench.master().quorum == 3


def test_options_are_applied_from_left_to_right_until_one_is_wrong(bench: Bench) -> None:
    """[CMD-8-1] [CFG-5-11]"""
    before = len(bench.done)
    words = ("quorum", "3", "parallel-syncs", "5", "failover-timeout", "0", "quorum", "9")
    assert put(bench, *words) == invalid("0", "failover-timeout")
    assert (bench.master().quorum, bench.master().parallel_syncs) == (3, 5)
    done = bench.done[before:]
    assert events(done) == [f"{SUBJECT} quorum 3", f"{SUBJECT} parallel-syncs 5"]
    (saved,) = saves(done)
    assert saved.masters[0].quorum == 3


def test_nothing_is_saved_when_the_first_option_is_wrong(bench: Bench) -> None:
    """[CMD-8-1]"""
    before = len(bench.done)
    for words in (("nope", "1"), ("quorum", "0"), ("auth-user", "a\nb")):
        put(bench, *words)
    assert saves(bench.done[before:]) == []
    assert events(bench.done[before:]) == []


def test_one_save_follows_the_events(bench: Bench) -> None:
    """[CMD-8-17] [CFG-5-11] [EVT-3-3]"""
    before = len(bench.done)
    assert put(bench, "quorum", "1", "rename-command", "CONFIG", "guess") == OK
    done = bench.done[before:]
    assert events(done) == [f"{SUBJECT} quorum 1", f"{SUBJECT} rename-command CONFIG guess"]
    order = [type(e) for e in done if isinstance(e, Announce | Save)]
    assert order == [Announce, Announce, Save]


def test_the_event_keeps_the_option_as_written_and_hides_passwords_only(bench: Bench) -> None:
    """[CMD-8-17]"""
    before = len(bench.done)
    put(bench, "AUTH-Pass", "secret", "Auth-User", "b ob", "auth-pass", "", "auth-user", "")
    assert events(bench.done[before:]) == [
        f"{SUBJECT} AUTH-Pass ******",
        f"{SUBJECT} Auth-User b ob",
        f"{SUBJECT} auth-pass ******",
        f"{SUBJECT} auth-user ",
    ]


def test_the_event_is_a_warning_and_so_runs_the_notification_script() -> None:
    """[EVT-3-3] [EVT-1-4]"""
    facts = FakeFacts(executable=("/n",))
    bench = Bench(conf("sentinel notification-script mymaster /n"), facts=facts)
    bench.run(200)
    bench.state.scripts.clear()
    put(bench, "quorum", "1")
    (run,) = [e for e in bench.tick() if isinstance(e, RunScript)]
    assert run.argv == ("/n", "+set", "master mymaster 10.0.0.1 6379 quorum 1")


def test_a_failed_save_is_told_unless_there_is_another_error(bench: Bench) -> None:
    """[CMD-4-22] [CMD-8-17] [CFG-5-14]"""
    bench.disk_error = "No space left on device"
    assert put(bench, "quorum", "1") == SAVE_FAILED
    assert bench.master().quorum == 1
    assert put(bench, "quorum", "3", "nope", "1") == unknown("nope")
    assert bench.master().quorum == 3


@pytest.mark.parametrize("letter", ["\n", "\r", "\t", "\0", "\x1f", "\x7f"])
def test_words_that_could_add_a_line_to_the_file_are_refused_before_anything_is_done(
    bench: Bench, letter: str
) -> None:
    """As in the newest Valkey; Redis takes them, and spoils its file."""
    value = f"a{letter}b"
    assert put(bench, "quorum", "3", "auth-pass", value) == Error(
        "ERR Invalid argument at index 6 for SENTINEL SET: control characters are not allowed"
    )
    assert put(bench, value, "1") == Error(
        "ERR Invalid argument at index 3 for SENTINEL SET: control characters are not allowed"
    )
    assert (bench.master().quorum, bench.master().auth_pass) == (2, "")
    bench.command("SENTINEL", "MONITOR", f"x{letter}", "10.0.0.9", "1", "1")
    assert list(bench.state.masters) == ["mymaster"]


def test_whatever_else_a_value_holds_survives_a_restart(bench: Bench) -> None:
    words = ("auth-pass", "p \"q' # \udcff é\xa0", "auth-user", "", "rename-command", "A b", "'")
    assert put(bench, *words) == OK
    loaded = load(bench.text, path="x", facts=bench.facts, now_ms=bench.now, dice=Dice(1))
    master = loaded.state.masters["mymaster"]
    assert (master.auth_pass, master.auth_user) == ("p \"q' # \udcff é\xa0", "")
    assert master.renamed_commands == {"a b": ("A b", "'")}
