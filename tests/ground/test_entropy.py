"""Nothing that a simulation reaches asks the machine for time, chance or an order."""

from __future__ import annotations

import ast
import datetime
import os
import random
import socket
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.entropy import EntropyError, watched

ROOT = Path(__file__).resolve().parents[2]


def run_as(file: str, source: str) -> None:
    """Execute `source` as if it stood in `file` of the checkout."""
    exec(compile(source, str(ROOT / file), "exec"), {})


@pytest.mark.parametrize(
    "call",
    [
        "import time; time.time()",
        "import time; time.monotonic()",
        "import time; time.sleep(0)",
        "import random; random.random()",
        "import random; random.choice([1])",
        "import os; os.urandom(1)",
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 1)",
        "import uuid; uuid.uuid4()",
    ],
)
@pytest.mark.parametrize("file", ["minisentinel/core/fake.py", "sim/fake.py"])
def test_our_code_that_asks_the_machine_is_caught(file: str, call: str) -> None:
    with pytest.raises(EntropyError, match="asks the machine"):
        run_as(file, call)


def test_code_of_others_may_ask_the_machine() -> None:
    run_as("tests/fake.py", "import time, random, os; time.time(); random.random(); os.urandom(1)")
    socket.socket().close()
    assert time.time() > 0
    assert 0 <= random.random() < 1


@pytest.mark.real_io
def test_a_test_of_real_io_has_no_tripwire() -> None:
    run_as("minisentinel/fake.py", "import time; time.time()")


def test_the_tripwire_guards_every_function_of_the_random_module() -> None:
    names = [name for module, name in watched() if module is random]
    assert {"random", "shuffle", "getrandbits", "seed", "gauss"} <= set(names)
    assert not any(isinstance(getattr(random, name), type) for name in names)


# --- what no tripwire can catch, because it is built in: read the sources ------------------------


def temptations(source: str) -> Iterator[str]:
    """What in a module would make two runs differ, each with its line."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Attribute(attr="now" | "utcnow" | "today" as name)) if (
                "date" in ast.unparse(node.func)
            ):
                yield f"line {node.lineno}: reads the date with {name}()"
            case (
                ast.Call(func=ast.Attribute(attr="Random"), args=[])
                | ast.Call(func=ast.Name(id="Random"), args=[])
            ):
                yield f"line {node.lineno}: a generator without a seed"
            case ast.Call(func=ast.Name(id="hash")):
                yield f"line {node.lineno}: hash() differs from run to run"
            case ast.keyword(arg="key", value=value) | ast.FormattedValue(value=value) if any(
                isinstance(part, ast.Name) and part.id == "id" for part in ast.walk(value)
            ):
                yield f"line {value.lineno}: id() differs from run to run"
            case ast.ImportFrom(module="time" | "random" | "secrets" | "os" as module):
                if loose := [alias.name for alias in node.names if alias.name in FORBIDDEN]:
                    yield f"line {node.lineno}: takes {', '.join(loose)} from {module}"
            case ast.Import(names=imported) if any(x.name == "secrets" for x in imported):
                yield f"line {node.lineno}: secrets are the machine's"
            case ast.For(iter=target) | ast.comprehension(iter=target) if is_set(target):
                yield f"line {target.lineno}: walks over a set"


FORBIDDEN = {name for _, name in watched()} - {"sleep"} | {"SystemRandom"}


def is_set(node: ast.expr) -> bool:
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Call(func=ast.Name(id="set" | "frozenset")):
            return True
    return False


@pytest.mark.parametrize(
    "source",
    [
        "datetime.datetime.now()",
        "date.today()",
        "random.Random()",
        "sorted(nodes, key=lambda node: id(node))",
        "nodes.sort(key=id)",
        "f'<Node at {id(self):x}>'",
        "hash('a')",
        "from time import monotonic",
        "import secrets",
        "for x in {1, 2}: pass",
        "[x for x in set(y)]",
    ],
)
def test_a_temptation_is_found_in_a_source(source: str) -> None:
    assert list(temptations(source))


def test_honest_code_has_no_temptations() -> None:
    source = textwrap.dedent(
        """
        from random import Random
        generator = Random(7)
        for name in sorted({"b", "a"}):
            kernel.now()
            keep[id(name)] = name
        """
    )
    assert not list(temptations(source))


@pytest.mark.parametrize(
    "path",
    [
        path
        for package in ("minisentinel", "sim")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name != "cli.py" and "cli" not in path.parts
    ],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_module_gives_in_to_no_temptation(path: Path) -> None:
    assert not list(temptations(path.read_text(encoding="utf-8")))


def test_the_tripwire_leaves_the_types_of_the_library_alone() -> None:
    assert isinstance(random.Random(1), random.Random)
    with socket.socket() as ours:
        assert isinstance(ours, socket.socket)
    assert isinstance(datetime.datetime.now(tz=datetime.UTC), datetime.datetime)
    assert os.urandom(0) == b""
