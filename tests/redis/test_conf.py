"""Reading a real ``redis.conf``."""

from __future__ import annotations

import pytest

from sim.redis import BufferLimit, ConfError, SavePoint, Settings, read_conf

EXAMPLE = """\
# A replica with a password.
port 7000
bind 127.0.0.1
replicaof 10.0.0.1 6379
masterauth "two words"
requirepass secret
slave-priority 50

save 900 1
save 300 10 60 10000
appendonly yes
appendfsync always
maxmemory 1gb
maxmemory-policy allkeys-lru
repl-backlog-size 2mb
client-output-buffer-limit replica 1mb 512kb 10
client-output-buffer-limit pubsub 2mb 0 0
lua-time-limit 2500
min-replicas-to-write 1
logfile ""
"""


def test_known_directives_become_settings_and_the_others_are_left_out() -> None:
    conf = read_conf(EXAMPLE)
    settings = conf.settings
    assert conf.left_out == ("bind", "logfile")
    assert (settings.port, settings.replicaof) == (7000, ("10.0.0.1", 6379))
    assert (settings.masterauth, settings.requirepass) == ("two words", "secret")
    assert settings.replica_priority == 50
    assert settings.save == (SavePoint(900, 1), SavePoint(300, 10), SavePoint(60, 10_000))
    assert (settings.appendonly, settings.appendfsync) == (True, "always")
    assert (settings.maxmemory, settings.maxmemory_policy) == (1024**3, "allkeys-lru")
    assert settings.repl_backlog_size == 2 * 1024**2
    limits = settings.client_output_buffer_limit
    assert limits.replica == BufferLimit(1024**2, 512 * 1024, 10)
    assert limits.pubsub == BufferLimit(2 * 1024**2, 0, 0)
    assert limits.normal == BufferLimit()
    assert (settings.busy_reply_threshold, settings.min_replicas_to_write) == (2500, 1)


def test_empty_file_is_the_default() -> None:
    assert read_conf("").settings == Settings()


@pytest.mark.parametrize("line", ['save ""', "save ''", 'save 900 1\nsave ""'])
def test_empty_save_means_no_save_points(line: str) -> None:
    assert read_conf(line).settings.save == ()


def test_save_after_an_empty_one_counts() -> None:
    assert read_conf('save ""\nsave 5 1').settings.save == (SavePoint(5, 1),)


def test_replicaof_no_one_is_a_master() -> None:
    assert read_conf("replicaof no one").settings.replicaof is None


@pytest.mark.parametrize(
    ("text", "number", "reason"),
    [
        ("nope 1", 1, "Bad directive or wrong number of arguments"),
        ("\n# x\nport x", 3, "argument couldn't be parsed into an integer"),
        ("save 900", 1, "Invalid save parameters"),
        ("save a b", 1, "Invalid save parameters"),
        ("appendfsync sometimes", 1, "argument(s) must be one of the following: everysec, always"),
        ("requirepass 'open", 1, "Unbalanced quotes"),
        ("replicaof host", 1, "wrong number of arguments"),
        ("replicaof host 99999", 1, "Invalid master port"),
        ("maxmemory lots", 1, "argument must be a memory value"),
        ("appendonly maybe", 1, "argument must be 'yes' or 'no'"),
        ("client-output-buffer-limit normal 1 2", 1, "Wrong number of arguments in buffer limit"),
        ("client-output-buffer-limit nobody 1 2 3", 1, "Invalid client class specified"),
    ],
)
def test_wrong_line_is_named_with_its_number_and_the_reason(
    text: str, number: int, reason: str
) -> None:
    with pytest.raises(ConfError) as caught:
        read_conf(text)
    assert caught.value.number == number
    assert caught.value.reason.startswith(reason)
    assert str(caught.value).startswith(f"line {number}: ")
