"""Whatever happens to a network, a connection never reorders, repeats or invents anything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sim.network import Endpoint, LogNormal, Partition, Uniform
from tests.network.worlds import MS, PORT, SECOND, Program, World

NAMES = ("a", "b")


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


Action = tuple[str, int, bool, bool]  # what is done, a number, and two choices that it needs

# Mostly sends, cuts and heals: what else happens ends connections, and with them the story.
KINDS = [
    *["send"] * 8,
    *["cut"] * 3,
    *["heal"] * 3,
    *["heal one", "kill", "power", "pause", "connect", "close", "hold"],
    *["lose", "narrow", "narrow"],
]
actions = st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.booleans(), st.booleans())
# Most waits are about as long as a path or a first retransmission takes: there order is at stake.
waits = st.sampled_from([0, 100, 700, 3 * MS, 50 * MS, 300 * MS, 2 * SECOND, 30 * SECOND])
stories = st.lists(st.tuples(actions, waits), min_size=20, max_size=60)


class Run:
    """A story of faults on two hosts; remembers what was sent and read on every connection."""

    def __init__(self, seed: int, slow: bool) -> None:
        self.world = World(LogNormal(300 * MS, 1.0) if slow else Uniform(50, 5 * MS), seed=seed)
        self.nodes = {name: self.world.program(name, listens=True, kind=Node) for name in NAMES}
        self.connections: list[Endpoint] = []
        self.sent: dict[int, list[int]] = {}
        self.received: dict[int, list[int]] = {}
        self.partitions: list[Partition] = []
        self.connect("a")
        self.connect("b")
        self.world.run(20 * SECOND)

    def connect(self, source: str) -> None:
        """From there to the other host."""
        if self.nodes[source].state == "running":
            (other,) = (node for name, node in self.nodes.items() if name != source)
            self.connections.append(self.nodes[source].connect(other.host.address, PORT))

    def side(self, number: int, near: bool) -> Endpoint | None:
        """One side of a recent connection; None before that exists."""
        endpoint = self.connections[-1 - number % 2]
        return endpoint if near else getattr(endpoint, "peer", None)

    def send(self, endpoint: Endpoint, size: int) -> None:
        if endpoint.is_open:
            numbers = self.sent.setdefault(endpoint.id, [])
            numbers.append(len(numbers))
            endpoint.send(numbers[-1], size)
            self.world.run(50)

    def do(self, action: Action) -> None:
        kind, number, one, other = action
        node = self.nodes["a" if one else "b"]
        endpoint = self.side(number, one)
        match kind:
            case "send" if endpoint is not None:
                for _ in range(number):
                    self.send(endpoint, 100_000 if other else 100)
            case "cut":
                pair = ("a", "b") if one else ("b", "a")
                self.partitions.append(self.world.network.cut([pair], one_way=other))
            case "lose":
                share = number / 5
                self.world.network.set_loss(*(NAMES if one else NAMES[::-1]), share, one_way=other)
            case "narrow":
                rate = None if number == 3 else 100_000 * 10**number
                self.world.network.set_bandwidth("a", "b", rate, one_way=other)
            case "heal one" if self.partitions:
                self.world.network.heal(self.partitions[number % len(self.partitions)])
            case "heal":
                self.world.network.heal()
            case "kill":
                self.collect()
                node.kill()
                if node.host.powered:
                    node.start()
            case "power":
                self.collect()
                if node.host.powered:
                    node.host.power_off()
                else:
                    node.host.power_on()
                    node.start()
            case "pause":
                if node.state == "paused":
                    node.resume()
                else:
                    node.pause()
            case "connect":
                self.connect(node.name)
            case "close" if endpoint is not None:
                endpoint.close(after_output=other)
            case "hold" if endpoint is not None:
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


@settings(max_examples=300)
@given(seed=st.integers(0, 3), slow=st.booleans(), story=stories)
def test_prop_what_is_read_is_a_prefix_of_what_was_sent(
    seed: int, slow: bool, story: list[tuple[Action, int]]
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
        run.do(("send", 1, True, False))
        run.do(("cut", 0, False, False))
        run.do(("send", 3, False, False))
        run.world.run(3 * SECOND)
        run.do(("heal", 0, False, False))
        run.world.run(10 * SECOND)
    assert run.check() == 20
