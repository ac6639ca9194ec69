"""From the words of a client to what happens: checks, transactions, execution, propagation.

The order of the checks is a real server's, because it decides which of several errors a client
sees (spec: redis-node §1).
"""

from __future__ import annotations

from minisentinel.replies import QUEUED, Command, Error, Reply
from sim.redis.clients import NO_REPLY, Client, Replies, Transaction
from sim.redis.commands import CommandSpec, find
from sim.redis.commands.spec import BUSY
from sim.redis.guards import ABORTED_STATUS, must_end, special_refusal
from sim.redis.keyspace import Change, Expiry, Removal
from sim.redis.refused import Refused
from sim.redis.replication.messages import Unit
from sim.redis.server import Server
from sim.redis.values import ListValue
from sim.trace import KeyRemoved, WriteAccepted, WriteApplied, WriteRefused

__all__ = ["Dispatcher"]

LOADING = Error("LOADING Redis is loading the dataset in memory")
MASTERDOWN = Error(
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
)
READONLY = Error("READONLY You can't write against a read only replica.")
NOT_IN_TRANSACTION = Error("ERR Command not allowed inside a transaction")
NOREPLICAS = Error("NOREPLICAS Not enough good replicas to write.")


class Dispatcher:
    """Executes commands on one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._to_propagate: list[Command] = []
        self._changes: list[Change | Removal] = []
        self._modified = 0
        server.call = self._call
        server.check = self._refusal
        server.find = find
        server.apply = self._apply
        server.obey = self._obey
        server.finish = self._finish
        server.blocked.answer = self._answer
        server.blocked.execute = self.execute

    def execute(self, client: Client, command: Command) -> None:
        """Do what `client` asks, and reply."""
        server = self.server
        if client.blocked is not None:
            client.blocked.waiting.append(command)
            return
        server.commands_processed += 1
        client.active_seconds = server.environment.unix_seconds()
        reply = self._process(client, command)
        if (self._to_propagate or self._changes) and server.script is None:
            self._finish(client)
        self._answer(client, reply)
        if server.keyspace.ready:
            self._serve_lists()

    def _answer(self, client: Client, reply: Reply | Replies) -> None:
        if isinstance(reply, Replies):
            for each in reply.items:
                client.reply(each)
        else:
            client.reply(reply)
        if client.close_after_reply and client.connection is not None:
            self.server.forget_client(client)
            client.connection.close(after_output=True)

    def _serve_lists(self) -> None:
        """Give elements that have come to the clients that wait for them, in order of waiting."""
        server = self.server
        ready = server.keyspace.ready
        while ready:
            key = ready.pop(0)
            for blocked in server.blocked.for_key(key):
                if not isinstance(server.keyspace.get(key), ListValue):
                    break
                reply = self._call(blocked.client, blocked.command)
                self._finish(blocked.client)
                server.blocked.release(blocked, reply)

    def _process(self, client: Client, command: Command) -> Reply | Replies:
        server = self.server
        spec = find(command)
        if isinstance(spec, Error):
            return self._reject(client, command, spec)
        client.last_command = spec.name
        refusal = self._refusal(client, spec)
        if refusal is not None:
            if spec.write_id is not None:
                reason = refusal.text.partition(" ")[0]
                server.environment.record(WriteRefused(write=spec.write_id(command), reason=reason))
            return self._reject(client, command, refusal)
        transaction = client.transaction
        if transaction is not None and spec.is_queued:
            if spec.is_alone:
                return self._reject(client, command, NOT_IN_TRANSACTION)
            transaction.commands.append(command)
            transaction.writes |= spec.writes
            transaction.needs_data |= spec.needs_data
            transaction.needs_link |= spec.needs_link
            transaction.needs_memory |= spec.needs_memory
            return QUEUED
        if server.is_guarded and server.shutdown.is_waiting and _changes_offset(spec, transaction):
            server.shutdown.hold(client, command)
            return NO_REPLY
        return self._run(spec, client, command)

    def _reject(self, client: Client, command: Command, error: Error) -> Error:
        """Refuse a command; a transaction that it belonged to is spoilt.

        EXEC says so even if there is none, as a real server's does.
        """
        self._count(error)
        if command and command[0].lower() == "exec":
            client.transaction = None
            why = error.text.removeprefix("ERR ")
            return Error(f"EXECABORT Transaction discarded because of: {why}")
        if client.transaction is not None:
            client.transaction.aborted = True
        return error

    def _refusal(self, client: Client, spec: CommandSpec) -> Error | None:
        """Why this command may not run (or be queued) now, None if it may."""
        server = self.server
        asked: CommandSpec | Transaction = spec
        if client.transaction is not None and spec.name == "exec":
            asked = client.transaction
        if server.is_guarded:
            refusal = special_refusal(server, client, spec, asked)
            if refusal is not None:
                return refusal
        if asked.writes:
            if server.is_replica:
                if server.settings.replica_read_only:
                    return READONLY
            elif self._too_few_replicas():
                return NOREPLICAS
        if not spec.in_subscription and client.type == "pubsub":
            return Error(
                f"ERR Can't execute '{spec.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
                "PING / QUIT / RESET are allowed in this context"
            )
        if asked.needs_link and server.has_stale_data:
            return MASTERDOWN
        if server.loading and asked.needs_data:
            return LOADING
        if server.script is not None and spec.needs_quiet and server.script.client is not client:
            return BUSY
        return None

    def _too_few_replicas(self) -> bool:
        """Whether min-replicas-to-write refuses a write (redis-node §8)."""
        settings = self.server.settings
        needed = settings.min_replicas_to_write
        return (
            needed > 0
            and settings.min_replicas_max_lag > 0
            and self.server.replicas.good_count < needed
        )

    # -- execution

    def _call(self, client: Client, command: Command) -> Reply | Replies:
        """Execute a command that was checked when it was queued."""
        spec = find(command)
        assert isinstance(spec, CommandSpec)
        return self._run(spec, client, command)

    def _run(self, spec: CommandSpec, client: Client, command: Command) -> Reply | Replies:
        server = self.server
        if spec.looks_at is not None:
            elements = spec.looks_at(server, command)
            server.environment.charge(server.machine.look_us(elements))
        try:
            reply = spec.handler(server, client, command)
        except Refused as refused:
            reply = refused.error
        keyspace = server.keyspace
        if keyspace.changes or keyspace.modified:
            self._collect(command)
        elif spec.is_replicated:
            self._to_propagate.append(command)
        if isinstance(reply, Error):
            self._count(reply)
        return reply

    def _collect(self, command: Command) -> None:
        """Remember what a command has done until the end of the transaction or script."""
        keyspace = self.server.keyspace
        self._modified += keyspace.modified
        changes, commands = keyspace.take(command)
        self._changes += changes
        self._to_propagate += commands

    def _finish(self, client: Client | None) -> None:
        """Send what a command, or a whole transaction, did down the stream; trace its writes.

        Without a client it is the server's own doing, which stands in the keyspace still.
        """
        server = self.server
        if client is None:
            self._collect(())
        commands, self._to_propagate = tuple(self._to_propagate), []
        changes, self._changes = self._changes, []
        modified, self._modified = self._modified, 0
        if commands:
            server.propagate(commands)
        offset = server.history.offset
        if client is not None:
            client.write_offset = offset
        for change in changes:
            server.environment.record(
                WriteAccepted(write=change.write, offset=offset, key=change.key, value=change.value)
                if isinstance(change, Change)
                else KeyRemoved(key=change.key, reason=change.reason, offset=offset)
            )
        if changes or modified:
            server.persistence.wrote(commands, max(modified, len(changes)))

    def _obey(self, commands: tuple[Command, ...]) -> None:
        """Execute what was checked elsewhere, or long ago; nobody is answered."""
        server = self.server
        for command in commands:
            spec = find(command)
            if isinstance(spec, CommandSpec):
                try:
                    spec.handler(server, server.master_client, command)
                except Refused as refused:
                    # A replica with data of its own may find something else there: it goes on.
                    self._count(refused.error)

    def _apply(self, unit: Unit) -> None:
        """Execute what came down the replication stream; nobody is answered."""
        server = self.server
        if server.is_guarded and must_end(server, unit):
            server.environment.exit(ABORTED_STATUS)
            return
        keyspace = server.keyspace
        keyspace.expiry = Expiry.IGNORED
        self._obey(unit.commands)
        keyspace.expiry = Expiry.HIDDEN
        if not (keyspace.changes or keyspace.modified):
            return
        modified = keyspace.modified
        for change in keyspace.take(())[0]:
            assert isinstance(change, Change)
            server.environment.record(
                WriteApplied(
                    write=change.write, offset=unit.end, key=change.key, value=change.value
                )
            )
        server.persistence.wrote(unit.commands, modified)

    def _count(self, error: Error) -> None:
        prefix = error.text.partition(" ")[0]
        counts = self.server.error_counts
        counts[prefix] = counts.get(prefix, 0) + 1


def _changes_offset(spec: CommandSpec, transaction: Transaction | None) -> bool:
    """Whether a command, or the EXEC of this transaction, may put something into the stream."""
    return spec.writes or spec.is_replicated or (transaction is not None and transaction.writes)
