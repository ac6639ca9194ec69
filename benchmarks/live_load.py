"""What it costs to watch a hundred masters: minisentinel beside real Sentinels.

    python -m benchmarks.live_load [--masters 100] [--replicas 2] [--seconds 20] [--rounds 3]

One process plays all the servers, on loopback, with a port for each: it answers what a Sentinel
asks, and hands on what is published. Each Sentinel is in turn given the same servers. Measured is,
once all replicas are known and the links stand: the processor time of the Sentinel's process; and,
by the servers, the longest time between two PINGs of one of them. A Sentinel sends one when a
second has gone by since the last answer and its timer fires, which it does every 52 to 100 ms. What
is beyond is its lateness, and that of the process which measures: its own is shown beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minisentinel.codec import NOT_YET, ReplyDecoder, RequestDecoder, encode_command, encode_reply
from minisentinel.replies import OK, PONG, Command
from tests.live.servers import real_servers

ROOT = Path(__file__).resolve().parents[1]
PING_PERIOD_MS = 1000
LONGEST_TICK_MS = 100
WARM_UP_SECONDS = 8.0
BEAT_SECONDS = 0.02
"""How often the servers look at their own lateness."""


# --- the servers ---


class Node:
    """A server that a Sentinel watches: its replies are ready, its subscribers are known."""

    def __init__(self) -> None:
        self.port = 0
        self.replicas: list[Node] = []
        self.info = b""
        self.subscribers: list[asyncio.Transport] = []

    def listens(self, text: str) -> None:
        """Deliver a hello; what is published at a master is heard at its replicas."""
        message = encode_reply(("message", "__sentinel__:hello", text))
        for node in (self, *self.replicas):
            for each in node.subscribers:
                each.write(message)


class Gaps:
    """The times between PINGs, and how late this process itself was."""

    def __init__(self) -> None:
        self.pings = 0
        self.worst_gap_ms = 0.0
        self.worst_own_ms = 0.0

    def pinged(self, last: float, now: float) -> None:
        """A connection got two PINGs in a row."""
        self.pings += 1
        self.worst_gap_ms = max(self.worst_gap_ms, (now - last) * 1000)


class Connection(asyncio.Protocol):
    """One connection to a server."""

    def __init__(self, node: Node, gaps: Callable[[], Gaps]) -> None:
        self._node = node
        self._gaps = gaps
        self._decoder = RequestDecoder()
        self._last_ping = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport in self._node.subscribers:
            self._node.subscribers.remove(self._transport)

    def data_received(self, data: bytes) -> None:
        self._decoder.feed(data)
        out = b""
        while (words := self._decoder.next()) is not None:
            out += self._answer(words)
        if out:
            self._transport.write(out)

    def _answer(self, words: Command) -> bytes:
        match words[0].upper():
            case "PING":
                now = time.monotonic()
                if self._last_ping:
                    self._gaps().pinged(self._last_ping, now)
                self._last_ping = now
                return encode_reply(PONG)
            case "INFO":
                return self._node.info
            case "PUBLISH":
                self._node.listens(words[2])
                return encode_reply(1)
            case "SUBSCRIBE":
                self._node.subscribers.append(self._transport)
                return encode_reply(("subscribe", words[1], 1))
        return encode_reply(OK)


PADDING = "".join(f"some_field_of_a_server_{n}:{n * 7919}\r\n" for n in range(150))
"""An INFO has many lines that no Sentinel looks at; with these it is about as long as a real one's.
"""


def info_of_master(node: Node) -> bytes:
    """What a master tells."""
    lines = [f"run_id:{node.port:040x}", "role:master", f"connected_slaves:{len(node.replicas)}"]
    lines += [
        f"slave{n}:ip=127.0.0.1,port={each.port},state=online,offset=1000,lag=0"
        for n, each in enumerate(node.replicas)
    ]
    return encode_reply(PADDING + "\r\n".join([*lines, "master_repl_offset:1000", ""]))


def info_of_replica(node: Node, master: Node) -> bytes:
    """What a replica tells."""
    lines = (
        *(f"run_id:{node.port:040x}", "role:slave", "master_host:127.0.0.1"),
        *(f"master_port:{master.port}", "master_link_status:up", "master_sync_in_progress:0"),
        *("slave_repl_offset:1000", "slave_priority:100", "slave_read_only:1", ""),
    )
    return encode_reply(PADDING + "\r\n".join(lines))


async def play(masters: int, replicas: int) -> None:
    """Be all the servers, and say the ports of the masters.

    Each line on standard input asks for the numbers since the last one.
    """
    loop = asyncio.get_running_loop()
    gaps = Gaps()

    def current() -> Gaps:
        return gaps

    async def started() -> Node:
        node = Node()
        server = await loop.create_server(lambda: Connection(node, current), "127.0.0.1", 0)
        node.port = server.sockets[0].getsockname()[1]
        return node

    ports = []
    for _ in range(masters):
        master = await started()
        master.replicas = [await started() for _ in range(replicas)]
        master.info = info_of_master(master)
        for replica in master.replicas:
            replica.info = info_of_replica(replica, master)
        ports.append(master.port)
    print(json.dumps(ports), flush=True)

    def beat(due: float) -> None:
        now = loop.time()
        gaps.worst_own_ms = max(gaps.worst_own_ms, (now - due) * 1000)
        loop.call_at(now + BEAT_SECONDS, beat, now + BEAT_SECONDS)

    beat(loop.time())
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.readline():
        print(json.dumps(vars(gaps)), flush=True)
        gaps = Gaps()


# --- the Sentinels ---


@dataclass(frozen=True)
class Sample:
    """What one Sentinel needed in one round."""

    cpu: float
    """Share of one processor."""

    worst_gap_ms: float
    own_ms: float
    memory_mib: float
    pings: int


def cpu_seconds(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def known_replicas(port: int) -> int:
    """How many replicas a Sentinel knows, in all."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(encode_command(("INFO", "sentinel")))
        decoder = ReplyDecoder()
        while (reply := decoder.next()) is NOT_YET:
            decoder.feed(line.recv(65536))
    text = str(reply)
    return sum(int(part.partition(",")[0]) for part in text.split(",slaves=")[1:])


def measure(
    argv: list[str], port: int, replicas: int, seconds: float, servers: subprocess.Popen[str]
) -> Sample:
    """Run one Sentinel beside the servers for so long."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            argv, stdout=log, stderr=log, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            wait_until_it_knows(process, port, replicas)
            time.sleep(WARM_UP_SECONDS)
            ask_servers(servers)
            before, began = cpu_seconds(process.pid), time.monotonic()
            time.sleep(seconds)
            used, took = cpu_seconds(process.pid) - before, time.monotonic() - began
            numbers = ask_servers(servers)
            if process.poll() is not None:
                raise SystemExit(f"{argv[0]} ended with status {process.returncode}")
            return Sample(
                cpu=used / took,
                worst_gap_ms=numbers["worst_gap_ms"],
                own_ms=numbers["worst_own_ms"],
                memory_mib=memory_mib(process.pid),
                pings=int(numbers["pings"]),
            )
        finally:
            process.kill()
            process.wait()


def wait_until_it_knows(process: subprocess.Popen[bytes], port: int, replicas: int) -> None:
    """Wait until a Sentinel has found every replica."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if known_replicas(port) == replicas:
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise SystemExit(f"{process.args!r} did not find the replicas")


def ask_servers(servers: subprocess.Popen[str]) -> dict[str, float]:
    """The numbers that the servers took since they were last asked."""
    assert servers.stdin is not None
    assert servers.stdout is not None
    servers.stdin.write("\n")
    servers.stdin.flush()
    numbers: dict[str, float] = json.loads(servers.stdout.readline())
    return numbers


def configuration(port: int, masters: list[int]) -> str:
    """A Sentinel that watches these masters."""
    lines = [f"port {port}", "bind 127.0.0.1", "sentinel resolve-hostnames no"]
    for number, each in enumerate(masters):
        lines.append(f"sentinel monitor master-{number} 127.0.0.1 {each} 2")
    return "\n".join([*lines, ""])


def table(samples: dict[str, list[Sample]], reference: str) -> str:
    """The medians, and the worst of the latenesses."""
    lines = [
        "| Sentinel            | CPU (median, range)  | times the real one "
        "| longest time between PINGs | beyond the latest tick | memory   |",
        "|---------------------|---------------------:|-------------------:"
        "|---------------------------:|-----------------------:|---------:|",
    ]
    base = statistics.median(one.cpu for one in samples[reference])
    for name, rows in samples.items():
        cpu = statistics.median(one.cpu for one in rows)
        low, high = min(one.cpu for one in rows), max(one.cpu for one in rows)
        gap = max(one.worst_gap_ms for one in rows)
        beyond = gap - PING_PERIOD_MS - LONGEST_TICK_MS
        memory = statistics.median(one.memory_mib for one in rows)
        shown = f"{cpu:.2%} ({low:.2%} to {high:.2%})"
        lines.append(
            f"| {name:19} | {shown:>20} | {cpu / base:18.2f} | {gap:23.0f} ms "
            f"| {max(beyond, 0.0):19.0f} ms | {memory:4.0f} MiB |"
        )
    own = max(one.own_ms for rows in samples.values() for one in rows)
    lines += ["", f"The servers themselves were late by {own:.0f} ms at worst."]
    return "\n".join(lines)


def main() -> int:
    """Measure, print the table; 1 if the aim is missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.live_load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--masters", type=int, default=100)
    parser.add_argument("--replicas", type=int, default=2, help="of each master")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--aim", type=float, default=15.0, help="most times the CPU of a real one")
    parser.add_argument("--play", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.play:
        asyncio.run(play(options.masters, options.replicas))
        return 0
    return compare(options)


def compare(options: argparse.Namespace) -> int:
    """Run everybody in turns."""
    count, each = options.masters, options.replicas
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    contestants = {"minisentinel": [sys.executable, "-m", "minisentinel"]}
    real = {str(server): [server.path] for server in real_servers()}
    if not real:
        print("no real Sentinel found: minisentinel alone", file=sys.stderr)
    samples: dict[str, list[Sample]] = {name: [] for name in (*real, *contestants)}
    servers = subprocess.Popen(
        [
            *(sys.executable, "-m", "benchmarks.live_load", "--play"),
            *("--masters", str(count), "--replicas", str(each)),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert servers.stdout is not None
        masters = json.loads(servers.stdout.readline())
        for _ in range(options.rounds):
            for name, argv in (real | contestants).items():
                with tempfile.TemporaryDirectory() as directory:
                    conf = Path(directory) / "sentinel.conf"
                    conf.write_text(configuration(port, masters), encoding="ascii")
                    mode = ["--sentinel"] if name in real else []
                    sample = measure(
                        [*argv, str(conf), *mode], port, count * each, options.seconds, servers
                    )
                samples[name].append(sample)
                print(f"{name}: {sample}", file=sys.stderr)
    finally:
        servers.kill()
        servers.wait()
    reference = next(iter(real), "minisentinel")
    print(
        f"{count} masters with {each} replicas each, {options.rounds} rounds of "
        f"{options.seconds:g} s; CPython {platform.python_version()}, {os.cpu_count()} processors\n"
    )
    print(table(samples, reference))
    ours, base = (
        statistics.median(one.cpu for one in samples[name]) for name in ("minisentinel", reference)
    )
    reached = not base or ours <= options.aim * base
    print(f"\n{'reached' if reached else 'MISSED '}  {ours / base:.1f} times, aim {options.aim:g}")
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
