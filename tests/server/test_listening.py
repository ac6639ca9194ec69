"""Where a Sentinel listens, and what it says where it cannot."""

from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest

from minisentinel.config.server import ServerSettings
from minisentinel.server.limits import NO_LIMIT, PUBSUB_LIMIT, OutputLimit, output_limits
from minisentinel.server.listening import CannotListen, listening_sockets
from tests.live.ports import free_port
from tests.server.bench import has_ipv6

pytestmark = pytest.mark.real_io


@pytest.fixture
def port() -> int:
    return free_port()


def names_of(settings: ServerSettings) -> list[object]:
    sockets = listening_sockets(settings)
    names = [each.getsockname() for each in sockets.all]
    for each in sockets.all:
        each.close()
    return names


def test_every_address_of_bind_gets_a_socket(port: int) -> None:
    settings = ServerSettings(port=port, bind=("127.0.0.1", "127.0.0.2"))
    assert names_of(settings) == [("127.0.0.1", port), ("127.0.0.2", port)]


def test_by_default_all_addresses_of_both_families(port: int) -> None:
    names = names_of(ServerSettings(port=port))
    assert ("0.0.0.0", port) in names
    if has_ipv6():
        assert ("::", port, 0, 0) in names


def test_an_optional_address_may_be_missing(port: int) -> None:
    settings = ServerSettings(port=port, bind=("127.0.0.1", "-192.0.2.1"))
    assert names_of(settings) == [("127.0.0.1", port)]


@pytest.mark.parametrize(
    ("bind", "warning"),
    [
        (("192.0.2.1",), "Could not create server TCP listening socket 192.0.2.1:"),
        (("a\0b",), "Could not create server TCP listening socket"),
    ],
)
def test_an_address_that_is_not_ours_is_named(
    port: int, bind: tuple[str, ...], warning: str
) -> None:
    with pytest.raises(CannotListen, match="Failed listening on port") as caught:
        listening_sockets(ServerSettings(port=port, bind=bind))
    assert warning in caught.value.warning


def test_a_port_that_is_taken_is_named_and_nothing_stays_open(port: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.2", port))
        taken.listen()
        with pytest.raises(CannotListen) as caught:
            listening_sockets(ServerSettings(port=port, bind=("127.0.0.1", "127.0.0.2")))
    assert caught.value.warning == (
        f"Warning: Could not create server TCP listening socket 127.0.0.2:{port}: bind: "
        "Address already in use"
    )
    with socket.socket() as again:
        again.bind(("127.0.0.1", port))


def test_a_unix_socket_takes_the_place_of_an_old_one(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as old:
        old.bind(str(path))
    settings = ServerSettings(port=0, unixsocket=str(path), directives={"unixsocketperm": ("700",)})
    assert names_of(settings) == [str(path)]
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_file_that_is_no_socket_is_not_deleted_for_one(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")
    with pytest.raises(CannotListen, match=r"Failed opening Unix socket, aborting\."):
        listening_sockets(ServerSettings(port=0, unixsocket=str(path)))
    assert path.read_text() == "mine"


def test_a_unix_socket_that_cannot_be_is_named(tmp_path: Path) -> None:
    path = tmp_path / "absent" / "s"
    with pytest.raises(CannotListen, match=r"Failed opening Unix socket, aborting\."):
        listening_sockets(ServerSettings(port=0, unixsocket=str(path)))


@pytest.mark.parametrize("settings", [ServerSettings(port=0), ServerSettings(bind=())])
def test_nowhere_to_listen_is_an_error(settings: ServerSettings) -> None:
    with pytest.raises(CannotListen, match=r"Configured to not listen anywhere, exiting\."):
        listening_sockets(settings)


def test_limits_of_output_are_read_class_by_class() -> None:
    assert output_limits({}) == (NO_LIMIT, PUBSUB_LIMIT)
    words = ("normal", "1kb", "10", "5", "replica", "0", "0", "0", "PubSub", "2m", "1MB", "9")
    assert output_limits({"client-output-buffer-limit": words}) == (
        OutputLimit(1024, 10, 5),
        OutputLimit(2_000_000, 1 << 20, 9),
    )


@pytest.mark.parametrize(
    ("size", "since_us", "now_us", "exceeded"),
    [
        (99, 0, 10**9, False),
        (100, 0, 10**9, True),
        (60, 1, 5_000_001, False),
        (60, 1, 5_000_002, True),
    ],
)
def test_the_hard_limit_counts_at_once_and_the_soft_one_after_its_time(
    size: int, since_us: int, now_us: int, exceeded: bool
) -> None:
    assert OutputLimit(100, 50, 5).exceeded(size, since_us, now_us) is exceeded
