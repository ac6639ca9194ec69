"""What every part works with during a step: the state, the rules, the time, and the outputs."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TypedDict

from minisentinel.core.address import (
    Address,
    ConnectError,
    Facts,
    UnresolvedHost,
    make_address,
    never_fails_at_once,
)
from minisentinel.core.effects import Announce, Close, Effect, Log, Note, Save
from minisentinel.core.instances import current_address
from minisentinel.core.profile import Profile
from minisentinel.core.saved import SavedConfiguration, snapshot
from minisentinel.core.state import (
    Connection,
    Instance,
    Master,
    Peer,
    Purpose,
    ScriptJob,
    State,
)
from minisentinel.core.text import cut
from minisentinel.core.timing import SCRIPT_WORDS_LIMIT
from minisentinel.trace import (
    ConfigurationBelieved,
    Data,
    LinkChanged,
    LogLine,
    MasterSettings,
    SentinelEvent,
)

__all__ = ["Context", "describe", "subject_of"]

PAYLOAD_LIMIT = 1023


class About(TypedDict):
    """Which instance a record is about: its master, its kind and its address as shown."""

    master: str
    subject: str
    host: str
    port: int


_NOT_YET = Save(SavedConfiguration(myid=""))
"""Keeps the place of a save in the order of effects."""

NOBODY: About = {"master": "", "subject": "", "host": "", "port": 0}


class Context:
    """One Sentinel's state and rules, and during a step its time (`now`, ms) and effects (`out`).

    `tracing` says whether the driver wants `Note` effects; without it a note costs one branch.
    `connect_error` says why a connection would fail at once.
    `client_name` is the name of the client whose command the step carries out, if it gave one.
    `skips` says whether a tick may pass over instances that are not due. `zone` is the time zone of
    the host, None that of this machine.
    """

    __slots__ = (
        "client_name",
        "connect_error",
        "facts",
        "now",
        "out",
        "profile",
        "skips",
        "state",
        "tracing",
        "waiting_saves",
        "zone",
    )

    def __init__(
        self,
        state: State,
        profile: Profile,
        facts: Facts,
        tracing: bool,
        zone: datetime.tzinfo | None = datetime.UTC,
        connect_error: ConnectError = never_fails_at_once,
    ) -> None:
        self.state = state
        self.profile = profile
        self.facts = facts
        self.connect_error = connect_error
        self.tracing = tracing
        self.zone = zone
        self.skips = profile.times_by_the_book
        self.client_name = ""
        self.now = 0
        self.out: list[Effect] = []
        self.waiting_saves: list[int] = []

    def master_of(self, instance: Instance) -> Master:
        """The master that `instance` belongs to; itself for a master."""
        return self.state.masters[instance.master_name]

    def emit(self, level: str, name: str, subject: Instance | None, payload: str = "%@") -> None:
        """Announce an event; a leading ``%@`` stands for the subject (spec: events §1, §3).

        A warning about somebody also queues the notification script of the master concerned.
        [EVT-1-1] [EVT-1-4] [FAI-9.1-1]
        """
        about = NOBODY
        if subject is not None:
            about = self.about(subject)
            if payload.startswith("%@"):
                payload = describe(self.state, subject) + payload[2:]
        self.state.quiet_until = 0
        payload = cut(payload, PAYLOAD_LIMIT)  # [GEN-3-26]
        event = SentinelEvent(level=level, name=name, payload=payload, **about)
        self.out.append(Announce(event))
        if level == "warning" and subject is not None:
            script = self.master_of(subject).notification_script
            if script:
                self.queue_script(script, name, event.payload)

    def queue_script(self, *argv: str) -> None:
        """Let a user script run at the end of the next tick (or of this one), if there is room.

        `argv` begins with its path; words that are too many are dropped, and so is the oldest job
        that does not run when the queue is full. Spec: failover §9.3.
        [FAI-9.3-1] [FAI-9.3-8] [GEN-3-29]
        """
        state = self.state
        state.quiet_until = 0
        state.scripts.append(ScriptJob(state.next_serial, argv[:SCRIPT_WORDS_LIMIT]))
        state.next_serial += 1
        if self.profile.scripts.is_too_long(len(state.scripts)):
            state.scripts.remove(next(job for job in state.scripts if job.pid == 0))

    def about(self, instance: Instance) -> About:
        """The fields by which every record tells the instance that it is about."""
        return {
            "master": instance.master_name,
            "subject": subject_of(instance),
            "host": self.announced(instance.address),
            "port": instance.address.port,
        }

    def log(self, level: str, text: str) -> None:
        """Write a line to the log that is no event."""
        self.out.append(Log(LogLine(level=level, text=text)))

    def note(self, data: Data) -> None:
        """Put a record on the trace; callers test `tracing` first."""
        self.out.append(Note(data))

    def save(self) -> None:
        """Make the state of this moment durable (the specification's *flush*)."""
        self.state.quiet_until = 0
        self.out.append(Save(snapshot(self.state)))

    def save_soon(self) -> None:
        """The same where many things are learned one after the other, each with a save.

        What these saves hold is known when `save_what_waits` is called, before anything else can
        come of it; as every one of them had to be made anew, a thousand would take seconds.
        """
        self.state.quiet_until = 0
        self.waiting_saves.append(len(self.out))
        self.out.append(_NOT_YET)

    def save_what_waits(self) -> None:
        """Let the saves that `save_soon` asked for hold the state of this moment."""
        if self.waiting_saves:
            save = Save(snapshot(self.state))
            for at in self.waiting_saves:
                self.out[at] = save
            self.waiting_saves.clear()

    def close(self, connections: Iterable[tuple[Instance, Connection]]) -> None:
        """Ask for connections that were taken off their link to be closed."""
        self.state.quiet_until = 0
        for instance, connection in connections:
            self.out.append(Close(connection.id))
            if self.tracing:
                self.note_link(instance, connection.purpose, "closed")

    def note_link(self, instance: Instance, purpose: Purpose, change: str) -> None:
        """Put a change of a connection on the trace; callers test `tracing` first."""
        self.note(LinkChanged(**self.about(instance), connection=purpose.value, change=change))

    def note_settings(self, master: Master) -> None:
        """Put on the trace by what `master` is watched; callers test `tracing` first."""
        self.note(
            MasterSettings(
                master=master.name,
                quorum=master.quorum,
                down_after_ms=master.down_after,
                failover_timeout_ms=master.failover_timeout,
                parallel_syncs=master.parallel_syncs,
            )
        )

    def note_configuration(
        self, master: Master, source: str, *, before: int, peer: str = ""
    ) -> None:
        """Put on the trace where `master` is now held to be; callers test `tracing` first."""
        address = current_address(master)
        self.note(
            ConfigurationBelieved(
                master=master.name,
                host=self.announced(address),
                port=address.port,
                config_epoch=master.config_epoch,
                before=before,
                source=source,
                peer=peer,
            )
        )

    def address(self, host: str, port: int, *, allow_unresolved: bool) -> Address:
        """Build an address under this Sentinel's host name options; raises AddressError.

        A host that means nothing is logged, whether that is allowed or not (monitoring §1.2).
        [MON-1.2-4] [GOS-8-3]
        """
        try:
            address = make_address(
                host,
                port,
                resolve_names=self.state.resolve_hostnames,
                allow_unresolved=allow_unresolved,
                facts=self.facts,
            )
        except UnresolvedHost:
            self._log_unresolved(host)
            raise
        if not address.ip:
            self._log_unresolved(host)
        return address

    def _log_unresolved(self, host: str) -> None:
        self.log("warning", f"Failed to resolve hostname '{host}'")

    def announced(self, address: Address) -> str:
        """The host of `address` as this Sentinel shows it. [GOS-8-4]"""
        return address.announced(self.state.announce_hostnames)


def subject_of(instance: Instance) -> str:
    """The kind of an instance in the protocol's own words: master, slave or sentinel."""
    if isinstance(instance, Master):
        return "master"
    return "sentinel" if isinstance(instance, Peer) else "slave"


def describe(state: State, instance: Instance) -> str:
    """The text that ``%@`` stands for (spec: events §2). [EVT-2-1] to [EVT-2-4]"""
    by_name = state.announce_hostnames
    address = instance.address
    text = f"{subject_of(instance)} {instance.name} {address.announced(by_name)} {address.port}"
    if isinstance(instance, Master):
        return text
    master = state.masters[instance.master_name]
    return f"{text} @ {master.name} {master.address.announced(by_name)} {master.address.port}"
