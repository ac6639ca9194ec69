"""Directives of the server around a Sentinel, errors as a whole, includes, the command line."""

from __future__ import annotations

import pytest

from minisentinel.config import ConfigError, ServerSettings
from minisentinel.config.generic import GENERIC
from tests.config.loading import loaded, refused

BAD = "Bad directive or wrong number of arguments"


def test_without_directives_the_defaults_are_those_of_sentinel_mode() -> None:
    """[CFG-1-4]"""
    server = loaded("").server
    assert server == ServerSettings()
    assert (server.port, server.protected_mode) == (26379, False)


def test_directives_that_matter_are_typed() -> None:
    """[CFG-1-4]"""
    done = loaded(
        "PORT 26380",
        "bind 10.0.0.1 -::1",
        "bind-source-addr 10.0.0.1",
        "protected-mode YES",
        'dir "/var/lib/my sentinel"',
        "loglevel VERBOSE",
        'logfile ""',
        "daemonize yes",
        "supervised systemd",
        "pidfile /run/s.pid",
        'requirepass "a b"',
        "user default on nopass ~* &* +@all",
        "user monitor on >x +ping",
        "aclfile /etc/users.acl",
        "acllog-max-len 64",
        "syslog-enabled no",
        "syslog-ident s",
        "tls-port 26381",
        "tls-replication yes",
        "tls-cert-file /c.crt",
        "tls-auth-clients optional",
        "timeout 5",
        "latency-tracking-info-percentiles 50 99 99.9",
    )
    server = done.server
    assert (server.port, server.tls_port) == (26380, 26381)
    assert server.bind == ("10.0.0.1", "-::1")
    assert server.bind_source_addr == "10.0.0.1"
    assert server.protected_mode
    assert (server.dir, server.loglevel, server.logfile) == ("/var/lib/my sentinel", "verbose", "")
    assert (server.daemonize, server.supervised, server.pidfile) == (True, "systemd", "/run/s.pid")
    assert server.users == (
        ("default", "on", "nopass", "~*", "&*", "+@all"),
        ("monitor", "on", ">x", "+ping"),
    )
    assert (server.aclfile, server.acllog_max_len) == ("/etc/users.acl", 64)
    assert server.tls == {"cert-file": "/c.crt"}
    assert server.timeout_seconds == 5
    assert server.directives["latency-tracking-info-percentiles"] == ("50", "99", "99.9")
    assert done.state.requirepass == server.requirepass == "a b"
    # Other Sentinels are told the port that speaks TLS.
    assert done.state.port == 26381


def test_the_port_is_the_plain_one_unless_replication_uses_tls() -> None:
    assert loaded("port 1", "tls-port 2").state.port == 1
    assert loaded("port 1", "tls-replication yes").state.port == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bogus 1", BAD),
        ('"" 1', BAD),
        ("port", "wrong number of arguments"),
        ("port 1 2", "wrong number of arguments"),
        ("port abc", "argument couldn't be parsed into an integer"),
        ("port 026379", "argument couldn't be parsed into an integer"),
        ("port +5", "argument couldn't be parsed into an integer"),
        ("port 99999", "argument must be between 0 and 65535 inclusive"),
        ("timeout -1", "argument must be between 0 and 2147483647 inclusive"),
        ("daemonize maybe", "argument must be 'yes' or 'no'"),
        (
            "loglevel loud",
            "argument(s) must be one of the following: debug, verbose, notice, warning, nothing",
        ),
        (
            "supervised by-me",
            "argument(s) must be one of the following: upstart, systemd, auto, no",
        ),
        ("maxmemory 1zb", "argument must be a memory value"),
        ("maxmemory-clients 5%%", "argument must be a memory or percent value"),
        ("unixsocketperm 999", "argument couldn't be parsed as an octal number"),
        ("save 60", "Invalid save parameters"),
        (
            "client-output-buffer-limit a",
            "Wrong number of arguments in buffer limit configuration.",
        ),
        ("oom-score-adj-values 1 2", "wrong number of arguments"),
        (
            "shutdown-on-sigterm now bogus",
            "argument(s) must be one of the following: "
            "default, save, nosave, now, force, safe, failover",
        ),
        ("user", BAD),
        ("include", BAD),
        ("include a b", BAD),
        ("rename-command a", BAD),
        ("loadmodule", BAD),
        ("mod.setting", "Module config specified without value"),
        ('"open', "Unbalanced quotes in configuration line"),
        ("logfile 'a'b", "Unbalanced quotes in configuration line"),
    ],
)
def test_refused_lines_give_the_message_of_a_real_server(line: str, message: str) -> None:
    """[CFG-2-4]"""
    error = refused("", "# comment", line)
    assert (error.line_number, error.line, error.message) == (3, line, message)
    assert error.expected


def test_a_user_is_defined_once() -> None:
    error = refused("user a on", "user b on", "user a off")
    assert error.line_number == 3
    assert "Duplicate user found" in error.message


@pytest.mark.parametrize(
    "line",
    [
        "tcp-keepalive 0",
        "save 900 1 300 10",
        'save ""',
        "maxmemory 2gb",
        "maxmemory-clients 5%",
        "unixsocketperm 700",
        "client-output-buffer-limit normal 0 0 0 pubsub 32mb 8mb 60",
        "shutdown-on-sigterm nosave now",
        "slowlog-log-slower-than -1",
        "search.timeout 5",
        "loadmodule /m.so a b",
        "rename-command CONFIG x",
        "replicaof 10.0.0.1 6379",
        "list-max-ziplist-entries 5",
        "sentinel",
        "SENTINEL",
        "\v",
    ],
)
def test_what_a_real_server_accepts_is_accepted(line: str) -> None:
    """A lone ``sentinel`` among it (spec: config §2)."""
    assert not loaded(line).state.masters


def test_every_known_directive_says_what_it_expects() -> None:
    for name, kind in GENERIC.items():
        assert kind.expected
        assert name == name.lower()


def test_an_error_is_one_line_that_names_file_line_complaint_and_remedy() -> None:
    error = refused("", "logfiel x")
    assert str(error) == (
        "sentinel.conf, line 2: 'logfiel x': Bad directive or wrong number of arguments "
        '(expected: perhaps "logfile")'
    )


def test_a_sentinel_option_without_the_word_sentinel_is_recognised() -> None:
    error = refused("monitor mymaster 10.0.0.1 6379 2")
    assert error.expected.startswith('the word "sentinel" in front: sentinel monitor <master-name>')


def test_the_fatal_block_is_the_one_of_a_real_sentinel() -> None:
    """[CFG-2-4]"""
    assert refused("", "  bogus 1  ").fatal_block("7.4.1") == (
        "\n*** FATAL CONFIG FILE ERROR (Redis 7.4.1) ***\n"
        "Reading the configuration file, at line 2\n"
        ">>> 'bogus 1'\n"
        "Bad directive or wrong number of arguments\n"
    )


def test_options_of_the_command_line_come_after_the_file() -> None:
    """[CFG-1-5]"""
    done = loaded(
        "port 1",
        "sentinel monitor m 10.0.0.1 1 1",
        overrides=(
            *("--port", "2"),
            *("--bind", "10.0.0.1", "::1"),
            *("--requirepass", "--a b"),
            "--sentinel",
            *("--loglevel", "debug"),
            "--timeout 9",
            *("--sentinel", "down-after-milliseconds", "m", "7"),
        ),
    )
    server = done.server
    assert (server.port, server.bind) == (2, ("10.0.0.1", "::1"))
    assert (server.requirepass, server.loglevel, server.timeout_seconds) == ("--a b", "debug", 9)
    assert done.state.masters["m"].down_after == 7


def test_errors_of_the_command_line_say_so() -> None:
    """[CFG-1-5]"""
    error = refused("port 1", overrides=("--port", "2", "--port", "x"))
    # Counted as a real server does, to which file and options are one text.
    assert (error.path, error.line_number, error.line) == ("command line", 3, 'port "x"')
    error = refused("port 1\n", overrides=("-p", "2"))
    assert (error.path, error.line_number, error.line) == ("command line", 3, '"-p" "2"')
    assert loaded("", overrides=("port", "2")).server.port == 2


def test_included_files_are_read_where_they_are_named() -> None:
    """[CFG-1-4]"""
    files = {"more.conf": "port 2\nsentinel monitor m 10.0.0.1 1 1\n", "empty.conf": "# nothing\n"}

    def read(pattern: str) -> list[tuple[str, str]]:
        return [(pattern, files[pattern])]

    done = loaded("port 1", "include more.conf", "INCLUDE empty.conf", read_include=read)
    assert done.server.port == 2
    assert list(done.state.masters) == ["m"]
    assert loaded("include more.conf", "port 3", read_include=read).server.port == 3


def test_an_error_in_an_included_file_names_that_file() -> None:
    def read(pattern: str) -> list[tuple[str, str]]:
        return [("a.conf", "# fine\n"), ("b.conf", "\nsentinel bogus\n")]

    with pytest.raises(ConfigError) as caught:
        loaded("include *.conf", read_include=read)
    assert (caught.value.path, caught.value.line_number) == ("b.conf", 2)


def test_files_that_cannot_be_included_are_an_error() -> None:
    def missing(pattern: str) -> list[tuple[str, str]]:
        raise FileNotFoundError(2, "No such file or directory")

    def endless(pattern: str) -> list[tuple[str, str]]:
        return [(pattern, f"include {pattern}\n")]

    with pytest.raises(ConfigError, match="can't open config file 'x': No such file or directory"):
        loaded("include x", read_include=missing)
    with pytest.raises(ConfigError, match="too many levels of include"):
        loaded("include x", read_include=endless)
    assert "includes are not available here" in refused("include x").message


def test_text_that_no_bytes_stand_for_is_an_error_not_a_crash() -> None:
    error = refused("port 1", "# \ud800")
    assert error.line_number == 2
