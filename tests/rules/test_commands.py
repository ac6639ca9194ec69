"""Commands, rule by rule: what is not shown elsewhere."""

from __future__ import annotations

import pytest

from minisentinel.codec import ProtocolError, RequestDecoder, encode_reply
from minisentinel.replies import NULL_ARRAY, OK, Command, Error, Reply, Status
from tests.core.bench import Bench, conf
from tests.service.front import Front


def understood(data: bytes, *, authenticated: bool = True) -> list[Command] | str:
    """The commands in `data`, or the text of the protocol error."""
    decoder = RequestDecoder(authenticated=authenticated)
    decoder.feed(data)
    commands: list[Command] = []
    try:
        while (words := decoder.next()) is not None:
            commands.append(words)
    except ProtocolError as error:
        return error.text
    return commands


@pytest.mark.parametrize(
    ("data", "meaning"),
    [
        # [CMD-1.1-1]
        (b"*2\r\n$4\r\nPING\r\n$2\r\nhi\r\n", [("PING", "hi")]),
        (b"*1\r\n$0\r\n\r\n", [("",)]),
        (b"*0\r\n*-1\r\n*-7\r\n", []),
        # [CMD-1.1-2]
        (b"PING 'h i'\r\n", [("PING", "h i")]),
        (b"PING hi\n", [("PING", "hi")]),
        (b"\r\n\n", []),
        # [CMD-1.1-4]
        (b"*2147483647\r\n", []),
        (b"*2147483648\r\n", "invalid multibulk length"),
        (b"*two\r\n", "invalid multibulk length"),
        # [CMD-1.1-6]
        (b"*1\r\n:1\r\n", "expected '$', got ':'"),
        # [CMD-1.1-7]
        (b"*1\r\n$536870912\r\n", []),
        (b"*1\r\n$536870913\r\n", "invalid bulk length"),
        (b"*1\r\n$-1\r\n", "invalid bulk length"),
        (b"*1\r\n$four\r\n", "invalid bulk length"),
        # [CMD-1.1-9]
        (b"*".ljust(65536, b"1"), []),
        (b"*".ljust(65537, b"1"), "too big mbulk count string"),
        (b"*1\r\n" + b"$".ljust(65536, b"1"), []),
        (b"*1\r\n" + b"$".ljust(65537, b"1"), "too big bulk count string"),
        (b"x" * 65536, []),
        (b"x" * 65537, "too big inline request"),
        (b"\0\n".ljust(65536, b"x"), []),
        (b"\0\n".ljust(65537, b"x"), "too big inline request"),
        # [CMD-1.1-10]
        (b'PING "hi\r\n', "unbalanced quotes in request"),
        (b"PING 'hi'ho\r\n", "unbalanced quotes in request"),
    ],
)
def test_requests_are_framed(data: bytes, meaning: list[Command] | str) -> None:
    assert understood(data) == meaning


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # [CMD-1.1-5]
        (b"*10\r\n", ""),
        (b"*11\r\n", "unauthenticated multibulk length"),
        # [CMD-1.1-8]
        (b"*1\r\n$16384\r\n", ""),
        (b"*1\r\n$16385\r\n", "unauthenticated bulk length"),
    ],
)
def test_who_still_has_to_log_in_may_send_little(data: bytes, text: str) -> None:
    assert understood(data, authenticated=False) == (text or [])
    assert understood(data) == []


@pytest.mark.parametrize(
    ("words", "of_valkey"),
    [
        (("MASTERS",), ("PRIMARIES",)),
        (("MASTER", "mymaster"), ("PRIMARY", "mymaster")),
        (("MASTER", "other"), ("primary", "other")),
        (("GET-MASTER-ADDR-BY-NAME", "mymaster"), ("GET-PRIMARY-ADDR-BY-NAME", "mymaster")),
        (
            ("IS-MASTER-DOWN-BY-ADDR", "10.0.0.1", "6379", "0", "*"),
            ("IS-PRIMARY-DOWN-BY-ADDR", "10.0.0.1", "6379", "0", "*"),
        ),
    ],
)
def test_the_names_of_valkey_mean_the_same(
    words: tuple[str, ...], of_valkey: tuple[str, ...]
) -> None:
    """[CMD-4-24]"""
    bench = Bench()
    reply: Reply = bench.command("SENTINEL", *words)
    assert bench.command("SENTINEL", *of_valkey) == reply
    assert isinstance(bench.command("SENTINEL", *of_valkey, "one too many"), Error)


def test_valkey_has_no_other_names() -> None:
    """[CMD-4-24]"""
    bench = Bench()
    for name in ("PRIMARY-DOWN", "PRIMARY-ADDR", "SWITCH-PRIMARY"):
        unknown = Error(f"ERR unknown subcommand '{name}'. Try SENTINEL HELP.")
        assert bench.command("SENTINEL", name, "mymaster") == unknown
    assert bench.command("SENTINEL", "GET-PRIMARY-ADDR-BY-NAME", "other") == NULL_ARRAY


@pytest.mark.parametrize(
    ("option", "value", "taken"),
    [
        ("default-down-after", "2147483647", True),
        ("default-down-after", "2147483648", False),
        ("default-failover-timeout", "2147483648", False),
        ("info-period", "2147483648", True),
        ("info-period", "9223372036854775807", True),
        ("info-period", "9223372036854775808", False),
    ],
)
def test_what_masters_inherit_has_31_bits_and_other_periods_63(
    option: str, value: str, taken: bool
) -> None:
    """[CMD-10-3] [CMD-10-2]"""
    refusal = Error(f"ERR Invalid argument '{value}' for SENTINEL DEBUG '{option}'")
    assert Bench().command("SENTINEL", "DEBUG", option, value) == (OK if taken else refusal)


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ((), ["Server", "Clients", "Stats", "CPU", "Sentinel"]),
        (("sentinel",), ["Sentinel"]),
        (("SENTINEL", "server", "Sentinel"), ["Server", "Sentinel"]),
        (("keyspace",), []),
        (("replication", "everything"), ["Server", "Clients", "Stats", "CPU", "Sentinel"]),
    ],
)
def test_info_takes_any_number_of_sections(words: tuple[str, ...], titles: list[str]) -> None:
    """[CMD-2-10] [CMD-3-1] [CMD-3-2] [CMD-3-3] [CMD-3-4]"""
    text = Bench().command("INFO", *words)
    assert isinstance(text, str)
    lines = text.split("\r\n")
    assert [line.removeprefix("# ") for line in lines if line.startswith("#")] == titles


@pytest.mark.parametrize("protocol", ["2", "3"])
def test_info_is_a_plain_bulk_string_in_both_protocols(protocol: str) -> None:
    """[CMD-3-5]"""
    front = Front()
    front.say(1, "HELLO", protocol)
    (text,) = front.say(1, "INFO", "sentinel")
    assert isinstance(text, str)
    written = encode_reply(text, front.service.protocol_of(1))
    assert written == f"${len(text)}\r\n{text}\r\n".encode()
    assert encode_reply("", int(protocol)) == b"$0\r\n\r\n"


def test_total_tilt_counts_every_anomaly_and_stands_behind_the_time_in_tilt() -> None:
    """[CMD-3-6a]"""
    bench = Bench()
    for total in (0, 1, 2):
        text = bench.command("INFO", "sentinel")
        assert isinstance(text, str)
        names = [line.partition(":")[0] for line in text.split("\r\n")]
        at = names.index("sentinel_total_tilt")
        assert names[at - 1] == "sentinel_tilt_since_seconds"
        assert f"sentinel_total_tilt:{total}\r\n" in text
        bench.tick(2001)
    bench.run(40_000)
    text = bench.command("INFO", "sentinel")
    assert isinstance(text, str)
    assert "sentinel_tilt:0\r\n" in text
    assert "sentinel_total_tilt:3\r\n" in text


def test_failover_takes_the_name_of_a_master_and_nothing_else() -> None:
    """[CMD-4-10] [FAI-8-1] [FAI-8-2] [FAI-8-3]"""
    bench = Bench()
    wrong = Error("ERR wrong number of arguments for 'sentinel|failover' command")
    assert bench.command("SENTINEL", "FAILOVER") == wrong
    assert bench.command("SENTINEL", "FAILOVER", "mymaster", "now") == wrong
    nobody = Error("ERR No such master with that name")
    assert bench.command("SENTINEL", "FAILOVER", "MyMaster") == nobody
    no_replica = Error("NOGOODSLAVE No suitable replica to promote")
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == no_replica
    bench.run(1000)
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == OK
    again = Error("INPROG Failover already in progress")
    assert bench.command("SENTINEL", "FAILOVER", "mymaster") == again


def test_renaming_a_command_again_takes_the_place_of_the_first_renaming() -> None:
    """[CMD-8-10]"""
    bench = Bench()
    for new in ("guess", "secret"):
        assert bench.command("SENTINEL", "SET", "mymaster", "rename-command", "Config", new) == OK
    assert bench.master().renamed_commands == {"config": ("Config", "secret")}
    assert bench.command("SENTINEL", "SET", "mymaster", "rename-command", "CONFIG", "again") == OK
    assert bench.master().renamed_commands == {"config": ("CONFIG", "again")}
    assert bench.text.count("sentinel rename-command") == 1
    bench.restart()
    assert bench.master().renamed_commands == {"config": ("CONFIG", "again")}


@pytest.mark.parametrize(
    ("words", "saves"),
    [
        (("quorum", "0"), 0),
        (("nonsense", "1"), 0),
        (("quorum", "1", "nonsense", "1"), 1),
        (("quorum", "1", "parallel-syncs", "0"), 1),
        (("quorum", "1", "parallel-syncs", "2"), 1),
    ],
)
def test_nothing_is_saved_when_the_very_first_option_is_wrong(
    words: tuple[str, ...], saves: int
) -> None:
    """[CMD-8-1]"""
    bench = Bench()
    bench.command("SENTINEL", "SET", "mymaster", *words)
    assert len(bench.saved) == saves


@pytest.mark.parametrize("letter", ["\0", "\t", "\n", "\r", "\x1f", "\x7f"])
@pytest.mark.parametrize(
    ("words", "where", "index"),
    [
        (("SET", "mymaster", "auth-pass", "a{}b"), "SET", 4),
        (("MONITOR", "a{}b", "10.0.0.9", "6379", "1"), "MONITOR", 2),
        (("CONFIG", "SET", "announce-ip", "{}"), "CONFIG SET", 4),
    ],
)
def test_no_control_character_gets_into_the_file(
    words: tuple[str, ...], where: str, index: int, letter: str
) -> None:
    """[CMD-4-23]"""
    bench = Bench()
    reply = bench.command("SENTINEL", *(word.format(letter) for word in words))
    assert reply == Error(
        f"ERR Invalid argument at index {index} for SENTINEL {where}: "
        "control characters are not allowed"
    )
    assert not bench.saved


@pytest.mark.parametrize("allowed", [" ", "~", "\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_other_characters_are_allowed(allowed: str) -> None:
    """[CMD-4-23]: the neighbours of those that are refused."""
    bench = Bench()
    words = ("SENTINEL", "SET", "mymaster", "auth-pass", f"a{allowed}b")
    assert bench.command(*words) == OK
    assert bench.master().auth_pass == f"a{allowed}b"


@pytest.mark.parametrize("option", ["quorum", "parallel-syncs", "down-after-milliseconds"])
@pytest.mark.parametrize(("value", "taken"), [("2147483647", True), ("2147483648", False)])
def test_numbers_have_31_bits(option: str, value: str, taken: bool) -> None:
    """[CMD-8-18]"""
    bench = Bench()
    reply = bench.command("SENTINEL", "SET", "mymaster", option, value)
    refusal = Error(f"ERR Invalid argument '{value}' for SENTINEL SET '{option}'")
    assert reply == (OK if taken else refusal)


@pytest.mark.parametrize(
    ("option", "least"),
    [
        ("down-after-milliseconds", 1),
        ("failover-timeout", 1),
        ("parallel-syncs", 1),
        ("quorum", 1),
        ("master-reboot-down-after-period", 0),
        ("primary-reboot-down-after-period", 0),
    ],
)
def test_numbers_have_a_least_value(option: str, least: int) -> None:
    """[CMD-8-2] to [CMD-8-5], [CMD-8-11] [CMD-8-11a] [CMD-8-14]"""
    bench = Bench()
    assert bench.command("SENTINEL", "SET", "mymaster", option, str(least)) == OK
    for value in (str(least - 1), "", "1x", "+1", " 1", "01", "1.0", "one"):
        refusal = Error(f"ERR Invalid argument '{value}' for SENTINEL SET '{option}'")
        assert bench.command("SENTINEL", "SET", "mymaster", option, value) == refusal


@pytest.mark.parametrize(
    ("port", "taken"), [("-1", False), ("0", True), ("65535", True), ("65536", False)]
)
def test_ports_have_sixteen_bits(port: str, taken: bool) -> None:
    """[CMD-7-1] [CMD-9-3]"""
    bench = Bench()
    reply = bench.command("SENTINEL", "MONITOR", "other", "10.0.0.9", port, "1")
    assert reply == (OK if taken else Error("ERR Invalid port number."))
    reply = bench.command("SENTINEL", "CONFIG", "SET", "announce-port", port)
    refusal = Error(f"ERR Invalid value '{port}' to SENTINEL CONFIG SET 'announce-port'")
    assert reply == (OK if taken else refusal)


@pytest.mark.parametrize(
    ("usable", "quorum", "known", "says"),
    [
        (2, 2, 2, "OK 2"),
        (2, 3, 2, "quorum"),
        (2, 2, 3, "majority"),
        (3, 3, 3, "OK 3"),
        (1, 2, 2, "both"),
    ],
)
def test_usable_sentinels_must_reach_quorum_and_majority(
    usable: int, quorum: int, known: int, says: str
) -> None:
    """[CMD-6-1] to [CMD-6-6]"""
    bench = Bench(conf(quorum=quorum, peers=tuple(range(2, 2 + known))))
    for peer in tuple(bench.master().peers.values())[usable - 1 :]:
        peer.subjectively_down = True
    reply = bench.command("SENTINEL", "CKQUORUM", "mymaster")
    to_quorum = "Not enough available Sentinels to reach the specified quorum for this master"
    to_majority = "Not enough available Sentinels to reach the majority and authorize a failover"
    problems = {
        "quorum": to_quorum,
        "majority": to_majority,
        "both": f"{to_quorum}. {to_majority}",
    }
    if says in problems:
        assert reply == Error(f"NOQUORUM {usable} usable Sentinels. {problems[says]}")
    else:
        reached = "usable Sentinels. Quorum and failover authorization can be reached"
        assert reply == Status(f"{says} {reached}")


@pytest.mark.parametrize(("quorum", "taken"), [("2147483647", True), ("2147483648", False)])
def test_the_quorum_of_a_new_master_has_31_bits(quorum: str, taken: bool) -> None:
    """[CMD-7-3]"""
    bench = Bench()
    reply = bench.command("SENTINEL", "MONITOR", "other", "10.0.0.9", "6379", quorum)
    assert reply == (OK if taken else Error("ERR Invalid quorum"))


@pytest.mark.parametrize("spelling", ["master", "primary"])
def test_the_reboot_period_has_two_spellings_and_one_line_in_the_file(spelling: str) -> None:
    """[CMD-8-11] [CMD-8-11a]"""
    bench = Bench()
    option = f"{spelling}-reboot-down-after-period"
    assert bench.command("SENTINEL", "SET", "mymaster", option, "0") == OK
    assert bench.command("SENTINEL", "SET", "mymaster", option, "700") == OK
    assert bench.master().reboot_down_after == 700
    assert bench.command("SENTINEL", "SET", "mymaster", option, "-1") != OK
    assert bench.text.count("reboot-down-after-period mymaster 700") == 1
