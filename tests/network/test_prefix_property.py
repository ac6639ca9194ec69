"""Whatever happens to a network, a connection never reorders, repeats or invents anything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.network import Endpoint, LogNormal, Partition, Uniform
from tests.network.worlds import MS, PORT, SECOND, Program, World

NAMES = ("a", "b", "c")


class Node(Program):
    """Listens, and keeps apart what it read on each connection."""

    def on_start(self) -> None:
        super().on_start()
        self.read: dict[int, list[int]] = {}
        self.ends: dict[int, str] = {}

    def on_message(self, endpoint: Endpoint, message: int) -> None:
        self.read.setdefault(endpoint.id, []).append(message)

    def on_close(self, endpoint: Endpoint, reason: str) -> None:
        self.ends[endpoint.id] = reason


names = st.sampled_from(NAMES)
actions = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 99), st.booleans()),
    st.tuples(st.just("cut"), names, names, st.booleans()),
    st.tuples(st.just("heal one"), st.integers(0, 9)),
    st.tuples(st.just("heal")),
    st.tuples(st.just("kill"), names),
    st.tuples(st.just("power"), names),
    st.tuples(st.just("pause"), names),
    st.tuples(st.just("connect"), names, names),
    st.tuples(st.just("close"), st.integers(0, 99), st.booleans()),
    st.tuples(st.just("hold"), st.integers(0, 99), st.booleans()),
)
waits = st.sampled_from([0, 0, 100, MS, 50 * MS, 300 * MS, SECOND, 30 * SECOND, 1000 * SECOND])


class Run:
    """A story of faults on three hosts; remembers what was sent, read and ended everywhere."""

    def __init__(self, seed: int, slow: bool) -> None:
        self.world = World(LogNormal(300 * MS, 1.0) if slow else Uniform(50, 5 * MS), seed=seed)
        self.nodes = {name: self.world.program(name, listens=True, kind=Node) for name in NAMES}
        self.connections: list[Endpoint] = []
        self.sent: dict[int, list[int]] = {}
        self.received: dict[int, list[int]] = {}
        self.partitions: list[Partition] = []
        self.disturbed: set[int] = set()
        for source, target in (("a", "b"), ("b", "c"), ("c", "a")):
            self.connect(source, target)
        self.world.run(20 * SECOND)

    def connect(self, source: str, target: str) -> None:
        if self.nodes[source].state == "running":
            address = self.nodes[target].host.address
            self.connections.append(self.nodes[source].connect(address, PORT))

    def side(self, number: int, near: bool) -> Endpoint | None:
        endpoint = self.connections[number % len(self.connections)]
        return endpoint if near else getattr(endpoint, "peer", None)

    def do(self, action: tuple[object, ...]) -> None:
        match action:
            case ("send", int(number), bool(near)):
                endpoint = self.side(number, near)
                if endpoint is not None and endpoint.is_open:
                    numbers = self.sent.setdefault(endpoint.id, [])
                    numbers.append(len(numbers))
                    endpoint.send(numbers[-1], 100)
            case ("cut", str(one), str(other), bool(one_way)) if one != other:
                self.partitions.append(self.world.network.cut([(one, other)], one_way=one_way))
            case ("heal one", int(number)) if self.partitions:
                self.world.network.heal(self.partitions[number % len(self.partitions)])
            case ("heal",):
                self.world.network.heal()
            case ("kill", str(name)):
                self.collect()
                node = self.nodes[name]
                if node.state == "down" and node.host.powered:
                    node.start()
                else:
                    node.kill()
            case ("power", str(name)):
                self.collect()
                host = self.nodes[name].host
                if host.powered:
                    host.power_off()
                else:
                    host.power_on()
            case ("pause", str(name)):
                node = self.nodes[name]
                if node.state == "paused":
                    node.resume()
                else:
                    node.pause()
            case ("connect", str(one), str(other)) if one != other:
                self.connect(one, other)
            case ("close", int(number), bool(near)):
                endpoint = self.side(number, near)
                if endpoint is not None:
                    endpoint.close(after_output=True)
            case ("hold", int(number), bool(near)):
                endpoint = self.side(number, near)
                if endpoint is not None:
                    if endpoint.recovery is not None and endpoint.recovery.held:
                        endpoint.release()
                    else:
                        endpoint.hold()

    def collect(self) -> None:
        """Keep what programs have read so far; a restart begins with empty books."""
        for node in self.nodes.values():
            for serial, numbers in getattr(node, "read", {}).items():
                self.received.setdefault(serial, []).extend(numbers)
                numbers.clear()

    def check(self) -> int:
        """Assert the property; the number of messages that were read."""
        self.collect()
        total = 0
        for near in self.connections:
            far = getattr(near, "peer", None)
            if far is None:
                continue
            for source, target in ((near, far), (far, near)):
                sent = self.sent.get(source.id, [])
                received = self.received.get(target.id, [])
                total += len(received)
                assert received == sent[: len(received)]
        return total


@given(
    seed=st.integers(0, 3),
    slow=st.booleans(),
    story=st.lists(st.tuples(actions, waits), max_size=40),
)
def test_prop_what_is_read_is_a_prefix_of_what_was_sent(
    seed: int, slow: bool, story: list[tuple[tuple[object, ...], int]]
) -> None:
    run = Run(seed, slow)
    for action, wait in story:
        run.do(action)
        run.world.run(wait)
        run.check()
    # Liveness: heal everything, then whoever can still speak is heard in full.
    for near in run.connections:
        for endpoint in (near, getattr(near, "peer", None)):
            if endpoint is not None:
                endpoint.release()
    run.world.network.heal()
    for node in run.nodes.values():
        node.host.power_on()
        node.resume()
    run.world.run(2000 * SECOND)
    run.check()
    for near in run.connections:
        far = getattr(near, "peer", None)
        if far is not None and near.is_open and far.is_open:
            assert run.received.get(far.id, []) == run.sent.get(near.id, [])
            assert run.received.get(near.id, []) == run.sent.get(far.id, [])
    assert run.world.kernel.pending == 0, "a healed network that is left alone comes to rest"


def test_stories_do_deliver() -> None:
    """Sometimes beside always: an undisturbed and a healed connection deliver everything."""
    run = Run(1, slow=True)
    for _ in range(5):
        run.do(("send", 0, True))
        run.do(("cut", "a", "b", False))
        run.do(("send", 0, False))
        run.world.run(3 * SECOND)
        run.do(("heal",))
        run.world.run(10 * SECOND)
    assert run.check() == 10
