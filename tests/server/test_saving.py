"""One step, one write: and whatever leaves, what it rests on has been written before."""

from __future__ import annotations

from pathlib import Path

import pytest

from minisentinel.core.effects import Answer, Exit, RunScript, Save
from minisentinel.core.saved import SavedConfiguration
from minisentinel.replies import OK
from minisentinel.server.disk import ConfigurationFile
from minisentinel.server.saving import Saver

ONE, TWO, THREE = (SavedConfiguration("a" * 40, current_epoch=epoch) for epoch in (1, 2, 3))
SCRIPT = RunScript(1, ("/bin/true",))


class NotedFile(ConfigurationFile):
    """Notes the epoch of what is written; `error` is what comes of it."""

    def __init__(self) -> None:
        super().__init__("/nowhere")
        self.written: list[int] = []
        self.error = ""

    def save(self, configuration: SavedConfiguration) -> str:
        self.written.append(configuration.current_epoch)
        return self.error


@pytest.mark.parametrize(
    ("effects", "written"),
    [
        ((Save(ONE),), [1]),
        ((Save(ONE), Save(TWO), Answer(1, OK)), [2]),
        ((Save(ONE), Answer(1, OK), Save(TWO)), [2]),
        ((Save(ONE), Save(TWO), SCRIPT, Save(THREE)), [2, 3]),
        ((Save(ONE), Save(ONE), SCRIPT, Save(ONE)), [1]),
        ((Save(ONE), Exit(99), Save(TWO)), [1]),
        ((Answer(1, OK),), []),
    ],
)
def test_the_first_save_writes_what_the_last_one_would(
    effects: tuple[Save, ...], written: list[int]
) -> None:
    """[GEN-1-2]"""
    file = NotedFile()
    saver = Saver(file)
    saver.foresee(effects)
    for effect in effects:
        if isinstance(effect, Exit):
            break
        if isinstance(effect, Save):
            assert saver.save(effect.configuration) == ""
    assert file.written == written


def test_every_save_of_a_step_hears_that_it_failed_and_the_next_step_tries_again() -> None:
    """[CFG-5-14]"""
    file = NotedFile()
    file.error = "No space left on device"
    saver = Saver(file)
    for _ in range(2):
        saver.foresee((Save(ONE), Save(TWO)))
        assert saver.save(ONE) == saver.save(TWO) == "No space left on device"
    assert file.written == [2, 2]


def test_a_step_within_a_step_changes_nothing() -> None:
    file = NotedFile()
    saver = Saver(file)
    saver.foresee((Save(ONE), Save(TWO)))
    saver.save(ONE)
    saver.foresee((Answer(1, OK),))
    saver.save(TWO)
    assert file.written == [2]


def test_what_was_saved_alone_is_on_disk(tmp_path: Path) -> None:
    file = ConfigurationFile(str(tmp_path / "sentinel.conf"))
    saver = Saver(file)
    saver.foresee((Save(ONE), Save(THREE)))
    assert saver.save(ONE) == ""
    assert "sentinel current-epoch 3\n" in (tmp_path / "sentinel.conf").read_text("utf-8")
