"""Every script in ``scripts/`` tells today's protocol, and the script language refuses nonsense."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.interaction import ScriptError, replay
from tests.support.golden import Golden

SCRIPTS = Path(__file__).resolve().parent / "scripts"
NAMES = sorted(path.name for path in SCRIPTS.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_the_sentinel_does_what_the_script_says(name: str, request: pytest.FixtureRequest) -> None:
    script = Golden(SCRIPTS, rewrite=bool(request.config.getoption("--rewrite-golden")))
    script(name, replay((SCRIPTS / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_every_script_says_what_to_notice(name: str) -> None:
    assert (SCRIPTS / name).read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("name", NAMES)
def test_every_script_is_in_the_table_of_contents(name: str) -> None:
    contents = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    assert contents.count(f"`{name.removesuffix('.txt')}`") == 1


@pytest.mark.parametrize(
    "text",
    [
        "dance\n----\n",
        "tick\n",
        "server redis-1 colour=red\n----\n",
        "script 7\n----\n",
        "processes perhaps\n",
    ],
)
def test_a_script_that_asks_for_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ScriptError):
        replay(text)
