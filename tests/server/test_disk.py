"""The configuration file: whole at any moment, on disk before anything follows from it."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from minisentinel.core.saved import SavedConfiguration
from minisentinel.replies import OK, PONG, Error
from minisentinel.server.disk import AclFiles, ConfigurationFile
from tests.server.bench import run, serving

MYID = "c" * 40
MASTER = "sentinel monitor mymaster 127.0.0.1 1 2\n"


def configuration(epoch: int = 1) -> SavedConfiguration:
    return SavedConfiguration(myid=MYID, current_epoch=epoch)


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "sentinel.conf"
    path.write_text("# mine\nport 1\n", encoding="utf-8")
    return path


def test_a_save_keeps_what_a_person_wrote(conf: Path) -> None:
    assert ConfigurationFile(str(conf)).save(configuration()) == ""
    text = conf.read_text(encoding="utf-8")
    assert text.startswith("# mine\nport 1\n")
    assert f"sentinel myid {MYID}\n" in text
    assert "sentinel current-epoch 1\n" in text


def test_a_file_that_vanished_is_written_anew(conf: Path) -> None:
    """[CMD-4-17]"""
    conf.unlink()
    assert ConfigurationFile(str(conf)).save(configuration()) == ""
    assert f"sentinel myid {MYID}\n" in conf.read_text(encoding="utf-8")


def test_bytes_that_are_no_text_survive(conf: Path) -> None:
    conf.write_bytes(b"# \xff\n")
    assert ConfigurationFile(str(conf)).save(configuration()) == ""
    assert conf.read_bytes().startswith(b"# \xff\n")


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_file_keeps_its_permissions(conf: Path, mode: int) -> None:
    """[CFG-6-4], but that a file which only its owner may read is not opened to everybody."""
    conf.chmod(mode)
    ConfigurationFile(str(conf)).save(configuration())
    assert stat.S_IMODE(conf.stat().st_mode) == mode


def test_a_file_that_had_vanished_can_be_written_by_nobody_else(conf: Path) -> None:
    """[CFG-6-4]"""
    conf.unlink()
    mask = os.umask(0)
    try:
        ConfigurationFile(str(conf)).save(configuration())
    finally:
        os.umask(mask)
    assert stat.S_IMODE(conf.stat().st_mode) == 0o644


def test_a_link_to_the_file_stays_a_link(conf: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.conf"
    link.symlink_to(conf)
    assert ConfigurationFile(str(link)).save(configuration()) == ""
    assert link.is_symlink()
    assert MYID in conf.read_text(encoding="utf-8")


def test_the_content_is_on_disk_before_its_name_and_then_the_name_is(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG-6-4]"""
    done: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        done.append("sync directory" if is_directory else "sync file")
        fsync(descriptor)

    def noted_replace(*names: Any) -> None:
        done.append("rename")
        replace(*names)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    ConfigurationFile(str(conf)).save(configuration())
    assert done == ["sync file", "rename", "sync directory"]


@pytest.mark.parametrize("step", ["mkstemp", "fchmod", "fsync", "replace"])
def test_a_step_that_fails_leaves_the_old_file_and_nothing_else(
    conf: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    module = "tempfile" if step == "mkstemp" else "os"
    before = conf.read_bytes()
    with monkeypatch.context() as broken:
        broken.setattr(f"{module}.{step}", fail)
        assert ConfigurationFile(str(conf)).save(configuration()) == "No space left on device"
    assert conf.read_bytes() == before
    assert os.listdir(conf.parent) == [conf.name]
    assert ConfigurationFile(str(conf)).save(configuration()) == ""


def test_text_that_no_file_can_hold_is_an_error_and_no_exception(conf: Path) -> None:
    broken = SavedConfiguration(myid=MYID, sentinel_pass="\ud800")
    before = conf.read_bytes()
    assert ConfigurationFile(str(conf)).save(broken) != ""
    assert conf.read_bytes() == before


def test_acl_files_are_read_and_replaced_whole(tmp_path: Path) -> None:
    path = str(tmp_path / "users.acl")
    with pytest.raises(FileNotFoundError):
        AclFiles().read(path)
    AclFiles().write(path, "user a on\n")
    assert AclFiles().read(path) == "user a on\n"


@pytest.mark.real_io
def test_a_failing_disk_is_told_to_the_client_and_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CFG-5-14]"""

    def fail(*arguments: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async def scenario() -> None:
        async with serving(tmp_path, MASTER) as live:
            client = await live.client()
            with monkeypatch.context() as broken:
                broken.setattr(os, "fsync", fail)
                refused = await client.ask("SENTINEL", "FLUSHCONFIG")
                assert refused == Error("ERR Failed to save config file. Check server logs.")
            assert await client.ask("PING") == PONG
            assert (
                " # WARNING: Sentinel was not able to save the new configuration on disk!!!: "
                "Input/output error\n"
            ) in live.logged()
            assert await client.ask("SENTINEL", "FLUSHCONFIG") == OK

    run(scenario())
