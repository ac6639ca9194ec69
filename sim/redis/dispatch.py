"""From the words of a client to what happens: checks, transactions, execution, propagation.

The order of the checks is a real server's, because it decides which of several errors a client
sees (spec: redis-node §1).
"""

from __future__ import annotations

from minisentinel.replies import QUEUED, Command, Error, Reply
from sim.redis.clients import Client, Replies
from sim.redis.commands import Allow, CommandSpec, find
from sim.redis.keyspace import Change
from sim.redis.replication.messages import Unit
from sim.redis.server import Server
from sim.trace import WriteAccepted, WriteApplied, WriteRefused

__all__ = ["Dispatcher"]

LOADING = Error("LOADING Redis is loading the dataset in memory")
MASTERDOWN = Error(
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
)
READONLY = Error("READONLY You can't write against a read only replica.")
NOREPLICAS = Error("NOREPLICAS Not enough good replicas to write.")


class Dispatcher:
    """Executes commands on one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._to_propagate: list[Command] = []
        self._changes: list[Change] = []
        server.call = self._call
        server.apply = self._apply

    def execute(self, client: Client, command: Command) -> None:
        """Do what `client` asks, and reply."""
        server = self.server
        server.commands_processed += 1
        client.active_seconds = server.environment.unix_seconds()
        reply = self._process(client, command)
        self._finish()
        if isinstance(reply, Replies):
            for each in reply.items:
                client.reply(each)
        else:
            client.reply(reply)
        if client.close_after_reply and client.connection is not None:
            server.forget_client(client)
            client.connection.close(after_output=True)

    def _process(self, client: Client, command: Command) -> Reply | Replies:
        spec = find(command)
        if isinstance(spec, Error):
            return self._reject(client, command, spec)
        client.last_command = spec.name
        refusal = self._refusal(client, spec)
        if refusal is not None:
            if spec.write_id is not None:
                reason = refusal.text.partition(" ")[0]
                self.server.environment.record(
                    WriteRefused(write=spec.write_id(command), reason=reason)
                )
            return self._reject(client, command, refusal)
        transaction = client.transaction
        if transaction is not None and Allow.AT_ONCE not in spec.allow:
            transaction.commands.append(command)
            transaction.writes |= Allow.WRITE in spec.allow
            transaction.needs_data |= Allow.LOADING not in spec.allow
            transaction.needs_link |= Allow.STALE not in spec.allow
            return QUEUED
        return self._run(spec, client, command)

    def _reject(self, client: Client, command: Command, error: Error) -> Error:
        """Refuse a command; a transaction that it belonged to is spoilt."""
        self._count(error)
        transaction = client.transaction
        if transaction is None:
            return error
        if command[0].lower() == "exec":
            client.transaction = None
            return Error(f"EXECABORT Transaction discarded because of: {error.text}")
        transaction.aborted = True
        return error

    def _refusal(self, client: Client, spec: CommandSpec) -> Error | None:
        """Why this command may not run (or be queued) now, None if it may."""
        server = self.server
        settings = server.settings
        writes = Allow.WRITE in spec.allow
        needs_data = Allow.LOADING not in spec.allow
        needs_link = Allow.STALE not in spec.allow
        if spec.name == "exec" and client.transaction is not None:
            writes = client.transaction.writes
            needs_data = client.transaction.needs_data
            needs_link = client.transaction.needs_link
        if writes:
            if server.is_replica:
                if settings.replica_read_only:
                    return READONLY
            elif self._too_few_replicas():
                return NOREPLICAS
        if client.type == "pubsub" and Allow.SUBSCRIBED not in spec.allow:
            return Error(
                f"ERR Can't execute '{spec.name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / "
                "PING / QUIT / RESET are allowed in this context"
            )
        stale = server.is_replica and not server.upstream.is_up
        if stale and needs_link and not settings.replica_serve_stale_data:
            return MASTERDOWN
        if server.loading and needs_data:
            return LOADING
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
        reply = spec.handler(self.server, client, command)
        changes = self.server.keyspace.take_changes()
        if changes:
            self._changes += changes
        if changes or Allow.REPLICATED in spec.allow:
            self._to_propagate.append(command)
        if isinstance(reply, Error):
            self._count(reply)
        return reply

    def _finish(self) -> None:
        """Send what a command, or a whole transaction, did down the stream; trace its writes."""
        if not self._to_propagate:
            return
        server = self.server
        commands, self._to_propagate = tuple(self._to_propagate), []
        changes, self._changes = self._changes, []
        server.propagate(commands)
        offset = server.history.offset
        for change in changes:
            server.environment.record(
                WriteAccepted(write=change.write, offset=offset, key=change.key, value=change.value)
            )

    def _apply(self, unit: Unit) -> None:
        """Execute what came down the replication stream; nobody is answered."""
        server = self.server
        for command in unit.commands:
            spec = find(command)
            if isinstance(spec, CommandSpec):
                spec.handler(server, server.master_client, command)
        for change in server.keyspace.take_changes():
            server.environment.record(
                WriteApplied(
                    write=change.write, offset=unit.end, key=change.key, value=change.value
                )
            )

    def _count(self, error: Error) -> None:
        prefix = error.text.partition(" ")[0]
        counts = self.server.error_counts
        counts[prefix] = counts.get(prefix, 0) + 1
