"""A scenario file in which everybody asks for a password, and all who know it say it."""

from __future__ import annotations

import pytest

from minisentinel.trace import Trace
from sim.judge import account_for_clients
from sim.scenarios import ScenarioError, read_scenario, run_scenario

GUARDED = """
title = "Passwords"

[settings]
down-after-milliseconds = 1000
failover-timeout = 5000
[servers]
requirepass = "vault"
masterauth = "vault"
[nodes.sentinel-1]
conf = ["sentinel auth-pass mymaster vault", "requirepass gate", "sentinel sentinel-pass gate"]
[nodes.sentinel-2]
conf = ["sentinel auth-pass mymaster vault", "requirepass gate", "sentinel sentinel-pass gate"]
[nodes.sentinel-3]
conf = ["sentinel auth-pass mymaster vault", "requirepass gate", "sentinel sentinel-pass gate"]
[[faults]]
at = 15
do = "kill"
node = "master"
"""


def play(*clients: str) -> Trace:
    text = GUARDED + "\n".join(["[[clients]]", *clients]) + "\n[run]\nwatch-for = 15\n"
    return run_scenario(read_scenario(text, name="guarded", path="guarded.toml"), seed=1).trace


def written(trace: Trace) -> int:
    (account,) = account_for_clients(trace)
    return account.succeeded


def test_clients_that_know_both_passwords_write_before_and_after_a_failover() -> None:
    trace = play('sentinel-auth = "gate"', 'server-auth = ["default", "vault"]')
    assert written(trace) > 150
    assert trace.header.settings["client-groups"][0]["server-auth"] == ["default", "vault"]


@pytest.mark.parametrize(
    "known",
    [(), ('sentinel-auth = "gate"',), ('server-auth = "vault"',), ('sentinel-auth = "vault"',)],
)
def test_clients_that_lack_one_of_them_write_nothing(known: tuple[str, ...]) -> None:
    assert written(play(*known)) == 0


@pytest.mark.parametrize("value", ["7", '""', "[]", '["user"]', '["user", ""]', '["a", "b", "c"]'])
def test_what_is_no_password_is_refused(value: str) -> None:
    text = f'title = "x"\n[[clients]]\nserver-auth = {value}\n'
    with pytest.raises(ScenarioError) as problem:
        read_scenario(text, name="story", path="story.toml")
    assert (
        "story.toml, line 3: clients.server-auth: expected a password, or [user, password]"
        in str(problem.value)
    )
