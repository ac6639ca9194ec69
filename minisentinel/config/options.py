"""The ``sentinel`` directives: what each takes, what it checks and what it sets.

Spec: config §2 (order) and §3 (checks, messages).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import IntEnum

from minisentinel.config.errors import Refused
from minisentinel.core.address import Address, AddressError, Facts, UnresolvedHost, make_address
from minisentinel.core.instances import (
    DuplicateInstance,
    create_master,
    create_peer,
    create_replica,
    share_link,
)
from minisentinel.core.state import Master, State
from minisentinel.core.timing import RUNID_LENGTH
from minisentinel.lenient import leading_int, leading_unsigned

__all__ = ["OPTIONS", "Option", "Pass", "Target", "apply", "pass_of"]


class Pass(IntEnum):
    """The three passes over the ``sentinel`` lines, in their order. [CFG-2-1] to [CFG-2-3]"""

    PROCESS = 1
    MONITOR = 2
    MASTER = 3


@dataclass(slots=True)
class Target:
    """What a directive works on: the state being filled, at `now` (ms), with these facts.

    `unresolved` are the host names that had no address.
    """

    state: State
    facts: Facts
    now: int
    unresolved: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Option:
    """One ``sentinel`` directive; `arguments` and `rule` describe it to a person.

    `counts` are the numbers of words that may follow the name; with another number the directive
    counts as unknown.
    """

    name: str
    arguments: str
    rule: str
    counts: tuple[int, ...]
    set: Callable[[Target, tuple[str, ...]], None]
    when: Pass = Pass.MASTER

    @property
    def expected(self) -> str:
        """The form of the directive, and what its values may be."""
        usage = f"sentinel {self.name} {self.arguments}"
        return f"{usage}, {self.rule}" if self.rule else usage


def pass_of(name: str) -> Pass:
    """The pass in which a line with this option name is executed; unknown ones come last."""
    option = OPTIONS.get(name.lower())
    return option.when if option is not None else Pass.MASTER


def apply(target: Target, words: tuple[str, ...]) -> None:
    """Execute one line, given its words after ``sentinel``; raises `Refused`.

    [CFG-3-1] [CFG-3-28]
    """
    name, values = words[0].lower(), words[1:]
    option = OPTIONS.get(name)
    if option is None:
        raise Refused(_UNKNOWN, _suggestion(name))
    if len(values) not in option.counts:
        raise Refused(_UNKNOWN, option.expected)
    try:
        option.set(target, values)
    except Refused as refused:
        raise Refused(refused.message, refused.expected or option.expected) from None


_UNKNOWN = "Unrecognized sentinel configuration statement."


def _suggestion(name: str) -> str:
    near = get_close_matches(name, OPTIONS, n=1, cutoff=0.7)
    if near:
        return f"perhaps: {OPTIONS[near[0]].expected}"
    return f"one of {', '.join(sorted(OPTIONS))}"


# Checks shared by several directives.


def _master(target: Target, name: str) -> Master:
    master = target.state.masters.get(name)
    if master is None:
        known = target.state.masters
        near = get_close_matches(name, known, n=1)
        if near:
            remedy = f'perhaps "{near[0]}"; upper and lower case differ'
        elif known:
            remedy = f"one of the monitored masters: {_listed(known)}"
        else:
            remedy = f"a line that starts with: sentinel monitor {name or '<master-name>'}"
        raise Refused("No such master with specified name.", remedy)
    return master


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _address(target: Target, host: str, port: str) -> Address:
    """[CFG-3-3] [CFG-3-4]"""
    by_name = target.state.resolve_hostnames
    try:
        address = make_address(
            host,
            leading_int(port),
            resolve_names=by_name,
            allow_unresolved=True,
            facts=target.facts,
        )
        if not address.ip:
            target.unresolved.append(host)
        return address
    except UnresolvedHost as error:
        raise Refused(
            str(error), "an IP address; a host name needs the line: sentinel resolve-hostnames yes"
        ) from None
    except AddressError as error:
        raise Refused(str(error), "a port from 0 to 65535") from None


def _yes_no(text: str, message: str) -> bool:
    if text.lower() not in ("yes", "no"):
        raise Refused(message)
    return text.lower() == "yes"


def _positive(text: str) -> int:
    value = leading_int(text)
    if value <= 0:
        raise Refused("negative or zero time parameter.")
    return value


# Options of the whole process.


def _announce_ip(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-22]"""
    target.state.announce_ip = values[0] or target.state.announce_ip


def _announce_port(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-23]"""
    target.state.announce_port = leading_int(values[0])


def _deny_scripts_reconfig(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-24]"""
    target.state.deny_scripts_reconfig = _yes_no(
        values[0], "Please specify yes or no for the deny-scripts-reconfig options."
    )


def _sentinel_user(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-25]"""
    target.state.sentinel_user = values[0] or target.state.sentinel_user


def _sentinel_pass(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-25]"""
    target.state.sentinel_pass = values[0] or target.state.sentinel_pass


def _current_epoch(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-20]"""
    state = target.state
    state.current_epoch = max(state.current_epoch, leading_unsigned(values[0]))


def _myid(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-21]"""
    # Counted in bytes, as the real server does.
    if len(values[0].encode("utf-8", "surrogateescape")) != RUNID_LENGTH:
        raise Refused("Malformed Sentinel id in myid option.")
    target.state.myid = values[0]


def _resolve_hostnames(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-26]"""
    target.state.resolve_hostnames = _yes_no(
        values[0], "Please specify yes or no for the resolve-hostnames option."
    )


def _announce_hostnames(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-27]"""
    target.state.announce_hostnames = _yes_no(
        values[0], "Please specify yes or no for the announce-hostnames option."
    )


# Masters.


def _monitor(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-2] to [CFG-3-5]"""
    name, host, port, quorum_text = values
    quorum = leading_int(quorum_text)
    if quorum <= 0:
        raise Refused("Quorum must be 1 or greater.")
    address = _address(target, host, port)
    try:
        create_master(target.state, name, address, quorum, target.now)
    except DuplicateInstance:
        raise Refused(
            "Duplicate master name.", f"a name other than '{name}', which is taken above"
        ) from None


def _down_after(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-6] [CFG-3-29]"""
    master = _master(target, values[0])
    master.down_after = _positive(values[1])
    for instance in (*master.replicas.values(), *master.peers.values()):
        instance.down_after = master.down_after


def _failover_timeout(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-7]"""
    master = _master(target, values[0])
    master.failover_timeout = _positive(values[1])


def _parallel_syncs(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-8]"""
    _master(target, values[0]).parallel_syncs = leading_int(values[1])


def _reboot_down_after(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-19]"""
    master = _master(target, values[0])
    value = leading_int(values[1])
    if value < 0:
        raise Refused("negative time parameter.")
    master.reboot_down_after = value


def _notification_script(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-9]"""
    master = _master(target, values[0])
    if not target.facts.is_executable(values[1]):
        raise Refused("Notification script seems non existing or non executable.")
    master.notification_script = values[1]


def _client_reconfig_script(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-10]"""
    master = _master(target, values[0])
    if not target.facts.is_executable(values[1]):
        raise Refused("Client reconfiguration script seems non existing or non executable.")
    master.client_reconfig_script = values[1]


def _auth_pass(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-11]"""
    _master(target, values[0]).auth_pass = values[1]


def _auth_user(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-12]"""
    _master(target, values[0]).auth_user = values[1]


def _config_epoch(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-13]"""
    master = _master(target, values[0])
    master.config_epoch = leading_unsigned(values[1])
    target.state.current_epoch = max(target.state.current_epoch, master.config_epoch)


def _leader_epoch(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-14]"""
    _master(target, values[0]).leader_epoch = leading_unsigned(values[1])


def _known_replica(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-15] [CFG-3-30]"""
    master = _master(target, values[0])
    address = _address(target, values[1], values[2])
    try:
        create_replica(target.state, master, address, target.now)
    except DuplicateInstance:
        raise Refused(
            "Duplicate hostname and port for replica.", "each replica once for a master"
        ) from None


def _known_sentinel(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-16] [CFG-3-17] [CFG-3-30]"""
    if len(values) == 3:
        # Written by very old versions: without its run id a peer is of no use.
        return
    master = _master(target, values[0])
    address = _address(target, values[1], values[2])
    try:
        peer = create_peer(target.state, master, address, values[3], target.now)
    except DuplicateInstance:
        raise Refused("Duplicate runid for sentinel.", "each Sentinel once for a master") from None
    share_link(target.state, peer)


def _rename_command(target: Target, values: tuple[str, ...]) -> None:
    """[CFG-3-18]"""
    master = _master(target, values[0])
    command = values[1].lower()
    if command in master.renamed_commands:
        raise Refused(
            "Same command renamed multiple times with rename-command.",
            f"one rename-command line for {values[1]}",
        )
    master.renamed_commands[command] = (values[1], values[2])


_MILLISECONDS = "a whole number greater than 0"
_REBOOT = (
    "<master-name> <milliseconds>",
    "a whole number, 0 or more",
    (2,),
    _reboot_down_after,
)
_REPLICA = (
    "<master-name> <host> <port>",
    "an address that is not listed yet",
    (3,),
    _known_replica,
)

OPTIONS: dict[str, Option] = {
    option.name: option
    for option in (
        Option("announce-ip", "<ip>", "", (1,), _announce_ip, Pass.PROCESS),
        Option("announce-port", "<port>", "", (1,), _announce_port, Pass.PROCESS),
        Option("deny-scripts-reconfig", "yes|no", "", (1,), _deny_scripts_reconfig, Pass.PROCESS),
        Option("sentinel-user", "<username>", "", (1,), _sentinel_user, Pass.PROCESS),
        Option("sentinel-pass", "<password>", "", (1,), _sentinel_pass, Pass.PROCESS),
        Option("current-epoch", "<epoch>", "a whole number", (1,), _current_epoch, Pass.PROCESS),
        Option("myid", "<id>", "exactly 40 characters", (1,), _myid, Pass.PROCESS),
        Option("resolve-hostnames", "yes|no", "", (1,), _resolve_hostnames, Pass.PROCESS),
        Option("announce-hostnames", "yes|no", "", (1,), _announce_hostnames, Pass.PROCESS),
        Option(
            "monitor",
            "<master-name> <host> <port> <quorum>",
            "a quorum of 1 or more",
            (4,),
            _monitor,
            Pass.MONITOR,
        ),
        Option(
            "down-after-milliseconds",
            "<master-name> <milliseconds>",
            _MILLISECONDS,
            (2,),
            _down_after,
        ),
        Option(
            "failover-timeout",
            "<master-name> <milliseconds>",
            _MILLISECONDS,
            (2,),
            _failover_timeout,
        ),
        Option(
            "parallel-syncs", "<master-name> <replicas>", "a whole number", (2,), _parallel_syncs
        ),
        Option(
            "notification-script",
            "<master-name> <path>",
            "an executable file",
            (2,),
            _notification_script,
        ),
        Option(
            "client-reconfig-script",
            "<master-name> <path>",
            "an executable file",
            (2,),
            _client_reconfig_script,
        ),
        Option("auth-pass", "<master-name> <password>", "", (2,), _auth_pass),
        Option("auth-user", "<master-name> <username>", "", (2,), _auth_user),
        Option("config-epoch", "<master-name> <epoch>", "a whole number", (2,), _config_epoch),
        Option("leader-epoch", "<master-name> <epoch>", "a whole number", (2,), _leader_epoch),
        Option("known-replica", *_REPLICA),
        Option("known-slave", *_REPLICA),
        Option(
            "known-sentinel",
            "<master-name> <host> <port> <runid>",
            "a run id that is not listed yet",
            (3, 4),
            _known_sentinel,
        ),
        Option("rename-command", "<master-name> <command> <new-name>", "", (3,), _rename_command),
        Option("master-reboot-down-after-period", *_REBOOT),
        # The spelling of Valkey.
        Option("primary-reboot-down-after-period", *_REBOOT),
    )
}
"""Every option by its name, lower-case."""
