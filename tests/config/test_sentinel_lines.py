"""The ``sentinel`` directives: what they set, what they refuse (spec: config §2 and §3)."""

from __future__ import annotations

import pytest

from minisentinel.config.options import OPTIONS
from minisentinel.core.state import Role
from tests.config.loading import MYID, NOW_MS, PEER, loaded, refused
from tests.support.facts import FakeFacts

MONITOR = "sentinel monitor mymaster 10.0.0.1 6379 2"
UNKNOWN = "Unrecognized sentinel configuration statement."
NO_MASTER = "No such master with specified name."
NO_HOST = "Can't resolve instance hostname."
BAD_PORT = "Invalid port number."

NAME_AND_VALUE = [
    "down-after-milliseconds",
    "failover-timeout",
    "parallel-syncs",
    "notification-script",
    "client-reconfig-script",
    "auth-pass",
    "auth-user",
    "config-epoch",
    "leader-epoch",
    "master-reboot-down-after-period",
    "primary-reboot-down-after-period",
]


def test_monitor_creates_a_master_with_the_defaults() -> None:
    """[CFG-3-2]"""
    master = loaded(MONITOR).state.masters["mymaster"]
    assert (master.address.ip, master.address.port, master.quorum) == ("10.0.0.1", 6379, 2)
    assert (master.down_after, master.failover_timeout, master.parallel_syncs) == (
        30_000,
        180_000,
        1,
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        # The order of the checks: quorum, port, host, name. [CFG-3-2] to [CFG-3-5]
        ("sentinel monitor mymaster nowhere 99999 0", "Quorum must be 1 or greater."),
        ("sentinel monitor mymaster nowhere 99999 -1", "Quorum must be 1 or greater."),
        ("sentinel monitor mymaster nowhere 99999 two", "Quorum must be 1 or greater."),
        ("sentinel monitor mymaster nowhere 65536 2", BAD_PORT),
        ("sentinel monitor mymaster nowhere -1 2", BAD_PORT),
        ("sentinel monitor mymaster nowhere 6379 2", NO_HOST),
        ("sentinel monitor mymaster 10.0.0.2 6379 2", "Duplicate master name."),
        # [CFG-3-6], [CFG-3-7]
        ("sentinel down-after-milliseconds other 0", NO_MASTER),
        ("sentinel down-after-milliseconds mymaster 0", "negative or zero time parameter."),
        ("sentinel down-after-milliseconds mymaster -5", "negative or zero time parameter."),
        ("sentinel down-after-milliseconds mymaster soon", "negative or zero time parameter."),
        ("sentinel failover-timeout other 0", NO_MASTER),
        ("sentinel failover-timeout mymaster 0", "negative or zero time parameter."),
        # [CFG-3-8] to [CFG-3-14]
        ("sentinel parallel-syncs other 1", NO_MASTER),
        ("sentinel notification-script other /bin/absent", NO_MASTER),
        (
            "sentinel notification-script mymaster /bin/absent",
            "Notification script seems non existing or non executable.",
        ),
        ("sentinel client-reconfig-script other /bin/absent", NO_MASTER),
        (
            "sentinel client-reconfig-script mymaster /bin/absent",
            "Client reconfiguration script seems non existing or non executable.",
        ),
        ("sentinel auth-pass other x", NO_MASTER),
        ("sentinel auth-user other x", NO_MASTER),
        ("sentinel config-epoch other 1", NO_MASTER),
        ("sentinel leader-epoch other 1", NO_MASTER),
        # [CFG-3-15]
        ("sentinel known-replica other 10.0.0.3 6379", NO_MASTER),
        ("sentinel known-replica mymaster nowhere 70000", BAD_PORT),
        ("sentinel known-replica mymaster nowhere 6379", NO_HOST),
        (
            "sentinel known-replica mymaster 10.0.0.2 6379",
            "Duplicate hostname and port for replica.",
        ),
        ("sentinel known-slave mymaster 10.0.0.2 6379", "Duplicate hostname and port for replica."),
        # [CFG-3-16]
        (f"sentinel known-sentinel other 10.0.1.3 26379 {MYID}", NO_MASTER),
        (f"sentinel known-sentinel mymaster nowhere 70000 {MYID}", BAD_PORT),
        (f"sentinel known-sentinel mymaster nowhere 26379 {MYID}", NO_HOST),
        (
            f"sentinel known-sentinel mymaster 10.0.1.9 26379 {PEER}",
            "Duplicate runid for sentinel.",
        ),
        # [CFG-3-18], [CFG-3-19]
        ("sentinel rename-command other CONFIG x", NO_MASTER),
        (
            "sentinel rename-command mymaster Config y",
            "Same command renamed multiple times with rename-command.",
        ),
        ("sentinel master-reboot-down-after-period other -1", NO_MASTER),
        ("sentinel master-reboot-down-after-period mymaster -1", "negative time parameter."),
        ("sentinel primary-reboot-down-after-period mymaster -1", "negative time parameter."),
        # [CFG-3-21], [CFG-3-24], [CFG-3-26], [CFG-3-27]
        (f"sentinel myid {MYID}0", "Malformed Sentinel id in myid option."),
        ('sentinel myid ""', "Malformed Sentinel id in myid option."),
        (
            "sentinel deny-scripts-reconfig maybe",
            "Please specify yes or no for the deny-scripts-reconfig options.",
        ),
        (
            "sentinel resolve-hostnames 1",
            "Please specify yes or no for the resolve-hostnames option.",
        ),
        (
            'sentinel announce-hostnames ""',
            "Please specify yes or no for the announce-hostnames option.",
        ),
        # [CFG-3-28], and with another number of words an option is unknown [CFG-3-1]
        ("sentinel frobnicate", UNKNOWN),
        ('sentinel ""', UNKNOWN),
        ("sentinel monitor mymaster 10.0.0.1 6379", UNKNOWN),
        ("sentinel monitor mymaster 10.0.0.1 6379 2 2", UNKNOWN),
        ("sentinel myid", UNKNOWN),
        ("sentinel announce-ip a b", UNKNOWN),
        ("sentinel known-replica mymaster 10.0.0.3", UNKNOWN),
        ("sentinel known-sentinel mymaster 10.0.0.3", UNKNOWN),
        ("sentinel rename-command mymaster CONFIG", UNKNOWN),
        *((f"sentinel {option} mymaster", UNKNOWN) for option in NAME_AND_VALUE),
        *((f"sentinel {option} mymaster 1 2", UNKNOWN) for option in NAME_AND_VALUE),
    ],
)
def test_refused_lines_give_the_message_of_a_real_sentinel(line: str, message: str) -> None:
    """[CFG-3-2] and the rules below it, with the line and its number."""
    error = refused(
        "# a file that is right up to its last line",
        MONITOR,
        "",
        "sentinel known-replica mymaster 10.0.0.2 6379",
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {PEER}",
        "sentinel rename-command mymaster CONFIG guess",
        f"  {line}\t",
    )
    assert (error.path, error.line_number, error.line, error.message) == (
        "sentinel.conf",
        7,
        line,
        message,
    )
    assert error.expected


def test_master_options_may_stand_before_the_master() -> None:
    """[CFG-2-2], [CFG-2-3]"""
    state = loaded(
        "sentinel down-after-milliseconds mymaster 900",
        "sentinel known-replica mymaster replica.example 6379",
        "sentinel monitor mymaster master.example 6379 2",
        "sentinel announce-hostnames yes",
        "sentinel resolve-hostnames yes",
        facts=FakeFacts({"master.example": "10.0.0.1", "replica.example": "10.0.0.2"}),
    ).state
    master = state.masters["mymaster"]
    assert master.down_after == 900
    assert list(master.replicas) == ["replica.example:6379"]


def test_errors_are_found_in_the_order_of_the_passes() -> None:
    """[CFG-2-1], [CFG-2-2], [CFG-2-3]"""
    third = "sentinel bogus"
    second = "sentinel monitor m 10.0.0.1 1 0"
    first = "sentinel myid short"
    assert refused(third, second, first).line_number == 3
    assert refused(third, second).line_number == 2
    assert refused(third).line_number == 1
    # Directives of the server are looked at before all of them.
    assert refused(third, second, first, "bogus").line_number == 4


def test_a_pass_keeps_the_order_of_the_file() -> None:
    """[CFG-2-3]: replicas restored after a change of down-after inherit it, those before get it."""
    master = loaded(
        MONITOR,
        "sentinel known-replica mymaster 10.0.0.2 6379",
        "sentinel down-after-milliseconds mymaster 700",
        "sentinel known-replica mymaster 10.0.0.3 6379",
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {PEER}",
    ).state.masters["mymaster"]
    instances = [*master.replicas.values(), *master.peers.values()]
    assert [instance.down_after for instance in instances] == [700, 700, 700]


def test_down_after_reaches_instances_that_exist_already() -> None:
    """[CFG-3-29]"""
    master = loaded(
        MONITOR,
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {PEER}",
        "sentinel known-replica mymaster 10.0.0.2 6379",
        "sentinel down-after-milliseconds mymaster 700",
    ).state.masters["mymaster"]
    assert master.peers[PEER].down_after == 700
    assert master.replicas["10.0.0.2:6379"].down_after == 700


def test_option_names_ignore_case_and_master_names_do_not() -> None:
    """[CFG-1-3]"""
    state = loaded(
        "SENTINEL Monitor A 10.0.0.1 1 1",
        "Sentinel MONITOR a 10.0.0.2 2 1",
        "sentinel DOWN-after-milliseconds A 5",
    ).state
    assert {name: master.down_after for name, master in state.masters.items()} == {
        "A": 5,
        "a": 30_000,
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5x", 5),
        ("+7", 7),
        ("  12", 12),
        ("007", 7),
        ("x5", 0),
        ("", 0),
        ("-3", -3),
        ("1e9", 1),
        ("4294967297", 1),
        ("99999999999", 1_215_752_191),
        ("9" * 5000, -1),
    ],
)
def test_numbers_are_the_leading_digits_as_c_reads_them(text: str, value: int) -> None:
    """[CFG-3-1]; 32 bits, as the real server stores them."""
    state = loaded(MONITOR, f'sentinel parallel-syncs mymaster "{text}"').state
    assert state.masters["mymaster"].parallel_syncs == value


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("no", 0), ("-5", 2**64 - 5), ("9" * 26, 2**64 - 1)]
)
def test_epochs_have_64_bits(text: str, value: int) -> None:
    """[CFG-3-14]"""
    state = loaded(MONITOR, f"sentinel leader-epoch mymaster {text}").state
    assert state.masters["mymaster"].leader_epoch == value


def test_config_epoch_raises_the_current_epoch_and_leader_epoch_does_not() -> None:
    """[CFG-3-13], [CFG-3-14]"""
    state = loaded(
        MONITOR,
        "sentinel config-epoch mymaster 9",
        "sentinel leader-epoch mymaster 12",
        "sentinel current-epoch 4",
    ).state
    assert state.current_epoch == 9
    assert (state.masters["mymaster"].config_epoch, state.masters["mymaster"].leader_epoch) == (
        9,
        12,
    )
    assert state.masters["mymaster"].leader == ""


def test_current_epoch_never_sinks() -> None:
    """[CFG-3-20]"""
    assert loaded("sentinel current-epoch 8", "sentinel current-epoch 3").state.current_epoch == 8
    lower = loaded(MONITOR, "sentinel config-epoch mymaster 2", "sentinel current-epoch 5")
    assert lower.state.current_epoch == 5


def test_obsolete_known_sentinel_without_runid_is_ignored_even_for_an_unknown_master() -> None:
    """[CFG-3-17]"""
    state = loaded(
        MONITOR,
        "sentinel known-sentinel mymaster 10.0.1.2 26379",
        "sentinel known-sentinel ghost nowhere 99999",
    ).state
    assert not state.masters["mymaster"].peers


def test_known_sentinels_of_two_masters_share_one_link() -> None:
    """[CFG-3-16]"""
    state = loaded(
        "sentinel monitor one 10.0.0.1 1 1",
        "sentinel monitor two 10.0.0.2 1 1",
        f"sentinel known-sentinel one 10.0.1.2 26379 {PEER}",
        f"sentinel known-sentinel two 10.0.1.2 26379 {PEER}",
    ).state
    one, two = state.masters["one"].peers[PEER], state.masters["two"].peers[PEER]
    assert one.link is two.link
    assert sorted(one.link.users) == sorted([one.serial, two.serial])


def test_timers_of_restored_instances_start_when_the_file_is_loaded() -> None:
    """[CFG-3-30]"""
    state = loaded(
        MONITOR,
        "sentinel known-slave mymaster fd00::5 6380",
        f"sentinel known-sentinel mymaster 10.0.1.2 26379 {PEER}",
    ).state
    master = state.masters["mymaster"]
    replica = master.replicas["[fd00::5]:6380"]
    assert replica.role_reported is Role.REPLICA
    for instance in (master, replica, master.peers[PEER]):
        assert instance.link.act_ping_time == instance.link.last_avail_time == NOW_MS
        assert instance.last_pub_time == NOW_MS
    assert state.previous_time == NOW_MS


def test_process_options_are_taken_over() -> None:
    """[CFG-3-21] to [CFG-3-27]"""
    state = loaded(
        f"sentinel myid {MYID}",
        "sentinel announce-ip 203.0.113.7",
        "sentinel announce-port 36379",
        "sentinel deny-scripts-reconfig NO",
        "sentinel sentinel-user peer",
        "sentinel sentinel-pass secret",
        "sentinel resolve-hostnames Yes",
        "sentinel announce-hostnames yes",
    ).state
    assert state.myid == MYID
    assert (state.announce_ip, state.announce_port) == ("203.0.113.7", 36379)
    assert state.deny_scripts_reconfig is False
    assert (state.sentinel_user, state.sentinel_pass) == ("peer", "secret")
    assert state.resolve_hostnames
    assert state.announce_hostnames


def test_empty_announce_ip_and_credentials_are_ignored() -> None:
    """[CFG-3-22], [CFG-3-25]"""
    state = loaded(
        "sentinel announce-ip 203.0.113.7",
        'sentinel announce-ip ""',
        'sentinel sentinel-user ""',
        'sentinel sentinel-pass ""',
    ).state
    assert (state.announce_ip, state.sentinel_user, state.sentinel_pass) == ("203.0.113.7", "", "")


def test_announce_port_is_not_checked() -> None:
    """[CFG-3-23]"""
    assert loaded("sentinel announce-port 70000").state.announce_port == 70_000


def test_master_settings_are_taken_over() -> None:
    """[CFG-3-7] to [CFG-3-12], [CFG-3-18], [CFG-3-19]"""
    master = loaded(
        MONITOR,
        "sentinel failover-timeout mymaster 60000",
        "sentinel parallel-syncs mymaster 5",
        "sentinel notification-script mymaster /bin/notify",
        'sentinel client-reconfig-script mymaster "/bin/move clients"',
        "sentinel auth-user mymaster admin",
        "sentinel auth-pass mymaster 'it\\'s secret'",
        "sentinel rename-command mymaster CONFIG guess",
        "sentinel master-reboot-down-after-period mymaster 0",
        "sentinel primary-reboot-down-after-period mymaster 1500",
        facts=FakeFacts(executable=("/bin/notify", "/bin/move clients")),
    ).state.masters["mymaster"]
    assert master.failover_timeout == 60_000
    assert master.parallel_syncs == 5
    assert master.notification_script == "/bin/notify"
    assert master.client_reconfig_script == "/bin/move clients"
    assert (master.auth_user, master.auth_pass) == ("admin", "it's secret")
    assert master.renamed_commands == {"config": ("CONFIG", "guess")}
    assert master.reboot_down_after == 1500


def test_an_unresolved_name_is_tolerated_only_where_names_are_allowed() -> None:
    """[CFG-3-4]"""
    line = "sentinel monitor mymaster absent.example 6379 2"
    assert refused(line).message == NO_HOST
    address = loaded("sentinel resolve-hostnames yes", line).state.masters["mymaster"].address
    assert (address.hostname, address.ip) == ("absent.example", "")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["sentinel down-after-millisecond mymaster 5"],
            "perhaps: sentinel down-after-milliseconds <master-name> <milliseconds>, "
            "a whole number greater than 0",
        ),
        (
            [MONITOR, "sentinel down-after-milliseconds mymaster 0"],
            "sentinel down-after-milliseconds <master-name> <milliseconds>, "
            "a whole number greater than 0",
        ),
        (
            [MONITOR, "sentinel failover-timeout MyMaster 5"],
            'perhaps "mymaster"; upper and lower case differ',
        ),
        (
            [MONITOR, "sentinel failover-timeout resque 5"],
            "one of the monitored masters: mymaster",
        ),
        (
            ["sentinel failover-timeout resque 5"],
            "a line that starts with: sentinel monitor resque",
        ),
        (
            ["sentinel monitor m example.com 1 1"],
            "an IP address; a host name needs the line: sentinel resolve-hostnames yes",
        ),
        (["sentinel monitor m 10.0.0.1 70000 1"], "a port from 0 to 65535"),
    ],
)
def test_errors_say_what_was_expected(lines: list[str], expected: str) -> None:
    assert refused(*lines).expected == expected


def test_every_option_is_described_by_its_form() -> None:
    for option in OPTIONS.values():
        assert option.expected.startswith(f"sentinel {option.name} ")
        assert refused(f"sentinel {option.name}").expected == option.expected
