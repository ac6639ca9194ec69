"""What a Sentinel has promised it keeps, wherever a crash finds it.

Two ways to crash: stopped at each system call of two hundred saves, with and without a loss of
power (what was not forced to disk is then gone), and ``kill -9`` of a real process that votes as
fast as it can.
"""

from __future__ import annotations

import os
import random
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from minisentinel import files
from minisentinel.config import ConfigError
from minisentinel.core import SavedConfiguration
from minisentinel.core.dice import Dice
from minisentinel.core.effects import Effect, Save
from minisentinel.replies import OK
from minisentinel.server import disk
from minisentinel.server.disk import ConfigurationFile
from tests.fuzz.conf import loaded, meaning
from tests.server.outside import PATIENCE_SECONDS, Outside

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="learns from /proc which file is forced to disk"
)

WRITES = 200
KILLS = int(os.environ.get("DURABILITY_KILLS", "5"))
"""How often the real process is killed."""

NOW_MS = 1_700_000_000_000
ME = "1" * 40
USUAL = (
    f"# mine\nport 26379\nsentinel myid {ME}\nsentinel monitor mymaster 127.0.0.1 1 2\n"
    "sentinel monitor other 127.0.0.1 2 2\n"
)


class Killed(BaseException):
    """The process has ended here; nothing of it runs any more, not even its cleaning up."""


class Calls:
    """Counts the system calls of a save, ends the process at one of them, knows what is on disk.

    A write is two calls, so that a crash can leave half of it. Of what was not forced to disk
    (`fsync` of the file) nothing is there after a loss of power; a new name that was not forced
    to disk (`fsync` of the directory) may be there or not.
    """

    def __init__(self, patch: pytest.MonkeyPatch, directory: Path) -> None:
        self.directory = directory
        self.left = -1
        self.made = 0
        self.synced: dict[str, bytes] = {}
        self.durable: dict[str, bytes] = {}
        """By file name: what is there for sure after a loss of power."""
        self._real = {name: getattr(os, name) for name in ("listdir", "replace", "fdopen")}
        for name in ("fchmod", "unlink", "close", "listdir"):
            patch.setattr(os, name, self._counted(getattr(os, name)))
        patch.setattr(tempfile, "mkstemp", self._counted(tempfile.mkstemp))
        patch.setattr(os, "open", self._counted(os.open))
        patch.setattr(os, "fsync", self._fsync)
        patch.setattr(os, "replace", self._replace)
        patch.setattr(os, "fdopen", self._fdopen)

    def begin(self, crash_at: int) -> None:
        """The files as they are now are on disk; the process ends before call `crash_at`."""
        self.durable = {path.name: path.read_bytes() for path in self.directory.iterdir()}
        self.synced = {}
        self.left = crash_at
        self.made = 0

    def step(self) -> None:
        """One system call is about to be made."""
        if self.left == 0:
            raise Killed
        self.left -= 1
        self.made += 1

    def _counted(self, real: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            self.step()
            return real(*arguments, **options)

        return call

    def _fdopen(self, handle: int, mode: str) -> Any:
        return _Stream(self, self._real["fdopen"](handle, mode, buffering=0))

    def _fsync(self, handle: int) -> None:
        self.step()  # The disk of this machine need not be bothered.
        path = os.readlink(f"/proc/self/fd/{handle}")
        if os.path.isdir(path):
            self.durable = {
                name: self.synced.get(name, b"")
                if name in self.synced or name not in self.durable
                else self.durable[name]
                for name in self._real["listdir"](path)
            }
        else:
            self.synced[os.path.basename(path)] = Path(path).read_bytes()

    def _replace(self, old: str, new: Any) -> None:
        self.step()
        self._real["replace"](old, new)
        name = os.path.basename(old)
        # Content that was never forced to disk is empty behind its new name.
        self.synced[os.path.basename(new)] = self.synced.pop(name, b"")

    def after_power_loss(self, name: str) -> Iterator[bytes]:
        """What the file may hold: by its old name, or by the new one if there was a renaming."""
        yield self.durable[name]
        if name in self.synced:
            yield self.synced[name]


class _Stream:
    """A file that is written to in two halves."""

    def __init__(self, calls: Calls, real: Any) -> None:
        self._calls, self._real = calls, real

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.step()
        self._real.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def write(self, data: bytes) -> None:
        half = len(data) // 2
        for part in (data[:half], data[half:]):
            self._calls.step()
            self._real.write(part)


def votes() -> Iterator[list[Effect]]:
    """What a Sentinel does that is asked for one vote after another, for two masters."""
    sentinel, service = loaded(USUAL)
    sentinel.start(NOW_MS)
    service.client_connected(1)
    for epoch in range(1, WRITES):
        candidate = Dice(epoch).hex(40)
        yield service.command(
            NOW_MS + epoch,
            1,
            ("SENTINEL", "is-master-down-by-addr", "127.0.0.1", str(1 + epoch % 2), str(epoch),
             candidate),
        )  # fmt: skip


def configurations() -> list[SavedConfiguration]:
    """Two hundred configurations in a row, each with a new epoch or a new vote."""
    saved = [
        effect.configuration for step in votes() for effect in step if isinstance(effect, Save)
    ]
    assert len(saved) >= WRITES
    return saved[:WRITES]


@lru_cache(maxsize=16)
def means(text: bytes) -> SavedConfiguration:
    """What a file means; fails if it cannot be loaded."""
    return meaning(text.decode())


def crash_everywhere(
    directory: Path, patch: pytest.MonkeyPatch, saves: Iterable[SavedConfiguration]
) -> int:
    """Crash each save at each of its steps, look at what is left; returns how often it crashed."""
    conf = directory / "sentinel.conf"
    conf.write_text(USUAL, encoding="utf-8")
    old = meaning(USUAL)
    crashes = 0
    calls = Calls(patch, directory)
    for new in saves:
        before = conf.read_bytes()
        for crash_at in range(100):
            conf.write_bytes(before)
            calls.begin(crash_at)
            try:
                # Each time it is another process, so it also tidies up.
                assert ConfigurationFile(str(conf)).save(new) == ""
                break  # It made fewer calls than that.
            except Killed:
                crashes += 1
            calls.left = -1
            for text in (conf.read_bytes(), *calls.after_power_loss(conf.name)):
                assert means(text) in (old, new), "neither the old configuration nor the new"
        calls.left = -1
        for text in (conf.read_bytes(), *calls.after_power_loss(conf.name)):
            assert means(text) == new, "forgotten, though the save had returned"
        old = new
    return crashes


def test_a_crash_at_any_step_of_any_save_leaves_the_old_configuration_or_the_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And once a save has returned, not even a loss of power brings the old one back."""
    with monkeypatch.context() as patch:
        assert crash_everywhere(tmp_path, patch, configurations()) >= WRITES * 10


def leave_out(step: str, patch: pytest.MonkeyPatch) -> None:
    """Save without one of the steps that matter."""
    if step == "writing beside the old file":
        patch.setattr(disk, "write_durably", lambda path, content: in_place(path, content))
    elif step == "forcing anything to disk":
        patch.setattr(disk, "write_durably", files.write_atomically)
    else:
        patch.setattr(files, "_sync_directory", lambda path: None)


def in_place(path: str, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_TRUNC)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        os.fsync(stream.fileno())


@pytest.mark.parametrize(
    "step",
    ["writing beside the old file", "forcing anything to disk", "forcing the new name to disk"],
)
def test_a_save_that_leaves_out_a_step_is_found_out(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        leave_out(step, patch)
        with pytest.raises((AssertionError, ConfigError)):
            crash_everywhere(tmp_path, patch, configurations()[:2])


def test_what_a_killed_process_left_behind_is_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf = tmp_path / "sentinel.conf"
    conf.write_text(USUAL, encoding="utf-8")
    neighbour = tmp_path / ".sentinel.conf.swp"
    neighbour.write_text("somebody else's", encoding="utf-8")
    new = configurations()[0]
    for crash_at in (2, 3, 4, 5):
        with monkeypatch.context() as patch:
            calls = Calls(patch, tmp_path)
            calls.begin(crash_at)
            with pytest.raises(Killed):
                ConfigurationFile(str(conf)).save(new)
    assert len(os.listdir(tmp_path)) == 3, "at most one file is left, however often it is killed"
    assert ConfigurationFile(str(conf)).save(new) == ""
    assert sorted(os.listdir(tmp_path)) == [neighbour.name, conf.name]


@dataclass
class Told:
    """What a Sentinel has told others, so far."""

    votes: dict[int, str] = field(default_factory=dict)
    """Whom it voted for, by epoch."""

    epoch: int = 0
    """The largest that it announced."""

    replies: int = 0


class Asker(threading.Thread):
    """Asks for votes with rising epochs until the other side is gone, and keeps what it is told."""

    def __init__(self, sentinel: Outside, told: Told, rng: random.Random) -> None:
        super().__init__(daemon=True)
        self._sentinel, self._told, self._rng = sentinel, told, rng

    def run(self) -> None:
        told = self._told
        with (
            suppress(OSError),
            self._sentinel.line() as subscriber,
            self._sentinel.line() as asker,
        ):
            subscriber.send("SUBSCRIBE", "+new-epoch")
            subscriber.reply()
            while True:
                epoch = told.epoch + 1
                asker.send(*ask(epoch, f"{self._rng.getrandbits(160):040x}"))
                for said in subscriber.at_hand():
                    if not isinstance(said, tuple):
                        raise TypeError(said)
                    told.epoch = max(told.epoch, int(str(said[2]).split()[-1]))
                match asker.reply():
                    case (int(), str(leader), int(voted)):
                        told.votes[voted] = leader
                    case other:
                        raise TypeError(other)
                told.epoch = max(told.epoch, voted)
                told.replies += 1


def ask(epoch: int, candidate: str) -> tuple[str, ...]:
    """Ask for a vote."""
    return ("SENTINEL", "IS-MASTER-DOWN-BY-ADDR", "127.0.0.1", "1", str(epoch), candidate)


@pytest.mark.real_io
def test_what_was_answered_or_announced_survives_kill_9(tmp_path: Path) -> None:
    """A vote that it gave is never given to another, and its epoch never goes back."""
    sentinel = Outside(tmp_path, "sentinel monitor mymaster 127.0.0.1 1 2\n")
    rng = random.Random(20)
    told = Told()
    try:
        for _ in range(KILLS):
            sentinel.serve()
            asker = Asker(sentinel, told, rng)
            enough = told.replies + rng.randrange(20, 80)
            asker.start()
            try:
                deadline = time.monotonic() + PATIENCE_SECONDS
                while told.replies < enough:
                    assert time.monotonic() < deadline
                    assert asker.is_alive(), sentinel.tail()
                    time.sleep(rng.random() / 1000)
            finally:
                sentinel.kill()
                asker.join()
            judge(sentinel, told)
        # A file that a save was cut off in may be left by the last one, and by no other.
        assert len(leftovers(tmp_path)) <= 1
        sentinel.serve()
        judge_running(sentinel, told)
        assert leftovers(tmp_path) == []
    finally:
        sentinel.kill()
    # Each epoch is saved, and so is each vote.
    assert told.replies * 2 >= KILLS * 40


def leftovers(directory: Path) -> list[str]:
    """Temporary files."""
    return [name for name in os.listdir(directory) if name not in ("sentinel.conf", "log")]


def judge(sentinel: Outside, told: Told) -> None:
    """Whether what is on disk is at least what it told others."""
    found = meaning(sentinel.conf.read_text(encoding="utf-8"))
    assert found.current_epoch >= told.epoch
    assert found.masters[0].leader_epoch >= max(told.votes)


def judge_running(sentinel: Outside, told: Told) -> None:
    """Whether a Sentinel that was started again keeps to what it said."""
    for epoch in sorted(told.votes)[-3:]:
        reply = sentinel.ask(*ask(epoch, "f" * 40))
        assert isinstance(reply, tuple)
        assert reply[1] != "f" * 40, f"a second vote in epoch {epoch}"
    assert sentinel.ask("SENTINEL", "FLUSHCONFIG") == OK
    judge(sentinel, told)
