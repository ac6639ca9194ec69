"""What a configuration means, in plain words: for `minisentinel --check`."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import fill

from minisentinel.config.loader import Loaded
from minisentinel.config.server import ServerSettings
from minisentinel.core.address import Address, bracketed
from minisentinel.core.state import Master, State

__all__ = ["advice", "summary"]

_LABEL_WIDTH = 18
_WIDTH = 100


def summary(loaded: Loaded, path: str) -> str:
    """A page for a person: settings, then each master in the order of the file, with advice."""
    state = loaded.state
    masters = sorted(state.masters.values(), key=lambda master: master.serial)
    named = ", ".join(master.name for master in masters) or "none"
    parts = [f"{path}: understood. Masters to watch: {named}."]
    parts.append(_block("This Sentinel", _process(state, loaded.server)))
    if not masters:
        parts.append(
            "note: no master is named, so there is nothing to watch until SENTINEL MONITOR."
        )
    for master in masters:
        title = f'Master "{master.name}" at {_shown(master.address)}'
        parts.append("\n".join((_block(title, _settings(master)), *map(_wrapped, advice(master)))))
    return "\n\n".join(parts) + "\n"


def advice(master: Master) -> Iterator[str]:
    """What a person should know before relying on these settings, a line each.

    A ``warning`` is about a deployment that will not do what it is meant to, a ``note`` about what
    is easily overlooked.
    """
    known = 1 + len(master.peers)
    majority = known // 2 + 1
    quorum = master.quorum
    if not master.peers:
        yield (
            "note: no other Sentinel is named here; they find one another through the master. "
            f"Of all that do, {quorum} must agree that it is down (the quorum), and more than half "
            "must vote for the one that acts. Run three or more."
        )
    elif known < 3:
        yield (
            f"warning: only {known} Sentinels are known. When one of them fails together with "
            "the master, the other is no majority and nothing happens. Three is the least."
        )
    if quorum > known and master.peers:
        yield (
            f"warning: the quorum is {quorum}, but only {known} Sentinels are known: they can "
            "never agree that the master is down."
        )
    elif quorum > majority and master.peers:
        yield (
            f"warning: the quorum of {quorum} is more than the majority ({majority} of {known}): "
            f"with {known - quorum} Sentinels missing a failover still starts, with one more it "
            "does not, although a majority would be there to vote."
        )
    if quorum == 1:
        yield (
            "note: with quorum 1 a single Sentinel that cannot reach the master starts a failover; "
            "a majority still has to vote for it."
        )
    if master.parallel_syncs < 1:
        yield (
            f"warning: parallel-syncs is {master.parallel_syncs}: after a failover replicas are "
            "only pointed to the new master when the failover has timed out."
        )
    address = master.address
    if not address.ip:
        yield f"warning: the host name {address.hostname} does not resolve now."
    elif address.ip.startswith("127.") or address.ip == "::1":
        yield (
            f"note: {address.ip} is this machine. Clients and Sentinels on other machines are "
            "told the same address and would look for the master on their own."
        )


def _block(title: str, facts: Iterator[tuple[str, str]]) -> str:
    lines = [f"  {label:<{_LABEL_WIDTH}} {value}" for label, value in facts]
    return "\n".join((title, *lines))


def _process(state: State, server: ServerSettings) -> Iterator[tuple[str, str]]:
    yield "id", state.myid or "none yet: chosen at the first start and saved"
    where = " ".join(server.bind) or "no address"
    yield "port", f"{server.port} on {'all addresses' if '*' in server.bind else where}"
    if server.tls_port:
        yield "TLS port", str(server.tls_port)
    yield "protected mode", _yes(server.protected_mode)
    yield "password", "set" if server.requirepass else "none"
    if server.users:
        yield "users", ", ".join(user[0] for user in server.users)
    if state.sentinel_pass:
        yield "to other Sentinels", f"logs in as {state.sentinel_user or 'the default user'}"
    if state.announce_ip is not None or state.announce_port:
        host = state.announce_ip or "(its own address)"
        yield "announces", f"{host} port {state.announce_port or server.announced_port}"
    yield "host names", _names(state)
    yield "scripts", "fixed" if state.deny_scripts_reconfig else "SENTINEL SET may change them"
    yield "current epoch", str(state.current_epoch)


def _settings(master: Master) -> Iterator[tuple[str, str]]:
    known = 1 + len(master.peers)
    yield "quorum", f"{master.quorum}; Sentinels known, this one included: {known}"
    yield "down after", _duration(master.down_after)
    yield "failover timeout", _duration(master.failover_timeout)
    yield "parallel syncs", str(master.parallel_syncs)
    if master.reboot_down_after:
        yield "after a reboot", _duration(master.reboot_down_after)
    if master.auth_pass:
        yield "logs in as", master.auth_user or "the default user"
    if master.notification_script:
        yield "notifies with", master.notification_script
    if master.client_reconfig_script:
        yield "moves clients with", master.client_reconfig_script
    for command, new_name in master.renamed_commands.values():
        yield "renamed command", f"{command.upper()} is sent as {new_name}"
    if master.config_epoch or master.leader_epoch:
        yield "epochs", f"configuration {master.config_epoch}, last vote {master.leader_epoch}"
    replicas = sorted(master.replicas.values(), key=lambda replica: replica.serial)
    listed = ", ".join(_shown(replica.address) for replica in replicas)
    yield "replicas", listed or "none named: the master will tell"
    for peer in sorted(master.peers.values(), key=lambda peer: peer.serial):
        yield "sentinel", f"{_shown(peer.address)}  {peer.runid}"


def _wrapped(text: str) -> str:
    return fill(text, _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _shown(address: Address) -> str:
    return bracketed(address.hostname, address.port)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _names(state: State) -> str:
    resolving = "are resolved" if state.resolve_hostnames else "are not accepted, only addresses"
    return f"{resolving}; {'announced' if state.announce_hostnames else 'addresses announced'}"


def _duration(ms: int) -> str:
    return f"{ms / 1000:g} s ({ms} ms)" if ms >= 1000 else f"{ms} ms"
