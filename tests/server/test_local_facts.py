"""Host names: known answers at once, look-ups behind the scenes, a slow resolver stops nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minisentinel.server import local_facts as module
from minisentinel.server.clock import monotonic_us
from minisentinel.server.local_facts import LocalFacts

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


@pytest.fixture
def facts() -> LocalFacts:
    made = LocalFacts()
    made.starting = False
    return made


def ask_until(facts: LocalFacts, name: str, address: str | None) -> None:
    while facts.resolve(name) != address:
        time.sleep(0.002)


def test_while_the_configuration_is_loaded_a_name_is_waited_for(resolver: Resolver) -> None:
    facts = LocalFacts()
    resolver.open.clear()
    threading.Timer(0.05, resolver.open.set).start()
    assert facts.resolve("Here.Example") == "10.0.0.1"


def test_an_unknown_name_is_waited_for_when_the_resolver_is_quick(
    resolver: Resolver, facts: LocalFacts
) -> None:
    assert facts.resolve("here.example") == "10.0.0.1"
    assert facts.resolve("absent.example") is None


def test_a_slow_resolver_is_waited_for_once_and_its_answer_is_used_later(
    resolver: Resolver, facts: LocalFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads_before = threading.active_count()
    waited: list[float] = []
    wait = threading.Event.wait

    def noted(event: threading.Event, timeout: float | None = None) -> bool:
        if timeout is not None:
            waited.append(timeout)
        return wait(event, timeout)

    resolver.open.clear()
    monkeypatch.setattr(threading.Event, "wait", noted)
    assert [facts.resolve(f"{n}.example") for n in range(100)] == [None] * 100
    assert waited == [0.05]
    assert threading.active_count() - threads_before < 30
    resolver.addresses["99.example"] = "10.0.0.99"
    resolver.open.set()
    ask_until(facts, "99.example", "10.0.0.99")
    # Each name was asked for once, although most were asked about while threads were short.
    assert sorted(resolver.asked) == sorted(f"{n}.example" for n in range(100))


def test_an_old_answer_is_given_while_it_is_refreshed(
    resolver: Resolver, facts: LocalFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_us = 0
    monkeypatch.setattr(module, "monotonic_us", lambda: monotonic_us() + ahead_us)
    assert facts.resolve("here.example") == "10.0.0.1"
    resolver.addresses["here.example"] = "10.0.0.2"
    assert facts.resolve("here.example") == "10.0.0.1"
    ahead_us = 2_000_000
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
