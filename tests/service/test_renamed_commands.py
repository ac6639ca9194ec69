"""Commands that ``rename-command`` gave another name, or none."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, Error
from minisentinel.service.catalogue import CATALOGUE
from minisentinel.service.catalogue.names import check_renames, commands_by_name
from tests.config.loading import loaded
from tests.service.front import Front

RENAMES = ("rename-command PING Pong", "rename-command shutdown ''")


def renamed() -> Front:
    return Front(settings=loaded(*RENAMES).server)


def test_a_renamed_command_answers_to_its_new_name_only() -> None:
    front = renamed()
    assert front.command("pong") == PONG
    assert front.command("PING") == Error("ERR unknown command 'PING', with args beginning with: ")


def test_a_command_without_a_name_cannot_be_called() -> None:
    front = renamed()
    assert front.command("SHUTDOWN", "NOSAVE") == Error(
        "ERR unknown command 'SHUTDOWN', with args beginning with: 'NOSAVE' "
    )
    assert front.command("COMMAND", "COUNT") == len(CATALOGUE) - 1
    assert front.command("COMMAND", "INFO", "SHUTDOWN") == (None,)
    names = front.command("COMMAND", "LIST")
    assert isinstance(names, tuple)
    assert "ping" in names
    assert "shutdown" not in names


def test_what_is_said_of_a_renamed_command_has_its_own_name() -> None:
    front = renamed()
    assert front.command("PONG", "a", "b") == Error(
        "ERR wrong number of arguments for 'ping' command"
    )
    facts = front.command("COMMAND", "INFO", "pong")
    assert isinstance(facts, tuple)
    assert isinstance(facts[0], tuple)
    assert facts[0][0] == "ping"
    documentation = front.command("COMMAND", "DOCS", "pong")
    assert isinstance(documentation, dict)
    assert list(documentation) == ["ping"]
    assert front.command("ACL", "SETUSER", "u", "on", "+ping") == OK


def test_a_container_keeps_its_subcommands() -> None:
    front = Front(settings=loaded("rename-command CLIENT people").server)
    assert front.command("PEOPLE", "SETNAME", "me") == OK
    assert front.command("people", "getname") == "me"
    assert front.command("PEOPLE", "BOGUS") == Error(
        "ERR unknown subcommand 'BOGUS'. Try CLIENT HELP."
    )


@pytest.mark.parametrize(
    ("renames", "fault"),
    [
        ([("PING", "PING")], None),
        ([("PING", "a"), ("A", "b")], None),
        ([("PING", ""), ("INFO", "ping")], None),
        ([("CONFIG", "")], "No such command in rename-command"),
        ([("PING", "a"), ("PING", "b")], "No such command in rename-command"),
        ([("PING", "info")], "Target command name already exists"),
    ],
)
def test_what_cannot_be_renamed_is_said_as_a_real_server_does(
    renames: list[tuple[str, str]], fault: str | None
) -> None:
    assert check_renames(renames) == fault


def test_without_renames_every_command_has_its_own_name() -> None:
    assert dict(commands_by_name(())) == dict(CATALOGUE)
