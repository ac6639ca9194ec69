"""``minisentinel-sim run``: what it prints, what it writes, and its exit status."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from minisentinel.trace import read_trace
from sim.scenarios import stock_conf
from tests.cli.calling import call, start
from tests.support.golden import Golden

SHORT = ("--quiet", "--duration", "5")

NOT_HELD = """
title = "Nothing happens"

[run]
calm-for = 1

[expect]
failovers = 1
"""

CONF = """
port 26379
sentinel monitor first 10.1.0.1 6379 2
sentinel down-after-milliseconds first 1000
sentinel monitor second 10.2.0.1 6380 1
sentinel down-after-milliseconds second 1500
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    path = tmp_path / "sentinel.conf"
    path.write_text(CONF)
    return path


def test_failover_is_told_as_it_was_reviewed(
    capsys: pytest.CaptureFixture[str], golden: Golden
) -> None:
    """The merged logs, the summary and the verdicts. Spec: events §6.1 to §6.3.

    The digest has a golden file of its own: it changes with things that are not told here.
    """
    done = call(capsys, "run", "kill-master", "--seed", "1")
    assert done.status == 0
    told, _, _ = done.out.rpartition("digest ")
    golden("scenarios/kill-master.txt", told)


def test_digest_is_the_last_line(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "kill-master", "--seed", "1", *SHORT)
    assert re.fullmatch(r"digest [0-9a-f]{64}", done.out.splitlines()[-1])
    assert done.out.count("digest") == 1


def test_every_log_line_names_its_sentinel(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "kill-master", "--duration", "8")
    log = done.out.partition("\n\n")[0].splitlines()
    pattern = r"sentinel-[123] \| \d+:X \d\d Nov 2023 \d\d:\d\d:\d\d\.\d{3} [*#] .+"
    assert all(re.fullmatch(pattern, line) for line in log)
    assert {line[:10] for line in log} == {"sentinel-1", "sentinel-2", "sentinel-3"}
    times = [line.split()[6] for line in log]
    assert times == sorted(times)


def test_quiet_leaves_out_the_log_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    loud = call(capsys, "run", "kill-master", "--duration", "12")
    quiet = call(capsys, "run", "kill-master", "--duration", "12", "--quiet")
    assert loud.out.partition("\n\n")[2] == quiet.out
    assert quiet.status == loud.status


def test_same_seed_prints_the_same_and_another_seed_does_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outputs = [call(capsys, "run", "kill-master", "--seed", s, *SHORT).out for s in "112"]
    assert outputs[0] == outputs[1] != outputs[2]


def test_status_is_1_when_an_expectation_does_not_hold(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "story.toml"
    path.write_text(NOT_HELD)
    done = call(capsys, "run", str(path), "--quiet")
    assert done.status == 1
    assert "FAILED failovers 1: 0 " in done.out
    assert done.out.splitlines()[-1].startswith("digest ")


def test_status_is_1_when_a_fault_never_happens(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "story.toml"
    fault = '[[faults]]\nwhen = "+tilt"\ndo = "kill"\nnode = "master"\n'
    path.write_text(f'title = "x"\n[settings]\nfailover-timeout = 1000\n{fault}[run]\nlimit = 2\n')
    done = call(capsys, "run", str(path), "--quiet")
    assert done.status == 1
    reason = "never happened: no Sentinel said +tilt within 10 s"
    assert f"FAILED fault 1 (kill master): {reason}\n" in done.out


def test_no_master_to_hit_gives_status_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "story.toml"
    kill = '[[faults]]\nat = 0.5\ndo = "kill"\nnode = "master"\n'
    path.write_text(f'title = "x"\n{kill}{kill}')
    done = call(capsys, "run", str(path))
    assert (done.status, done.out) == (2, "")
    assert done.err == "minisentinel-sim: error: nobody names a master\n"


def test_unknown_verdict_of_an_invariant_is_no_failure(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "story.toml"
    path.write_text('title = "One Sentinel, alone"\n[deployment]\nsentinels = 1\nreplicas = 0\n')
    done = call(capsys, "run", str(path), "--quiet")
    assert done.status == 0
    assert "FAILED" not in done.out


@pytest.mark.parametrize("name", ["trace.jsonl", "new/folder/trace.jsonl"])
def test_trace_file_holds_the_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    setting = "down-after-milliseconds=900"
    done = call(
        capsys, "run", "kill-master", "--seed", "6", "--set", setting, *SHORT, "--trace", str(path)
    )
    assert done.err == f"wrote {path}\n"
    trace = read_trace(path)
    assert done.out.splitlines()[-1] == f"digest {trace.digest()}"
    assert (trace.header.scenario, trace.header.seed) == ("kill-master", 6)
    settings = trace.header.settings
    assert (settings["down-after-milliseconds"], settings["duration"]) == (900, 5)
    assert (settings["quorum"], settings["failover-timeout"]) == (2, 60_000), "as in force"
    assert list(path.parent.iterdir()) == [path], "no temporary file is left"


def test_duration_is_the_time_after_the_first_fault(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    call(capsys, "run", "kill-master", "--duration", "2.5", "--quiet", "--trace", str(path))
    end = read_trace(path).entries[-1]
    assert (end.time_us, getattr(end.data, "reason", "")) == (22_500_000, "duration")


def test_settings_of_sentinel_and_of_the_deployment_can_be_changed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    changes = ["sentinels=5", "replicas=3", "clients=0", "quorum=4"]
    arguments = [word for change in changes for word in ("--set", change)]
    call(capsys, "run", "kill-master", *arguments, *SHORT, "--trace", str(path))
    trace = read_trace(path)
    started = [e.node for e in trace.of_kind("node-started")]
    assert sorted(started) == [
        *(f"redis-{n}" for n in range(1, 5)),
        *(f"sentinel-{n}" for n in range(1, 6)),
    ]
    monitored = [e.data for e in trace.of_kind("event") if "+monitor" in str(e.data)]
    assert all("quorum 4" in str(data) for data in monitored)
    assert len(monitored) == 5


def test_conf_gives_name_address_quorum_and_periods(
    capsys: pytest.CaptureFixture[str], conf: Path
) -> None:
    done = call(capsys, "run", "kill-master", "--conf", str(conf), "--duration", "2")
    assert "+monitor master first 10.1.0.1 6379 quorum 2" in done.out
    assert "+sdown master first 10.1.0.1 6379" in done.out, "within two seconds"


def test_header_names_the_conf_without_its_folder_and_the_master_that_was_taken(
    capsys: pytest.CaptureFixture[str], conf: Path, tmp_path: Path
) -> None:
    path = tmp_path / "t.jsonl"
    words = ["--conf", str(conf), "--set", "replicas=1", *SHORT, "--trace", str(path)]
    call(capsys, "run", "kill-master", *words)
    settings = read_trace(path).header.settings
    assert (settings["conf"], settings["master"]) == ("sentinel.conf", "first")
    assert (settings["down-after-milliseconds"], settings["replicas"]) == (1000, 1)
    assert str(tmp_path) not in path.read_text(encoding="utf-8")


def test_another_master_of_conf_can_be_chosen(
    capsys: pytest.CaptureFixture[str], conf: Path
) -> None:
    done = call(
        capsys, "run", "kill-master", "--conf", str(conf), "--master", "second", "--duration", "1"
    )
    assert "+monitor master second 10.2.0.1 6380 quorum 1" in done.out
    assert "first" not in done.out


def test_what_conf_does_not_say_is_told(capsys: pytest.CaptureFixture[str], conf: Path) -> None:
    done = call(capsys, "run", "kill-master", "--conf", str(conf), "--set", "sentinels=5", *SHORT)
    assert done.err == (
        f"minisentinel-sim: note: {conf}: first, replicas: 2, Sentinels: 5 "
        "(change with --master and --set)\n"
    )


def test_a_quorum_that_nobody_can_reach_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    done = call(capsys, "run", "kill-master", "--set", "quorum=4", *SHORT)
    assert done.err == (
        "minisentinel-sim: note: quorum 4: 3 Sentinels can never agree; "
        "--set sentinels=N says how many there are\n"
    )
    enough = call(capsys, "run", "kill-master", "--set", "quorum=3", *SHORT)
    assert enough.err == ""


def test_stock_conf_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "stock.conf"
    path.write_text(stock_conf())
    done = call(capsys, "run", "kill-master", "--conf", str(path), "--quiet")
    assert done.status == 0
    assert "failover of mymaster from redis-1 to redis-" in done.out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (
            ["run", "qqq"],
            "no scenario is called 'qqq'; expected a name from minisentinel-sim list,",
        ),
        (["run", "kill-mster"], "from minisentinel-sim list (perhaps kill-master), or the path of"),
        (["plot", "kill-mster", "-o", "x.png"], "no scenario is called 'kill-mster'; expected"),
        (["run", "nowhere.toml"], "nowhere.toml: cannot be read: No such file or directory"),
        (["run", "kill-master", "--set", "quorum"], "--set quorum: expected KEY=VALUE"),
        (["run", "kill-master", "--set", "quorum=two"], "quorum=two: expected a whole number from"),
        (["run", "kill-master", "--set", "colour=1"], "unknown setting 'colour'; expected one of:"),
        (["run", "kill-master", "--conf", "nowhere.conf"], "nowhere.conf: cannot be read: No such"),
        (["run", "kill-master", "--master", "x"], "--master chooses among the masters of --conf"),
        (["run", "kill-master", "--plot", "picture.gif"], "picture.gif: expected a name that ends"),
        (["plot", "nowhere.jsonl", "-o", "x.png"], "nowhere.jsonl: cannot be read: No such file"),
        (["run", "kill-master", "--duration", "soon"], "greater than 0, found 'soon'"),
        (["run", "kill-master", "--duration", "0"], "greater than 0, found '0'"),
        (["run", "kill-master", "--duration", "nan"], "greater than 0, found 'nan'"),
        (["run", "kill-master", "--seed", "x"], "invalid int value: 'x'"),
        (["dance"], "invalid choice: 'dance'"),
        ([], "the following arguments are required: COMMAND"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_gives_status_2_and_one_clear_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    done = call(capsys, *arguments)
    assert done.status == 2
    assert done.out == ""
    assert expected in done.err.splitlines()[-1]
    assert "Traceback" not in done.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "sentinel monitor mymaster 10.0.0.1 6379 0\n",
            "sentinel.conf, line 1: 'sentinel monitor mymaster 10.0.0.1 6379 0': Quorum must be 1",
        ),
        ("port 26379\nsentinel dance mymaster\n", "sentinel.conf, line 2: 'sentinel dance"),
        ("port 26379\n", "sentinel.conf: no master to watch; expected a line: sentinel monitor"),
        ("sentinel monitor m 10.0.0.1 0 1\n", "sentinel.conf: address 10.0.0.1:0: expected a port"),
        ("sentinel monitor a,b 10.0.0.1 1 1\n", "sentinel.conf: master name 'a,b': expected"),
        ("sentinel monitor m 127.0.0.1 65535 1\n", "no port of 127.0.0.1 is free from 65535 on"),
        ("sentinel monitor m 255.255.255.255 1 1\n", "no address is free from 255.255.255.255 on"),
    ],
)
def test_bad_conf_gives_status_2_with_file_line_and_what_was_expected(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    text: str,
    expected: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("sentinel.conf").write_text(text)
    done = call(capsys, "run", "kill-master", "--conf", "sentinel.conf")
    assert done.status == 2
    *notes, error = done.err.splitlines()
    assert expected in error
    assert all(note.startswith("minisentinel-sim: note: ") for note in notes)


def test_unknown_master_of_conf_names_those_that_there_are(
    capsys: pytest.CaptureFixture[str], conf: Path
) -> None:
    done = call(capsys, "run", "kill-master", "--conf", str(conf), "--master", "third")
    assert done.status == 2
    assert "no master called 'third'; it monitors: first, second" in done.err


def test_fault_on_nobody_gives_status_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text('title = "x"\n[[faults]]\nat = 1\ndo = "kill"\nnode = "redis-9"\n')
    done = call(capsys, "run", str(path))
    assert done.status == 2
    assert "unknown node 'redis-9'; expected master or one of: redis-1, " in done.err


def test_partition_of_nodes_on_one_host_gives_status_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    conf, path = tmp_path / "local.conf", tmp_path / "story.toml"
    conf.write_text("sentinel monitor mymaster 127.0.0.1 6379 2\n")
    path.write_text(
        'title = "x"\n[[faults]]\nat = 1\ndo = "partition"\ngroups = [["redis-1"], ["redis-2"]]\n'
    )
    done = call(capsys, "run", str(path), "--conf", str(conf))
    assert done.status == 2
    assert "impossible partition: host 'redis-1' is on two sides" in done.err


@pytest.mark.parametrize("option", ["--trace", "--plot"])
@pytest.mark.parametrize("where", ["folder.png", "file/below.png"])
def test_output_that_cannot_be_written_is_refused_before_the_run(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    where: str,
) -> None:
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setattr("sim.cli.running.run_scenario", lambda *a, **k: pytest.fail("it ran"))
    done = call(capsys, "run", "kill-master", option, str(tmp_path / where))
    assert done.status == 2
    assert f"{tmp_path / where}: cannot be written" in done.err


@pytest.mark.real_io
def test_trace_is_written_although_nobody_reads_the_output_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    reading, writing = os.pipe()
    process = start(
        "run", "kill-master", "--trace", str(path), stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    with process:
        os.read(reading, 10)
        os.close(reading)
        _, errors = process.communicate()
    assert process.returncode == 0
    assert errors == f"wrote {path}\n"
    assert len(read_trace(path).entries) > 1000


@pytest.mark.real_io
def test_progress_is_shown_to_a_person_and_wiped_at_the_end() -> None:
    pty = pytest.importorskip("pty")
    master, terminal = pty.openpty()
    process = start(
        "run", "kill-master", "--quiet", stdout=subprocess.PIPE, stderr=terminal, bufsize=-1
    )
    os.close(terminal)
    output, _ = process.communicate()
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert process.returncode == 0
    assert "20 s of virtual time" in shown
    assert shown.endswith("\r\x1b[K")
    assert "virtual time" not in output


@pytest.mark.real_io
def test_nothing_but_results_is_printed_into_a_pipe() -> None:
    process = start("run", "kill-master", "--quiet", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, errors = process.communicate()
    assert (process.returncode, errors) == (0, "")
    assert "\x1b" not in output
    assert "\r" not in output
