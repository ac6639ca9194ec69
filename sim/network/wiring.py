"""The wiring of a network: hosts, sites, and the paths between them with all that is set for them.

A path is made when it is first needed, and then knows what has been said about its two hosts, the
machines they are behind, and their sites.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import inf

from sim.kernel.kernel import Kernel
from sim.kernel.streams import Streams
from sim.network.bandwidth import Pipe
from sim.network.changes import Change
from sim.network.latency import Distances, Latency
from sim.network.sites import SiteLink, check_loss, check_rate
from sim.network.topology import Host, Path

__all__ = ["Partition", "Wiring"]


class Partition:
    """A cut that can be healed by itself: the ordered pairs of hosts that it separates."""

    __slots__ = ("pairs",)

    def __init__(self, pairs: Iterable[tuple[Host, Host]]) -> None:
        self.pairs = tuple(pairs)

    def __repr__(self) -> str:
        return f"Partition({', '.join(f'{a.name} -> {b.name}' for a, b in self.pairs)})"


class Wiring:
    """Hosts and paths; `latency` is between two machines, `loopback` within one.

    Every ordered pair of hosts draws from streams of its own.
    """

    def __init__(
        self,
        kernel: Kernel,
        streams: Streams,
        *,
        latency: Latency | Distances,
        loopback: Latency,
    ) -> None:
        self.kernel = kernel
        self.hosts: dict[str, Host] = {}
        self.partitions: list[Partition] = []
        self._streams = streams
        self._latency = latency
        self._distances: dict[tuple[str, ...], Latency] = {}
        self._loopback = loopback
        self._paths: dict[tuple[Host, Host], Path] = {}
        self._site_links: dict[tuple[str, str], SiteLink] = {}
        # Pairs of hosts for which somebody has set something: there, their sites do not count.
        self._own_latency: dict[tuple[Host, Host], None] = {}
        self._own_rate: dict[tuple[Host, Host], None] = {}
        self._own_loss: dict[tuple[Host, Host], None] = {}

    # Hosts and paths.

    def host(self, which: Host | str) -> Host:
        """The host of that name (a host is itself); raises ValueError when there is none."""
        if isinstance(which, Host):
            return which
        try:
            return self.hosts[which]
        except KeyError:
            known = ", ".join(self.hosts) or "none"
            raise ValueError(f"no host is called {which!r}; known: {known}") from None

    def path(self, source: Host | str, target: Host | str) -> Path:
        """The one-way path between two hosts (or from a host to itself)."""
        ends = (self.host(source), self.host(target))
        path = self._paths.get(ends)
        return path if path is not None else self._make_path(*ends)

    def _make_path(self, source: Host, target: Host) -> Path:
        is_local = source.machine is target.machine
        latency = self._loopback if is_local else self._usual_latency(source, target)
        there, back = (
            Path(a, b, latency, self._streams.get(f"network:{a.name}->{b.name}"))
            for a, b in ((source, target), (target, source))
        )
        if source is target:
            back = there
        there.back, back.back = back, there
        self._paths[source, target] = there
        self._paths[target, source] = back
        for path in {(source, target): there, (target, source): back}.values():
            path.cuts = sum((path.source, path.target) in cut.pairs for cut in self.partitions)
            path.source.paths.append(path)
            if self._site_links:
                self._apply_site_link(path)
            if not is_local and (path.source.gateway or path.target.gateway):
                self._be_like(path, self.path(path.source.machine, path.target.machine))
        there.refresh()
        return there

    def _usual_latency(self, source: Host, target: Host) -> Latency:
        """What holds between two machines of which nobody has said anything."""
        if not isinstance(self._latency, Distances):
            return self._latency
        ends = tuple(sorted((source.machine.name, target.machine.name)))
        distance = self._distances.get(ends)
        if distance is None:
            random = self._streams.get(f"distance:{'-'.join(ends)}")
            distance = self._distances[ends] = self._latency.between_two(random)
        return distance

    def set_latency(
        self, source: Host | str, target: Host | str, latency: Latency, *, one_way: bool = False
    ) -> None:
        """Give the path from `source` to `target` (and back, unless `one_way`) a distribution."""
        for path in self._directions(source, target, one_way):
            self._own_latency[path.source, path.target] = None
            path.set_latency(latency)

    def set_bandwidth(
        self,
        source: Host | str,
        target: Host | str,
        bytes_per_second: float | None,
        *,
        one_way: bool = False,
    ) -> None:
        """Let each direction between two hosts (or one) carry that much; None: no limit.

        Its connections share it (see `sim.network.bandwidth`). Raises ValueError for what is no
        rate.
        """
        check_rate(bytes_per_second)
        pipes: dict[tuple[Host, Host], Pipe] = {}
        for path in self._directions(source, target, one_way):
            machines = (path.source.machine, path.target.machine)
            pipe = pipes.get(machines)
            if pipe is None:
                pipe = pipes[machines] = Pipe(self.kernel, bytes_per_second or inf)
            self._own_rate[path.source, path.target] = None
            path.set_pipe(pipe)

    def set_loss(
        self, source: Host | str, target: Host | str, share: float, *, one_way: bool = False
    ) -> None:
        """Lose a `share` of the packets between two hosts, 0 to less than 1.

        What is lost is sent again after a while, and what follows on that connection waits. Raises
        ValueError for what is no such share.
        """
        check_loss(share)
        for path in self._directions(source, target, one_way):
            self._own_loss[path.source, path.target] = None
            self._lose(path, share)

    def change(
        self,
        paths: Iterable[Path],
        *,
        latency: Latency | None = None,
        bytes_per_second: float | None = None,
        loss: float | None = None,
    ) -> Change:
        """Make something different on some paths, until the change that is returned is ended.

        All of them together carry `bytes_per_second`; None leaves a thing as it is. The heir of a
        host and those that come behind it find the same. Raises ValueError for what is no rate, or
        no share of packets.
        """
        check_rate(bytes_per_second)
        check_loss(loss or 0.0)
        pipe = None if bytes_per_second is None else Pipe(self.kernel, bytes_per_second)
        change = Change(latency, loss, pipe)
        for path in paths:
            if loss:
                self._expect_losses(path)
            change.reach(path)
        return change

    def _directions(self, source: Host | str, target: Host | str, one_way: bool) -> list[Path]:
        """The path between two hosts and those between the hosts behind them, and all ways back."""
        paths: dict[Path, None] = {}
        source, target = self.host(source), self.host(target)
        apart = source.machine is not target.machine
        for one in source.family if apart else [source]:
            for other in target.family if apart else [target]:
                path = self.path(one, other)
                paths[path] = None
                if not one_way:
                    paths[path.back] = None
        return list(paths)

    def _be_like(self, path: Path, outer: Path) -> None:
        """What is set for the path between two machines holds for the hosts behind them."""
        ends, outer_ends = (path.source, path.target), (outer.source, outer.target)
        for own in (self._own_latency, self._own_rate, self._own_loss):
            if outer_ends in own:
                own[ends] = None
        path.set_latency(outer.usual.latency)
        path.set_pipe(outer.usual.pipe)
        self._lose(path, outer.usual.loss)
        for change in outer.changes:
            if change.loss:
                self._expect_losses(path)
            change.reach(path)

    def _lose(self, path: Path, share: float) -> None:
        if share:
            self._expect_losses(path)
        path.set_loss(share)

    def _expect_losses(self, path: Path) -> None:
        random = self._streams.get(f"loss:{path.source.name}->{path.target.name}")
        path.expect_losses(random, Pipe(self.kernel))

    # Sites.

    def move_to_site(self, host: Host | str, site: str) -> None:
        """Say where a host stands: what lies between its site and others holds for it from now on.

        What was set for a pair of hosts stays as it is.
        """
        for each in self.host(host).family:
            each.site = site
            for path in each.paths:
                self._apply_site_link(path)
                self._apply_site_link(path.back)

    def link_sites(
        self,
        one: str,
        other: str,
        *,
        latency: Latency | None = None,
        bytes_per_second: float | None = None,
        loss: float = 0.0,
        one_way: bool = False,
    ) -> None:
        """Say what lies between two sites, or within one site if they are the same.

        `latency` is one way (None: as everywhere), `bytes_per_second` what each direction carries
        for all hosts together (None: no limit), `loss` the share of packets that get lost. It
        holds for hosts that come later, too. Raises ValueError for what is no such value.
        """
        check_rate(bytes_per_second)
        check_loss(loss)
        for ends in dict.fromkeys([(one, other)] if one_way else [(one, other), (other, one)]):
            pipe = Pipe(self.kernel, bytes_per_second) if bytes_per_second else None
            self._site_links[ends] = SiteLink(latency, pipe, loss)
        for path in self._paths.values():
            self._apply_site_link(path)

    def _apply_site_link(self, path: Path) -> None:
        if path.source.machine is path.target.machine:
            return
        ends = (path.source, path.target)
        link = self._site_links.get((path.source.machine.site, path.target.machine.site))
        if ends not in self._own_latency:
            path.set_latency((link and link.latency) or self._usual_latency(*ends))
        if ends not in self._own_rate:
            path.set_pipe(link.pipe if link else None)
        if ends not in self._own_loss:
            self._lose(path, link.loss if link else 0.0)

    # Partitions.

    def partition(self, *groups: Iterable[Host | str], one_way: bool = False) -> Partition:
        """Silently separate groups of hosts from each other; a single group from all others.

        With `one_way`, only what earlier groups send to later ones is lost. Hosts in no group go on
        hearing everybody. Partitions add up; raises ValueError for an unknown host or one that is
        in two groups.
        """
        sides = [
            list(dict.fromkeys(host for which in group for host in self.host(which).family))
            for group in groups
        ]
        if len(sides) == 1:
            sides.append([host for host in self.hosts.values() if host not in sides[0]])
        pairs = []
        for one, other in combinations(sides, 2):
            for a in one:
                for b in other:
                    if a is b:
                        raise ValueError(f"host {a.name!r} is on two sides of the partition")
                    pairs.append((a, b))
        return self.cut(pairs, one_way=one_way)

    def cut(
        self, pairs: Iterable[tuple[Host | str, Host | str]], *, one_way: bool = False
    ) -> Partition:
        """Silently separate pairs of hosts; with `one_way` only what the first sends is lost.

        What is behind a host is separated with it.

        Raises ValueError for an unknown host, and for a host that is to be cut from itself.
        """
        ordered: dict[tuple[Host, Host], None] = {}
        for a, b in pairs:
            ends = (self.host(a), self.host(b))
            if ends[0] is ends[1]:
                raise ValueError(f"host {ends[0].name!r} cannot be cut from itself")
            apart = ends[0].machine is not ends[1].machine
            for one in ends[0].family if apart else ends[:1]:
                for other in ends[1].family if apart else ends[1:]:
                    ordered[one, other] = None
                    if not one_way:
                        ordered[other, one] = None
        partition = Partition(ordered)
        self.partitions.append(partition)
        self._change_cuts(partition, 1)
        return partition

    def heal(self, partition: Partition | None = None) -> None:
        """Undo one partition, or all; a partition that is healed already stays so."""
        for each in [partition] if partition is not None else list(self.partitions):
            if each in self.partitions:
                self.partitions.remove(each)
                self._change_cuts(each, -1)

    def _change_cuts(self, partition: Partition, by: int) -> None:
        for ends in partition.pairs:
            path = self._paths.get(ends)
            if path is not None:
                path.cuts += by
                path.refresh()
