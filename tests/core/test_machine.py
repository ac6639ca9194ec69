"""Whatever happens to a Sentinel, in whatever order: what must hold all the same.

A state machine throws ticks, answers (sensible and nonsensical), losses, hellos, client commands,
ends of user scripts, disk errors and restarts at one Sentinel. Beside it runs a second one that
gets the same inputs and visits every instance in every tick, while the first leaves out whole
ticks of which it knows that nothing would come: both must do the same. Now and then
the first is replaced by a copy of itself that went through pickle.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from minisentinel.core import Sentinel
from minisentinel.core.effects import Answer, Effect, Open, Save, Send
from minisentinel.core.state import ReplyTo
from minisentinel.core.timer import LONGEST_DELAY_MS
from minisentinel.replies import Error, Status
from minisentinel.service import Service
from tests.core.bench import MYID, Bench, conf, sentinel_id
from tests.support.facts import FakeFacts

SCRIPTS = (
    "sentinel notification-script mymaster /opt/notify",
    "sentinel client-reconfig-script mymaster /opt/reconfigure",
)
WORDS = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF),
    max_size=12,
)
SCALARS = st.none() | st.integers() | WORDS | WORDS.map(Status) | WORDS.map(Error)
NONSENSE = (
    SCALARS
    | st.lists(SCALARS, max_size=4).map(tuple)
    | st.dictionaries(WORDS, SCALARS, max_size=3)
    | st.lists(
        st.sampled_from(
            [
                "role:slave",
                "role:master",
                "run_id:" + "e" * 40,
                "slave0:ip=10.0.0.4,port=6379,state=online",
                "slave1:10.0.0.5,6379,online",
                "master_host:10.0.0.2",
                "master_port:6379",
                "master_link_status:up",
                "slave_repl_offset:77",
                "master_link_down_since_seconds:-1",
                "slave_priority:0",
            ]
        )
        | WORDS,
        max_size=8,
    ).map("\r\n".join)
)
SERVERS = st.sampled_from([f"redis-{n}" for n in range(1, 6)])
PEERS = st.sampled_from([f"sentinel-{n}" for n in range(2, 5)])
EPOCHS = st.integers(0, 6)
IDS = st.sampled_from([sentinel_id(n) for n in range(1, 5)])
COMMANDS = st.one_of(
    st.tuples(st.just("SENTINEL"), st.sampled_from(["MASTERS", "MYID", "FLUSHCONFIG"])),
    st.tuples(
        st.just("SENTINEL"),
        st.sampled_from(
            ["FAILOVER", "MASTER", "REPLICAS", "SENTINELS", "CKQUORUM", "RESET", "REMOVE"]
        ),
        st.sampled_from(["mymaster", "other", "*"]),
    ),
    st.tuples(
        st.just("SENTINEL"),
        st.just("MONITOR"),
        st.sampled_from(["mymaster", "other"]),
        st.sampled_from(["10.0.0.1", "10.0.0.2", "nonsense"]),
        st.just("6379"),
        st.sampled_from(["1", "2", "0", "x"]),
    ),
    st.tuples(
        st.just("SENTINEL"),
        st.just("is-master-down-by-addr"),
        st.sampled_from(["10.0.0.1", "10.0.0.2"]),
        st.just("6379"),
        EPOCHS.map(str),
        IDS | st.just("*"),
    ),
    st.lists(WORDS, min_size=1, max_size=4).map(tuple),
    st.tuples(st.sampled_from(["INFO", "PING", "ROLE", "CLIENT"]), WORDS),
    st.tuples(st.just("PUBLISH"), st.just("__sentinel__:hello"), WORDS),
)

MATCHING = {
    "PING": ReplyTo.PING,
    "INFO": ReplyTo.INFO,
    "PUBLISH": ReplyTo.HELLO,
    "SENTINEL": ReplyTo.ASK,
    "SUBSCRIBE": ReplyTo.SUBSCRIBE,
}


class Both:
    """Two that must answer alike; what they remember is asked of the first."""

    def __init__(self, first: Any, second: Any) -> None:
        self.first, self.second = first, second

    def __getattr__(self, name: str) -> Any:
        mine = getattr(self.first, name)
        if name in ("state", "context") or not callable(mine):
            return mine
        other: Callable[..., Any] = getattr(self.second, name)

        def call(*arguments: Any) -> Any:
            result = mine(*arguments)
            assert result == other(*arguments)
            return result

        return call


class BothSentinels(Both):
    """The first leaves out the ticks of which it said beforehand that nothing would come."""

    def tick(self, now_ms: int) -> list[Effect]:
        first = self.first
        first.look_ahead()
        in_time = 0 <= now_ms - first.state.previous_time <= LONGEST_DELAY_MS
        effects: list[Effect] = []
        if in_time and now_ms < first.quiet_until:
            first.skipped_ticks(now_ms)
        else:
            effects = first.tick(now_ms)
        assert effects == self.second.tick(now_ms)
        return effects


class Twins(Bench):
    """A bench with two Sentinels on it; the second visits everybody in every tick."""

    def restart(self) -> list[Effect]:
        self.pair: tuple[Sentinel, Sentinel] | None = None
        effects = super().restart()
        first = self.sentinel
        timing = first.state.timing
        timing.script_retry_delay, timing.script_max_runtime = 400, 3000
        second = Sentinel(copy.deepcopy(first.state), facts=self.facts, tracing=self.tracing)
        second.context.skips = False
        self.use(first, second)
        return effects

    def use(self, first: Sentinel, second: Sentinel) -> None:
        """Go on with these two."""
        self.pair = (first, second)
        services = (Service(first), Service(second))
        for service in services:
            service.client_connected(1)
        self.sentinel = BothSentinels(first, second)  # type: ignore[assignment]
        self.service = Both(*services)  # type: ignore[assignment]

    def hibernate(self) -> None:
        """Replace the first by a copy that was bytes in between."""
        assert self.pair is not None
        first, second = self.pair
        state = pickle.loads(pickle.dumps(first.state))
        assert state == first.state
        self.use(Sentinel(state, facts=self.facts, tracing=self.tracing), second)


class AnythingHappens(RuleBasedStateMachine):
    """See the docstring of the module."""

    def __init__(self) -> None:
        super().__init__()
        scripts = FakeFacts(executable=("/opt/notify", "/opt/reconfigure"))
        self.bench = Twins(conf(*SCRIPTS, quorum=2), facts=scripts, tracing=True)
        self.seen = 0
        self.epochs = self.read_epochs()
        self.last_opened = 0
        self.kinds: dict[int, tuple[str, str]] = {}
        self.known_on_disk = {"mymaster": ("10.0.0.1", 0)}
        self.attempted = dict(self.known_on_disk)

    def read_epochs(self) -> dict[str, int]:
        state = self.bench.state
        epochs = {"": state.current_epoch}
        return epochs | {name: master.leader_epoch for name, master in state.masters.items()}

    # --- what happens ---

    @initialize(duration_ms=st.sampled_from([0, 200, 1100, 2500]))
    def settle(self, duration_ms: int) -> None:
        self.bench.run(duration_ms)

    @rule(after_ms=st.sampled_from([0, 1, 52, 100, 100, 500, 1001, 1999]))
    def tick(self, after_ms: int) -> None:
        self.bench.tick(after_ms)

    @rule(after_ms=st.sampled_from([2001, 31_000, -50]), calm=st.booleans())
    def jump(self, after_ms: int, calm: bool) -> None:
        self.bench.tick(after_ms)
        if calm:
            self.bench.run(30_100)

    @rule(duration_ms=st.sampled_from([300, 1000, 2500, 11_000]))
    def run_well(self, duration_ms: int) -> None:
        self.bench.run(duration_ms)

    @rule()
    def establish(self) -> None:
        self.bench.establish()

    @rule()
    def answer(self) -> None:
        self.bench.answer()

    @precondition(lambda self: self.bench.outgoing)
    @rule(which=st.integers(0, 20), reply=NONSENSE)
    def answer_nonsense(self, which: int, reply: Any) -> None:
        connections = sorted(self.bench.outgoing)
        self.bench.receive(connections[which % len(connections)], reply)

    @precondition(lambda self: self.bench.outgoing)
    @rule(which=st.integers(0, 20))
    def lose(self, which: int) -> None:
        connections = sorted(self.bench.outgoing)
        self.bench.lose(connections[which % len(connections)])

    @rule(name=SERVERS | PEERS)
    def kill(self, name: str) -> None:
        self.bench.kill(name)

    @rule(name=SERVERS | PEERS)
    def start(self, name: str) -> None:
        (self.bench.servers.get(name) or self.bench.peers[name]).up = True

    @rule(name=SERVERS, role=st.sampled_from(["master", "slave"]), follows=SERVERS)
    def change_role(self, name: str, role: str, follows: str) -> None:
        server = self.bench.servers[name]
        server.role, server.follows = role, follows if role == "slave" else ""

    @rule(name=PEERS, down=st.booleans(), vote=st.sampled_from(["asker", "none", MYID]))
    def change_mind(self, name: str, down: bool, vote: str) -> None:
        self.bench.peers[name].down, self.bench.peers[name].vote = down, vote

    @precondition(lambda self: "mymaster" in self.bench.state.masters)
    @rule(voters=st.sampled_from([1, 2]), duration_ms=st.sampled_from([2300, 2700, 4000, 7000]))
    def trouble(self, voters: int, duration_ms: int) -> None:
        """The master dies, and others agree and would vote for us."""
        address = self.bench.master().address
        for number in range(2, 2 + voters):
            peer = self.bench.peers[f"sentinel-{number}"]
            peer.up, peer.down, peer.vote = True, True, "asker"
        self.bench.kill(self.bench.name_at(address.ip, address.port))
        self.bench.run(duration_ms)

    @precondition(lambda self: "mymaster" in self.bench.state.masters)
    @rule(ahead=st.integers(-1, 2), candidate=IDS)
    def ask_for_vote(self, ahead: int, candidate: str) -> None:
        address = self.bench.master().address
        epoch = max(0, self.bench.state.current_epoch + ahead)
        self.bench.command(
            *("SENTINEL", "is-master-down-by-addr", address.ip, str(address.port)),
            *(str(epoch), candidate),
        )

    @rule()
    def force_failover(self) -> None:
        self.bench.command("SENTINEL", "FAILOVER", "mymaster")

    @rule(
        sender=PEERS,
        epoch=EPOCHS,
        config_epoch=EPOCHS,
        master=SERVERS,
        name=st.sampled_from(["mymaster", "mymaster", "other"]),
        moved=st.sampled_from([None, None, None, ("10.0.1.2", 26379), ("10.0.1.9", 1), ("x", 0)]),
    )
    def hello(
        self,
        sender: str,
        epoch: int,
        config_epoch: int,
        master: str,
        name: str,
        moved: tuple[str, int] | None,
    ) -> None:
        self.bench.hello(
            sender, epoch=epoch, config_epoch=config_epoch, master=master, name=name, at=moved
        )

    @rule(words=COMMANDS)
    def command(self, words: tuple[str, ...]) -> None:
        if words[0].lower() in ("subscribe", "psubscribe", "unsubscribe", "punsubscribe"):
            return
        self.bench.command(*words)

    @precondition(lambda self: self.bench.scripts)
    @rule(which=st.integers(0, 15), exit_code=st.sampled_from([0, 1, 2]), killed=st.booleans())
    def end_script(self, which: int, exit_code: int, killed: bool) -> None:
        pids = sorted(self.bench.scripts)
        pid = pids[which % len(pids)]
        if killed:
            self.bench.end_script(pid, signal=15)
        else:
            self.bench.end_script(pid, exit_code=exit_code)

    @rule(can_make_processes=st.booleans())
    def change_processes(self, can_make_processes: bool) -> None:
        self.bench.can_make_processes = can_make_processes

    @rule(error=st.sampled_from(["", "", "No space left on device"]))
    def change_disk(self, error: str) -> None:
        self.bench.disk_error = error

    @rule()
    def hibernate(self) -> None:
        self.bench.hibernate()

    @rule()
    def restart(self) -> None:
        self.check_effects()
        self.bench.restart()
        self.epochs = self.read_epochs()
        self.kinds.clear()
        self.last_opened = 0
        on_disk = {
            name: (master.address.ip, master.leader_epoch)
            for name, master in self.bench.state.masters.items()
        }
        assert on_disk == self.known_on_disk
        self.attempted = dict(on_disk)

    # --- what holds ---

    @invariant()
    def epochs_never_decrease(self) -> None:
        now = self.read_epochs()
        for name, epoch in self.epochs.items():
            assert now.get(name, epoch) >= epoch
        self.epochs = now

    @invariant()
    def check_effects(self) -> None:
        """Nothing is told before it is saved; connections have new numbers."""
        bench = self.bench
        for effect in bench.done[self.seen :]:
            match effect:
                case Save(configuration):
                    self.attempted = {
                        m.name: (m.host, m.leader_epoch) for m in configuration.masters
                    }
                    if not bench.disk_error:
                        self.known_on_disk = self.attempted
                case Open(connection):
                    assert connection > self.last_opened
                    self.last_opened = connection
                case Answer(_, (int(), str(leader), int(epoch))) if leader != "*":
                    assert epoch in {saved for _, saved in self.attempted.values()}
                case Send(_, ("PUBLISH", _, text)):
                    fields = text.split(",")
                    assert self.attempted[fields[4]][0] == fields[5]
        self.seen = len(bench.done)

    @invariant()
    def replies_are_awaited_in_the_order_of_the_commands(self) -> None:
        state = self.bench.state
        assert sorted(state.connections) == sorted(self.bench.outgoing)
        for number, link in state.connections.items():
            connection = next(c for c in (link.command, link.pubsub) if c and c.id == number)
            sent = [words[0] for words in self.bench.outgoing[number].queued]
            expected = [expect.what for expect in connection.expected]
            assert expected == [MATCHING.get(word, ReplyTo.IGNORED) for word in sent]

    @invariant()
    def tables_and_links_agree(self) -> None:
        state = self.bench.state
        found = [
            instance
            for master in state.masters.values()
            for instance in (master, *master.replicas.values(), *master.peers.values())
        ]
        assert sorted(state.instances) == sorted(each.serial for each in found)
        for instance in found:
            assert state.instances[instance.serial] is instance
            assert instance.serial in instance.link.users
            kind = (type(instance).__name__, instance.name)
            assert self.kinds.setdefault(instance.serial, kind) == kind
        for master in state.masters.values():
            assert not master.promoted_replica or master.promoted_replica in master.replicas

    @invariant()
    def scripts_that_run_are_those_in_the_queue(self) -> None:
        state = self.bench.state
        running = {job.pid for job in state.scripts if job.pid}
        assert running == {*self.bench.scripts, *(end.pid for end in state.script_ends)}
        assert len(running) <= 16
        assert len(state.scripts) <= 256
        assert all(job.runs > 0 for job in state.scripts if job.pid)

    @invariant()
    def both_remember_the_same(self) -> None:
        assert self.bench.pair is not None
        assert self.bench.pair[0].state == self.bench.pair[1].state


AnythingHappens.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnythingHappens = AnythingHappens.TestCase
