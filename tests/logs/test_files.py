"""Whose a file is, and which lines are left out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from sim.logs import LogError
from sim.logs.files import Log, Strange, read_files


def line(second: int, text: str = "+new-epoch 1", pid: int = 7) -> str:
    return f"{pid}:X 22 Nov 2026 12:00:{second:02d}.000 # {text}\n"


def write(path: Path, *lines: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def names(logs: list[Log]) -> list[str]:
    return [log.name for log in logs]


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("sentinel-1.log", "sentinel-1"),
        ("sentinel-1.log.2", "sentinel-1"),
        ("sentinel-1.log-20261122", "sentinel-1"),
        ("sentinel-1.txt", "sentinel-1"),
        ("sentinel-1", "sentinel-1"),
        ("10.0.0.1.log", "10.0.0.1"),
    ],
)
def test_a_sentinel_is_called_as_its_file(tmp_path: Path, file: str, name: str) -> None:
    logs, _ = read_files([write(tmp_path / file, line(1))])
    assert names(logs) == [name]


def test_a_name_can_be_given(tmp_path: Path) -> None:
    path = write(tmp_path / "a=b.log", line(1))
    assert names(read_files([f"left={path}"])[0]) == ["left"]
    assert names(read_files([path])[0]) == ["a=b"]


def test_files_of_one_name_in_several_directories_are_called_by_these(tmp_path: Path) -> None:
    paths = [write(tmp_path / each / "sentinel.log", line(1)) for each in ("left", "right")]
    assert names(read_files(paths)[0]) == ["left", "right"]


def test_directories_of_one_name_need_names(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    paths = [write(tmp_path / each / "logs" / "x.log", line(1)) for each in ("a", "b")]
    with pytest.raises(LogError, match=r"several files are called 'x'.*NAME=FILE"):
        read_files(paths)


def test_pieces_of_a_rotated_log_are_put_in_order(tmp_path: Path) -> None:
    oldest = tmp_path / "s.log.2.gz"
    oldest.write_bytes(gzip.compress(line(1).encode()))
    paths = [
        write(tmp_path / "s.log", line(5)),
        write(tmp_path / "s.log.1", line(3), line(4)),
        str(oldest),
    ]
    (log,), strange = read_files(paths)
    assert log.paths == (str(oldest), paths[1], paths[0])
    assert strange == []


def test_an_empty_piece_is_no_error(tmp_path: Path) -> None:
    paths = [write(tmp_path / "s.log"), write(tmp_path / "s.log.1", line(3))]
    (log,), _ = read_files(paths)
    assert log.paths == (paths[1],)


def test_one_file_may_have_the_logs_of_several(tmp_path: Path) -> None:
    path = write(
        tmp_path / "all.log",
        f"s1      | {line(1)}",
        "redis-1 | 1:M 22 Nov 2026 12:00:01.000 * Ready to accept connections\n",
        f"s2      | {line(2)}",
        f"s1      | {line(3)}",
    )
    logs, strange = read_files([path])
    assert [(log.name, len(log.lines)) for log in logs] == [("s1", 2), ("s2", 1)]
    assert [(each.number, each.why) for each in strange] == [(2, "a line of a data server")]
    with pytest.raises(LogError, match="expected the log of x alone, found s1, s2"):
        read_files([f"x={path}"])


def test_lines_of_others_are_left_out_and_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "s.log", "hello\n", "\n", line(1), line(2)[:-20])
    (log,), strange = read_files([path])
    assert len(log.lines) == 1
    assert strange == [
        Strange(path, 1, "hello", "not a line of a Sentinel"),
        Strange(path, 4, line(2)[:-20], "has no end"),
    ]


def test_a_signal_handler_speaks_for_the_process_before_it(tmp_path: Path) -> None:
    said = "7:signal-handler (1795380989) Received SIGTERM scheduling shutdown...\n"
    (log,), strange = read_files([write(tmp_path / "s.log", said, line(1), said)])
    assert [each.number for each in log.lines] == [2, 3]
    assert [each.number for each in strange] == [1]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([], "line 1: expected .* found nothing"),
        (["\n", "hello\n"], "line 2: expected a line of a Sentinel's log.*\\+sdown.*'hello'"),
        (
            ["1:M 22 Nov 2026 12:00:01.000 * Ready\n"],
            "line 1: .*Ready' \\(a line of a data server\\)",
        ),
    ],
)
def test_a_file_without_a_line_of_a_sentinel_is_one_error(
    tmp_path: Path, lines: list[str], found: str
) -> None:
    path = write(tmp_path / "s.log", *lines)
    with pytest.raises(LogError, match=f"s.log, {found}"):
        read_files([path])


def test_a_damaged_gzip_file_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "s.log.gz"
    path.write_bytes(gzip.compress(line(1).encode() * 50)[:-9])
    with pytest.raises(LogError, match="expected a gzip file, found a damaged one"):
        read_files([str(path)])


def test_a_file_given_twice_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "s.log", line(1))
    with pytest.raises(LogError, match="every file once, found it 2 times"):
        read_files([path, path])


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "s.log"
    path.write_bytes(b"\xef\xbb\xbf" + line(1, "+sdown master m\xff").encode("latin-1"))
    (log,), _ = read_files([str(path)])
    assert log.lines[0].line.text == "+sdown master m\udcff"
