"""Liveness: what must be true at the end of a run that was left alone long enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from minisentinel.trace import Entry, Trace
from sim.invariants.invariant import Invariant, Kind, WholeTrace
from sim.invariants.verdicts import Truth, Verdict, Violation, holds, is_broken, is_unknown
from sim.judge import (
    Health,
    Naming,
    Node,
    NodeHistory,
    Nodes,
    find_clients,
    find_faults,
    find_namings,
    find_nodes,
    node_histories,
    trace_end_us,
)
from sim.trace import (
    ClientStarted,
    CommandAnswered,
    FaultInjected,
    FullSyncLoaded,
    FullSyncStarted,
    NodeStarted,
    Operation,
    ProcessChanged,
    RunEnded,
)

__all__ = [
    "CLIENTS_WRITE_AT_THE_END",
    "OLD_MASTER_IS_DEMOTED",
    "ONE_MASTER_AT_THE_END",
    "ORDER_AT_THE_END",
    "REPLICAS_FOLLOW_AT_THE_END",
]


ENOUGH_TIME_US = 60_000_000
"""So long after the last fault, at the latest, the rules have mended all that they can mend."""

_ENDS: dict[str, tuple[str, ...]] = {
    "heal": ("partition",),
    "release": ("hold",),
    "resume": ("pause",),
    "repair": ("break_disk", "slow_disk", "lose", "delay", "narrow"),
    "power_on": ("power_off",),
    "end_stalls": ("stall",),
    "answer_names": ("silence_names",),
}
"""Remedies, and the faults that each of them ends."""

_PASSING = frozenset(
    [
        "kill",
        "stop",
        "restart",
        "rolling_restart",
        "block",
        "power_on",
        "add",
        "supervise",
        "reuse_address",
        "step_clock",
        "point_name",
        "remove_name",
        "drift_clock",
    ]
)
"""What is done once, ends by itself, or leaves somebody dead, who does not count."""

CLIENTS_NEED_US = 5_000_000
"""After the last remedy servers have to find each other before they accept writes."""

WRITE_GRACE_US = 2_000_000
"""A client that writes has done so lately, or within its last three turns."""

LONG_SILENCE_US = 10_000_000
"""Who has done nothing for so long, or for twelve turns, does not wait for its next one."""


@dataclass(frozen=True, slots=True)
class _Masters:
    """The node that all running Sentinels name for each master, where they do.

    `wrong` are disagreements with the Sentinel that is named first, and addresses at which nobody
    is; `missing` says what the trace does not tell.
    """

    agreed: dict[str, str]
    wrong: tuple[Violation, ...]
    missing: str

    @property
    def whose(self) -> str:
        """Why it is not known who all the masters are; empty if it is."""
        return self.wrong[0].reason if self.wrong else self.missing


def _masters_at_the_end(trace: Trace) -> _Masters:
    nodes = find_nodes(trace)
    histories = node_histories(trace)
    end_us = trace_end_us(trace)
    namings = find_namings(trace)
    agreed: dict[str, str] = {}
    wrong: list[Violation] = []
    missing = "" if namings else "no Sentinel named a master"
    if not nodes.all:
        return _Masters({}, (), "the trace does not tell who runs")
    for name, said in namings.items():
        running = [naming for naming in said if _is_up(histories, naming.sentinel, end_us)]
        if not running:
            missing = f"no Sentinel that monitors {name} is running at the end"
            continue
        first = nodes.name_at(running[0].address)
        others = [each for each in running[1:] if nodes.name_at(each.address) != first]
        wrong += [_disagreement(nodes, running[0], each) for each in others]
        node = nodes.at(running[0].address)
        if others:
            continue
        if node is not None:
            agreed[name] = node.name
        elif nodes.of_type("redis"):
            wrong.append(_nobody_there(nodes, running[0]))
        else:
            missing = f"nothing is known of the master of {name} at {running[0].address}"
    return _Masters(agreed, tuple(wrong), missing)


def one_master(trace: Trace) -> Verdict:
    """Whether all running Sentinels name the same master, which is running and is one."""
    masters = _masters_at_the_end(trace)
    histories = node_histories(trace)
    end_us = trace_end_us(trace)
    found = list(masters.wrong)
    for name, master in masters.agreed.items():
        role = histories[master].role_at(end_us)
        if not _is_up(histories, master, end_us):
            what = "not running"
        elif role is None or role.name != "master":
            what = role.name if role else "of unknown role"
        else:
            continue
        entry = _last(trace, master) or trace.entries[-1]
        found.append(Violation(entry, f"{master}, the master of {name}, is {what}"))
    if found:
        return _are_broken(found)
    if masters.missing:
        return is_unknown(masters.missing)
    return holds(f"all Sentinels name {', '.join(masters.agreed.values())}")


def old_master_demoted(trace: Trace) -> Verdict:
    """Whether no other running server is a master."""
    masters = _masters_at_the_end(trace)
    if masters.whose:
        return is_unknown(f"nobody knows who should be master: {masters.whose}")
    histories = node_histories(trace)
    end_us = trace_end_us(trace)
    found, missing = [], ""
    for node in find_nodes(trace).of_type("redis"):
        if node.name in masters.agreed.values() or not _is_up(histories, node.name, end_us):
            continue
        role = histories[node.name].role_at(end_us)
        if role is None:
            missing = missing or f"the role of {node.name} is not in the trace"
        elif role.master is None:
            found.append(_wrong(trace, node, f"{node.name} is a master too"))
    if found:
        return _are_broken(found)
    return is_unknown(missing) if missing else holds("there is no other master")


def replicas_follow(trace: Trace) -> Verdict:
    """Whether every running replica follows the master, over a link that is up."""
    masters = _masters_at_the_end(trace)
    if masters.whose:
        return is_unknown(f"nobody knows whom to follow: {masters.whose}")
    nodes, histories = find_nodes(trace), node_histories(trace)
    return _everyone_follows(trace, nodes, histories, masters.agreed, trace_end_us(trace))


def _everyone_follows(
    trace: Trace,
    nodes: Nodes,
    histories: dict[str, NodeHistory],
    masters: dict[str, str],
    end_us: int,
) -> Verdict:
    """Every running replica follows one of the masters, over a link that is up."""
    followers = 0
    found, missing = [], ""
    for node in nodes.of_type("redis"):
        history = histories[node.name]
        if node.name in masters.values() or not _is_up(histories, node.name, end_us):
            continue
        role = history.role_at(end_us)
        if role is None:
            missing = missing or f"the role of {node.name} is not in the trace"
            continue
        if role.master is None:
            continue
        followed = nodes.name_at(role.master)
        if followed not in masters.values():
            found.append(_wrong(trace, node, f"{node.name} follows {followed}"))
            continue
        link = history.link_up[-1] if history.link_up else None
        if link is not None and link.end_us > end_us and not link.value:
            if _is_transferring(trace, node):
                missing = missing or f"{node.name} is still taking over the data of {followed}"
                continue
            found.append(_wrong(trace, node, f"the link of {node.name} to {followed} is down"))
            continue
        followers += 1
    if found:
        return _are_broken(found)
    if missing:
        return is_unknown(missing)
    return holds(f"{followers} replicas follow {', '.join(masters.values())}")


def _is_transferring(trace: Trace, replica: Node) -> bool:
    """Whether a full resynchronisation of this replica has begun, and has not ended."""
    host, port = replica.address
    begun = ""
    for _, data in trace.of(FullSyncStarted, FullSyncLoaded):
        if isinstance(data, FullSyncStarted) and data.replica in (replica.name, f"{host}:{port}"):
            begun = data.sync
        elif isinstance(data, FullSyncLoaded) and data.sync == begun:
            begun = ""
    return bool(begun)


def clients_write(trace: Trace) -> Verdict:
    """Whether every running textbook client that writes at all has written lately.

    Its turns come by chance, and not each is a write: who has not tried has not failed, and the
    last try counts. Who does nothing at all for long hangs. While the Sentinels do not agree, the
    client can do no better than to ask again the one that sends it to a server that is no master.
    """
    end_us = trace_end_us(trace)
    faults = find_faults(trace)
    settled_us = faults[-1].time_us + CLIENTS_NEED_US if faults else 0
    if faults and end_us < settled_us:
        return is_unknown("the run ended too soon after its last fault for clients to notice")
    said = {entry.node: data for entry, data in trace.of(ClientStarted)}
    histories = node_histories(trace)
    astray = _sent_astray(trace)
    writers, idle, led = 0, "", ""
    for client in find_clients(trace):
        kind = said.get(client.name, ClientStarted())
        writes = [each for each in client.operations if each.write]
        if kind.client != "textbook" or not writes or not _is_up(histories, client.name, end_us):
            continue
        since_us = end_us - max(WRITE_GRACE_US, 3 * kind.period_us)
        if any(each.outcome == "ok" and each.ended_us >= since_us for each in writes):
            writers += 1
            continue
        if any("replicas have it" in e.error or "NOREPLICAS" in e.error for e in writes[-25:]):
            return is_unknown(f"{client.name} asks for more replicas than there are")
        awake_us = end_us - max(LONG_SILENCE_US, 12 * kind.period_us)
        if client.operations[-1].ended_us >= awake_us:
            tried = [each for each in writes if each.started_us >= settled_us]
            if not tried:
                idle = client.name
                continue
            if tried[-1].outcome == "ok":
                writers += 1
                continue
            if tried[-1].error in astray:
                led = f"{client.name} is led astray: {astray[tried[-1].error]}"
                continue
        operations = (e for e in reversed(trace.entries) if e.node == client.name)
        last = next(entry for entry in operations if isinstance(entry.data, Operation))
        return is_broken(f"{client.name} could not write at the end", last)
    if led:
        return is_unknown(led)
    if idle:
        return is_unknown(f"{idle} has not tried to write since the last fault")
    if not writers:
        return is_unknown("no client writes")
    return holds(f"{writers} clients write")


def _sent_astray(trace: Trace) -> dict[str, str]:
    """What clients report who asked a Sentinel that others contradict, and why: it names a replica.

    They verify the role, find no master, and begin anew with the Sentinel that answered: it is at
    the head of their lists, so they never hear the others. [CLT-1-3] [CLT-1-9] [CLT-1-10]
    """
    nodes, histories = find_nodes(trace), node_histories(trace)
    end_us = trace_end_us(trace)
    found = {}
    for said in find_namings(trace).values():
        running = [naming for naming in said if _is_up(histories, naming.sentinel, end_us)]
        if len({nodes.name_at(naming.address) for naming in running}) < 2:
            continue
        for naming in running:
            (host, port), server = naming.address, nodes.name_at(naming.address)
            role = histories[server].role_at(end_us) if server in histories else None
            if role is not None and role.name == "replica":
                found[f"{host}:{port}: no master"] = f"{naming.sentinel} names {server}, a replica"
    return found


def _is_up(histories: dict[str, NodeHistory], node: str, end_us: int) -> bool:
    """Whether `node` runs at the end; who is not in the list of nodes is taken to."""
    history = histories.get(node)
    return history is None or history.health_at(end_us) is Health.UP


def _disagreement(nodes: Nodes, one: Naming, other: Naming) -> Violation:
    reason = (
        f"{one.sentinel} names {nodes.name_at(one.address)}, "
        f"{other.sentinel} names {nodes.name_at(other.address)}"
    )
    first, last = sorted((one.entry, other.entry), key=lambda entry: entry.time_us)
    return Violation(last, reason, (first,))


def _nobody_there(nodes: Nodes, naming: Naming) -> Violation:
    """The master is named at an address where no node of the trace is reached.

    A trace that tells where servers are reached, as every one of the virtual world does, tells of
    all. Such an address is made up, or is the inner one of a container: whoever finds a server
    there, others find nobody or somebody else, so it is no answer to the question for the master.
    """
    where = nodes.name_at(naming.address)
    reason = f"no server is reached at {where}, the master of {naming.master}"
    return Violation(naming.entry, reason)


def _last(trace: Trace, node: str) -> Entry | None:
    """The last entry that tells of the role, link or process of `node`."""
    kinds = ("role", "replica-link", "process", "node-started")
    told = (e for e in reversed(trace.entries) if e.node == node and e.data.kind in kinds)
    return next(told, None)


def _wrong(trace: Trace, node: Node, reason: str) -> Violation:
    """What is wrong with `node` at the end, by the last entry that tells of it."""
    return Violation(_last(trace, node.name) or trace.entries[-1], reason)


def _are_broken(found: Sequence[Violation]) -> Verdict:
    """The verdict that there are these violations, each of which needs an explanation."""
    return Verdict(Truth.FALSE, found[0].reason, found[0].evidence, tuple(found))


ORDER_AT_THE_END = (one_master, old_master_demoted, replicas_follow)
"""What makes a group whole, each as a function of a trace, however that trace ended."""


def why_not_due(trace: Trace) -> str:
    """Why nothing is promised about the end of this run; empty if something is.

    A run that became calm, or was given up after its patience, is due. One that was cut off after
    some time is due if the last thing done to it is `ENOUGH_TIME_US` ago. Nothing is promised while
    a fault goes on, or somebody is dead, unless it has become calm all the same. A dead node whose
    address another one has taken is never to come back; neither it nor its troubles are waited for.
    """
    open_faults: dict[tuple[str, str], int] = {}
    dead: dict[str, None] = {}
    places: dict[str, tuple[str, int]] = {}
    last_us, reason = 0, ""
    told = trace.of(RunEnded, NodeStarted, ProcessChanged, CommandAnswered, FaultInjected)
    for entry, data in told:
        if isinstance(data, RunEnded):
            reason = data.reason
        elif isinstance(data, NodeStarted):
            dead.pop(entry.node, None)
            places[entry.node] = (data.host, data.port)
            for gone in [each for each in dead if places.get(each) == places[entry.node]]:
                del dead[gone]
                for key in [key for key in open_faults if key[0] == gone]:
                    del open_faults[key]
        elif isinstance(data, ProcessChanged) and data.is_end:
            dead[entry.node] = None
            open_faults.pop((entry.node, "pause"), None)
        elif isinstance(data, CommandAnswered):
            open_faults.pop((entry.node, "command"), None)
        elif isinstance(data, FaultInjected):
            last_us = entry.time_us
            if data.verb in _ENDS:
                _mend(open_faults, entry.node, data.verb)
            elif data.verb not in _PASSING:
                key = (entry.node, data.verb)
                open_faults[key] = open_faults.get(key, 0) + 1
    if reason == "calm":
        return ""
    if open_faults:
        node, verb = next(iter(open_faults))
        return f"{verb} of {node} lasts to the end"
    if dead:
        return f"{next(iter(dead))} never came back"
    if trace_end_us(trace) - last_us < ENOUGH_TIME_US and reason in ("duration", ""):
        return "the run ended too soon after its last fault" if last_us else ""
    return ""


def _mend(open_faults: dict[tuple[str, str], int], node: str, remedy: str) -> None:
    """Take out the faults that a remedy ends, which are counted by node and verb.

    A repair of the network ends one change of it, and of a disk what that has; other remedies end
    all that they can, and may be of all nodes.
    """
    for key in [key for key in open_faults if key[1] in _ENDS[remedy]]:
        if remedy != "repair":
            if "network" in (key[0], node) or key[0] == node:
                del open_faults[key]
        elif key[0] == node:
            open_faults[key] -= 1
            if node != "network" or not open_faults[key]:
                del open_faults[key]
            return


def _due(judge: Callable[[Trace], Verdict]) -> Callable[[Trace], Verdict]:
    def when_due(trace: Trace) -> Verdict:
        why = why_not_due(trace)
        return is_unknown(why) if why else judge(trace)

    return when_due


ONE_MASTER_AT_THE_END = Invariant(
    "one-master-at-the-end",
    "At the end all running Sentinels name the same master, and it is running and is one.",
    "This is what Sentinel is for: whatever happened, clients find one server that takes writes.",
    "gossip §6.2: GOS-6.2-1 to GOS-6.2-4; gossip §7",
    Kind.LIVENESS,
    WholeTrace.of(_due(one_master)),
)
OLD_MASTER_IS_DEMOTED = Invariant(
    "old-master-is-demoted",
    "At the end no running server is a master beside the one that the Sentinels name.",
    "A client that still knows an old master's address would go on writing to it, and lose "
    "everything when somebody sets it right.",
    "monitoring §9.6: MON-9.6-2, MON-9.6-3",
    Kind.LIVENESS,
    WholeTrace.of(_due(old_master_demoted)),
)
REPLICAS_FOLLOW_AT_THE_END = Invariant(
    "replicas-follow-at-the-end",
    "At the end every running replica follows the master that the Sentinels name, over a link that "
    "is up.",
    "A replica that follows somebody else has other data, and the next failover may choose it.",
    "monitoring §9.7: MON-9.7-1; failover §4.5",
    Kind.LIVENESS,
    WholeTrace.of(_due(replicas_follow)),
)
CLIENTS_WRITE_AT_THE_END = Invariant(
    "clients-write-at-the-end",
    "At the end every client that follows the guidelines, and writes, has written lately.",
    "A group that agrees and does not serve has missed the point.",
    "clients §1: CLT-1-1 to CLT-1-14",
    Kind.LIVENESS,
    WholeTrace.of(_due(clients_write)),
)
