"""Host names: known answers at once, look-ups behind the scenes, a slow resolver stops nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from minisentinel.server import local_facts as module
from minisentinel.server.local_facts import LocalFacts
from tests.live.waiting import eventually
from tests.server.outside import PATIENCE_SECONDS

pytestmark = pytest.mark.real_io


class Resolver:
    """Stands for the machine's resolver; while `hangs`, nobody gets an answer."""

    def __init__(self) -> None:
        self.addresses: dict[str, str] = {"here.example": "10.0.0.1"}
        self.asked: list[str] = []
        self.open = threading.Event()
        self.open.set()

    def __call__(self, name: str) -> str | None:
        self.asked.append(name)
        self.open.wait()
        return self.addresses.get(name)


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    made = Resolver()
    monkeypatch.setattr(module, "look_up", made)
    yield made
    made.open.set()
    # Whoever is still at it would ask the machine's resolver.
    eventually("all names are looked up", lambda: not resolvers())


def resolvers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "resolver"]


class Clock:
    """Stands still, unless the test sets it."""

    def __init__(self) -> None:
        self.now_us = 10_000_000

    def __call__(self) -> int:
        return self.now_us


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(module, "monotonic_us", made)
    return made


@pytest.fixture
def facts(clock: Clock) -> LocalFacts:
    made = LocalFacts()
    made.starting = False
    return made


@pytest.fixture
def no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """To be quick is to answer at all, so that a slow machine changes nothing."""
    monkeypatch.setattr(module, "_PATIENCE_US", PATIENCE_SECONDS * 1_000_000)


def ask_until(facts: LocalFacts, name: str, address: str | None) -> None:
    eventually(f"{name} is {address}", lambda: facts.resolve(name) == address)


def test_while_the_configuration_is_loaded_a_name_is_waited_for(resolver: Resolver) -> None:
    facts = LocalFacts()
    resolver.open.clear()
    threading.Timer(0.05, resolver.open.set).start()
    assert facts.resolve("Here.Example") == "10.0.0.1"


@pytest.mark.usefixtures("no_hurry")
def test_an_unknown_name_is_waited_for_when_the_resolver_is_quick(
    resolver: Resolver, facts: LocalFacts
) -> None:
    assert facts.resolve("here.example") == "10.0.0.1"
    assert facts.resolve("absent.example") is None


def test_a_slow_resolver_is_waited_for_once_and_its_answer_is_used_later(
    resolver: Resolver, facts: LocalFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    wait = threading.Event.wait

    def noted(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is not None and threading.current_thread() is threading.main_thread():
            waited.append(timeout)
        return wait(event, timeout)

    resolver.open.clear()
    monkeypatch.setattr(threading.Event, "wait", noted)
    assert [facts.resolve(f"{n}.example") for n in range(100)] == [None] * 100
    assert waited == [0.05]
    assert len(resolvers()) < 30
    resolver.addresses["99.example"] = "10.0.0.99"
    resolver.open.set()
    ask_until(facts, "99.example", "10.0.0.99")
    eventually("all names are looked up", lambda: not resolvers())
    # Each name was asked for once, although most were asked about while threads were short.
    assert sorted(resolver.asked) == sorted(f"{n}.example" for n in range(100))


@pytest.mark.usefixtures("no_hurry")
def test_an_old_answer_is_given_while_it_is_refreshed(
    resolver: Resolver, facts: LocalFacts, clock: Clock
) -> None:
    assert facts.resolve("here.example") == "10.0.0.1"
    resolver.addresses["here.example"] = "10.0.0.2"
    assert facts.resolve("here.example") == "10.0.0.1"
    clock.now_us += 2_000_000
    resolver.open.clear()
    assert facts.resolve("here.example") == "10.0.0.1"
    resolver.open.set()
    ask_until(facts, "here.example", "10.0.0.2")


def test_the_memory_for_names_is_bounded(
    resolver: Resolver, facts: LocalFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_NAMES", 10)
    for number in range(100):
        facts.resolve(f"{number}.example")
    assert len(facts) == 10


def test_the_machine_itself_is_asked() -> None:
    assert module.look_up("127.0.0.1") == "127.0.0.1"
    assert module.look_up("a\0b") is None


def test_what_this_user_may_execute_is_executable(facts: LocalFacts, tmp_path: Path) -> None:
    (tmp_path / "text").touch(0o644)
    assert facts.is_executable("/bin/sh")
    assert facts.is_executable("/bin")  # as a real Sentinel has it
    assert not facts.is_executable(str(tmp_path / "text"))
    assert not facts.is_executable("a\0b")
