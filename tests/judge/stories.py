"""Synthetic traces, written by hand: what a run of the simulator would record, without running one.

`Pen` writes single entries; `failover_story` tells a whole failover with the times that real
Sentinels were seen to take.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from minisentinel.trace import (
    ConfigurationSaved,
    Data,
    Entry,
    Header,
    PingMissed,
    SentinelEvent,
    SubjectivelyDown,
    Trace,
    VoteGranted,
    VoteReceived,
    VoteRefused,
    VoteRequested,
    VotesCounted,
)
from sim.trace import (
    FaultInjected,
    FullSyncLoaded,
    FullSyncStarted,
    NodeStarted,
    Operation,
    PartialSync,
    ProcessChanged,
    ReplicaLinkChanged,
    ReplicationOffset,
    RoleChanged,
    RunEnded,
    WriteAccepted,
    WriteApplied,
)

MASTER = "mymaster"


@dataclass
class Pen:
    """Writes entries in any order; `trace()` sorts them by time, keeping the order of equals."""

    scenario: str = "kill-master"
    seed: int = 1
    entries: list[Entry] = field(default_factory=list)
    addresses: dict[str, tuple[str, int]] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def at(self, ms: float, node: str, data: Data) -> None:
        self.entries.append(Entry(round(ms * 1000), node, data))

    def node(self, ms: float, name: str, type: str) -> None:
        number = len(self.addresses) + 1
        port = {"redis": 6379, "sentinel": 26379, "client": 0}[type]
        host, port = self.addresses.setdefault(name, (f"10.0.0.{number}", port))
        self.ids.setdefault(name, f"{number:040x}")
        self.at(ms, name, NodeStarted(type=type, host=host, port=port, runid=self.ids[name]))

    def event(self, ms: float, node: str, name: str, target: str = "", payload: str = "") -> None:
        """An event; `target` is the node it is about, the master object if ``master:`` precedes."""
        kind, _, who = target.rpartition(":")
        host, port = self.addresses[who] if who else ("", 0)
        level = "warning"
        data = SentinelEvent(
            level=level,
            name=name,
            payload=payload or f"{kind} {who}",
            master=MASTER,
            subject=kind,
            host=host,
            port=port,
        )
        self.at(ms, node, data)

    def switch(self, ms: float, node: str, old: str, new: str) -> None:
        (old_host, old_port), (new_host, new_port) = self.addresses[old], self.addresses[new]
        payload = f"{MASTER} {old_host} {old_port} {new_host} {new_port}"
        self.event(ms, node, "+switch-master", f"master:{old}", payload)

    def epoch(self, ms: float, node: str, epoch: int) -> None:
        self.event(ms, node, "+new-epoch", payload=str(epoch))
        self.at(ms, node, ConfigurationSaved(current_epoch=epoch, error=""))

    def vote(self, ms: float, voter: str, candidate: str, epoch: int) -> None:
        chosen = self.ids[candidate]
        self.at(ms, voter, VoteGranted(master=MASTER, candidate=chosen, epoch=epoch))

    def refuse(self, ms: float, voter: str, candidate: str, epoch: int, voted_for: str) -> None:
        refusal = VoteRefused(
            master=MASTER,
            candidate=self.ids[candidate],
            epoch=epoch,
            reason="already-voted",
            voted_for=self.ids[voted_for],
            voted_epoch=epoch,
        )
        self.at(ms, voter, refusal)

    def ask(self, ms: float, candidate: str, voter: str, epoch: int) -> None:
        peer = self.ids[voter]
        self.at(ms, candidate, VoteRequested(master=MASTER, peer=peer, epoch=epoch))

    def answer(self, ms: float, candidate: str, voter: str, choice: str, epoch: int) -> None:
        received = VoteReceived(
            master=MASTER, peer=self.ids[voter], candidate=self.ids[choice], epoch=epoch
        )
        self.at(ms, candidate, received)

    def role(self, ms: float, node: str, role: str, of: str = "") -> None:
        host, port = self.addresses[of] if of else ("", 0)
        self.at(ms, node, RoleChanged(role=role, master_host=host, master_port=port))

    def link(self, ms: float, node: str, up: bool, of: str) -> None:
        host, port = self.addresses[of]
        self.at(ms, node, ReplicaLinkChanged(up=up, master_host=host, master_port=port))

    def fault(self, ms: float, node: str, verb: str, change: str = "", detail: str = "") -> None:
        self.at(ms, node, FaultInjected(verb=verb, detail=detail))
        if change:
            self.at(ms, node, ProcessChanged(change=change))

    def operation(
        self, start: float, end: float, client: str, outcome: str, write: str = "", target: str = ""
    ) -> None:
        host, port = self.addresses.get(target, ("", 0))
        done = Operation(
            name="set",
            write=write,
            target=f"{host}:{port}" if host else "",
            started_us=round(start * 1000),
            outcome=outcome,
            error="" if outcome == "ok" else "connection lost",
        )
        self.at(end, client, done)

    def trace(self) -> Trace:
        entries = sorted(self.entries, key=lambda entry: entry.time_us)
        return Trace(Header(scenario=self.scenario, seed=self.seed), entries)


def held_down(host: str, port: int) -> SubjectivelyDown:
    """The master at that address is held to be down for its silence."""
    return SubjectivelyDown(
        master=MASTER,
        subject="master",
        host=host,
        port=port,
        down=True,
        why="silence",
        silent_ms=5100,
        limit_ms=5000,
    )


def deployment(
    *, sentinels: int = 3, replicas: int = 2, clients: int = 2, scenario: str = "", seed: int = 1
) -> Pen:
    """A group at rest: one master ``redis-1``, its replicas, Sentinels that know it, clients."""
    pen = Pen(scenario, seed)
    for number in range(1, replicas + 2):
        pen.node(0, f"redis-{number}", "redis")
    pen.role(0, "redis-1", "master")
    for number in range(2, replicas + 2):
        pen.role(0, f"redis-{number}", "replica", "redis-1")
        sync = f"redis-1/{number}"
        replica = f"redis-{number}"
        pen.at(3, "redis-1", FullSyncStarted(sync=sync, replica=replica, offset=0))
        pen.at(9, replica, FullSyncLoaded(sync=sync, offset=0))
        pen.link(9, replica, True, "redis-1")
    for number in range(1, sentinels + 1):
        name = f"sentinel-{number}"
        pen.node(20, name, "sentinel")
        pen.event(21, name, "+monitor", "master:redis-1")
    for number in range(1, clients + 1):
        pen.node(40, f"client-{number}", "client")
    return pen


FAULT_MS = 10_000


def failover_story(
    *,
    sentinels: int = 3,
    replicas: int = 2,
    clients: int = 2,
    fault: str = "kill",
    failed_election: bool = False,
    returns_after_ms: float | None = 15_000,
    seed: int = 1,
) -> Trace:
    """The master dies (or is paused) at 10 s; one Sentinel leads a failover to ``redis-2``.

    With `failed_election` the votes split at first, and the next attempt comes 20 s later.
    """
    dice = random.Random(seed)
    pen = deployment(
        sentinels=sentinels,
        replicas=replicas,
        clients=clients,
        scenario=f"{fault}-master",
        seed=seed,
    )
    names = [f"sentinel-{number}" for number in range(1, sentinels + 1)]
    majority = sentinels // 2 + 1
    pen.fault(FAULT_MS, "redis-1", fault, {"kill": "killed", "pause": "paused"}[fault])
    for number in range(2, replicas + 2):
        if fault == "kill":
            pen.link(FAULT_MS + 0.4, f"redis-{number}", False, "redis-1")

    down = {name: FAULT_MS + 2022 + 110 * dice.random() for name in names}
    for name in names:
        missed = PingMissed(
            master=MASTER, subject="master", host="10.0.0.1", port=6379, waiting_ms=1000
        )
        pen.at(down[name] - 900, name, missed)
        pen.event(down[name], name, "+sdown", "master:redis-1")
    order = sorted(names, key=down.__getitem__)
    agreed = down[order[majority - 1]] + 35 + 30 * dice.random()

    epoch = 1
    if failed_election:
        _split_vote(pen, order, agreed, epoch)
        agreed_again = agreed
        agreed += 20_400
        epoch = 2
        for name in names:
            pen.event(agreed_again + 900 + 60 * dice.random(), name, "+odown", "master:redis-1")
        leader = order[-1]
    else:
        leader = order[0]
        pen.event(agreed, leader, "+odown", "master:redis-1")

    switched = _won_failover(pen, names, leader, agreed, epoch, replicas, dice, failed_election)
    if not failed_election:
        for name in names:
            if name != leader:
                late = agreed + 900 + 60 * dice.random()
                pen.event(late, name, "+odown", "master:redis-1")
    for name in names:
        pen.event(switched[name] + 2010 + 80 * dice.random(), name, "+sdown", "slave:redis-1")

    if returns_after_ms is not None:
        _return_of_the_old_master(
            pen,
            names,
            fault,
            FAULT_MS + returns_after_ms + (22_000 if failed_election else 0),
            leader,
            dice,
        )
    end = max(entry.time_us for entry in pen.entries) / 1000 + 3000
    _traffic(pen, clients, replicas, min(switched.values()), end, dice, fault)
    pen.at(end, "world", RunEnded(reason="calm"))
    return pen.trace()


def _split_vote(pen: Pen, order: list[str], at: float, epoch: int) -> None:
    """The first two want to lead at once; each votes for itself, the third dithers."""
    first, second = order[0], order[1]
    for candidate in (first, second):
        pen.event(at, candidate, "+odown", "master:redis-1")
        pen.epoch(at, candidate, epoch)
        pen.event(at, candidate, "+try-failover", "master:redis-1")
        pen.vote(at + 4, candidate, candidate, epoch)
    for candidate, rival in ((first, second), (second, first)):
        for voter in order:
            if voter != candidate:
                pen.ask(at + 5, candidate, voter, epoch)
        pen.refuse(at + 6, rival, candidate, epoch, rival)
        pen.answer(at + 7, candidate, rival, rival, epoch)
        pen.event(at + 10_300, candidate, "-failover-abort-not-elected", "master:redis-1")


def _won_failover(
    pen: Pen,
    names: list[str],
    leader: str,
    at: float,
    epoch: int,
    replicas: int,
    dice: random.Random,
    is_down_everywhere: bool,
) -> dict[str, float]:
    """From ``+try-failover`` of `leader` at `at` to the last switch; returns the switch times."""
    pen.epoch(at, leader, epoch)
    pen.event(at, leader, "+try-failover", "master:redis-1")
    pen.vote(at + 5, leader, leader, epoch)
    for name in names:
        if name == leader:
            continue
        asked = at + 6
        decided = asked + 1 + 4 * dice.random()
        pen.ask(asked, leader, name, epoch)
        pen.epoch(decided, name, epoch)
        pen.vote(decided, name, leader, epoch)
        pen.answer(decided + 1, leader, name, leader, epoch)
    elected = at + 75
    counted = VotesCounted(
        master=MASTER,
        epoch=epoch,
        votes=((pen.ids[leader], len(names)),),
        voters=len(names),
        quorum=2,
        needed=len(names) // 2 + 1,
        winner=pen.ids[leader],
    )
    pen.at(elected, leader, counted)
    pen.event(elected, leader, "+elected-leader", "master:redis-1")
    pen.event(elected, leader, "+failover-state-select-slave", "master:redis-1")
    pen.event(elected + 65, leader, "+selected-slave", "slave:redis-2")
    commanded = elected + 130
    pen.event(commanded, leader, "+failover-state-wait-promotion", "slave:redis-2")
    pen.role(commanded + 1.2, "redis-2", "master")
    promoted = elected + 980
    pen.event(promoted, leader, "+promoted-slave", "slave:redis-2")
    end = promoted + 100
    for number in range(3, replicas + 2):
        replica = f"redis-{number}"
        sent = end - 30
        pen.event(sent, leader, "+slave-reconf-sent", f"slave:{replica}")
        pen.role(sent + 1.3, replica, "replica", "redis-2")
        pen.link(sent + 7, replica, True, "redis-2")
        pen.at(sent + 7, replica, PartialSync(master="redis-2", offset=0))
        done = sent + 960
        pen.event(done, leader, "+slave-reconf-inprog", f"slave:{replica}")
        pen.event(done, leader, "+slave-reconf-done", f"slave:{replica}")
        end = done + 100
    pen.event(end, leader, "+failover-end", "master:redis-1")
    switched = {leader: end}
    pen.switch(end, leader, "redis-1", "redis-2")
    for name in names:
        if name != leader:
            switched[name] = promoted + 40 + 40 * dice.random()
            pen.event(switched[name], name, "+config-update-from", f"sentinel:{leader}")
            pen.switch(switched[name], name, "redis-1", "redis-2")
    return switched


def _return_of_the_old_master(
    pen: Pen, names: list[str], fault: str, at: float, leader: str, dice: random.Random
) -> None:
    if fault == "kill":
        pen.node(at, "redis-1", "redis")
        pen.fault(at, "redis-1", "restart", "started")
        pen.role(at, "redis-1", "master")
    else:
        pen.fault(at, "redis-1", "resume", "resumed")
    for name in names:
        back = at + 300 + 150 * dice.random()
        pen.event(back, name, "-sdown", "slave:redis-1")
        pen.event(back + 50, name, "-role-change", "slave:redis-1")
    demoted = at + 10_600
    pen.event(demoted, leader, "+convert-to-slave", "slave:redis-1")
    pen.role(demoted + 1.1, "redis-1", "replica", "redis-2")
    pen.link(demoted + 1.2, "redis-1", False, "redis-2")
    pen.at(demoted + 8, "redis-2", FullSyncStarted(sync="again", replica="redis-1", offset=0))
    pen.at(demoted + 60, "redis-1", FullSyncLoaded(sync="again", offset=0))
    pen.link(demoted + 60, "redis-1", True, "redis-2")


def _traffic(
    pen: Pen,
    clients: int,
    replicas: int,
    known: float,
    end: float,
    dice: random.Random,
    fault: str,
) -> None:
    """Clients write 20 times a second; replicas apply 5 to 45 ms later and lag that much behind.

    After the fault each write fails until the first Sentinel names the new master. The last two
    writes before the fault are acknowledged but never reach a replica.
    """
    offset = 1000
    next_at = {f"client-{number}": 1000 + 13.0 * number for number in range(1, clients + 1)}
    caught_up: dict[str, float] = {}
    while next_at:
        name = min(next_at, key=next_at.__getitem__)
        now = next_at[name]
        if now >= end - 100:
            del next_at[name]
            continue
        write = f"{name}:{round(now)}=x"
        back = known + 150 + 30 * list(next_at).index(name)
        if FAULT_MS - 3 <= now <= back:
            hangs = fault == "pause" or now < FAULT_MS + 1
            outcome, lasts = ("unknown", 500.0) if hangs else ("failed", 1.5)
            pen.operation(now, now + lasts, name, outcome, write, "redis-1")
            next_at[name] = now + lasts + 100 + 20 * dice.random()
            continue
        master = "redis-1" if now < FAULT_MS else "redis-2"
        offset += 40
        pen.at(now + 1, master, WriteAccepted(write=write, offset=offset))
        pen.at(now + 1, master, ReplicationOffset(offset=offset))
        pen.operation(now, now + 2, name, "ok", write, master)
        next_at[name] = now + 50
        for number in range(2 if master == "redis-1" else 3, replicas + 2):
            replica = f"redis-{number}"
            applied = now + 1 + (5 + 40 * dice.random()) * (1 + 0.3 * (number - 2))
            applied = caught_up[replica] = max(applied, caught_up.get(replica, 0))
            if applied < FAULT_MS or master != "redis-1":
                pen.at(applied, replica, WriteApplied(write=write, offset=offset))
                pen.at(applied, replica, ReplicationOffset(offset=offset))
