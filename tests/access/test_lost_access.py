"""Whose connections are closed when users change or go."""

from __future__ import annotations

import pytest

from minisentinel.replies import Error
from minisentinel.service.access import LostAccess
from tests.access.support import access_control, carry_out, say

CLIENTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "SUBSCRIBE a1": (("a1",), ()),
    "SUBSCRIBE b": (("b",), ()),
    "PSUBSCRIBE a*": ((), ("a*",)),
    "PSUBSCRIBE b": ((), ("b",)),
    "PING": ((), ()),
}
"""Clients of a user that may use the channels ``a*`` and ``b``."""


@pytest.mark.parametrize(
    ("rules", "closed"),
    [
        ("resetchannels", "SUBSCRIBE a1, SUBSCRIBE b, PSUBSCRIBE a*, PSUBSCRIBE b"),
        ("resetchannels &a*", "SUBSCRIBE b, PSUBSCRIBE b"),
        ("resetchannels &a1", "SUBSCRIBE b, PSUBSCRIBE a*, PSUBSCRIBE b"),
        ("resetchannels &b &a* &c", ""),
        ("resetchannels (&a* &b)", ""),
        ("allchannels", ""),
        ("(&zz)", ""),
        ("resetchannels (&*)", ""),
        ("reset on +@all &a? &b", "PSUBSCRIBE a*"),
        # Only channels matter: who is in stays in.
        ("off", ""),
        ("-subscribe -psubscribe", ""),
        ("resetpass", ""),
    ],
)
def test_clients_that_listen_to_what_their_user_lost_are_closed(rules: str, closed: str) -> None:
    """As a real server did with the same clients."""
    access = access_control(users=(("s", "on", ">p", "+@all", "&a*", "&b"),))
    lost = carry_out(access, "SETUSER", "s", *rules.split()).lost
    found = [name for name, heard in CLIENTS.items() if any(one.ends("s", *heard) for one in lost)]
    assert ", ".join(found) == closed
    assert not any(one.ends("default", *heard) for one in lost for heard in CLIENTS.values())


def test_who_could_listen_to_everything_loses_by_any_narrower_rule() -> None:
    access = access_control()
    (lost,) = carry_out(access, "SETUSER", "default", "resetchannels", "&a*").lost
    assert lost == LostAccess("default", ("a*",))
    assert lost.ends("default", ("b",), ())
    assert not lost.ends("default", ("a1",), ("a*",))


def test_a_new_user_has_no_clients() -> None:
    assert carry_out(access_control(), "SETUSER", "u", "&a").lost == ()


def test_all_clients_of_a_deleted_user_are_closed() -> None:
    access = access_control(users=(("a",), ("b",)))
    outcome = carry_out(access, "DELUSER", "a", "nobody", "a", "b")
    assert outcome.reply == 2
    assert outcome.lost == (LostAccess("a"), LostAccess("b"))
    assert outcome.lost[0].ends("a", (), ())
    assert not outcome.lost[0].ends("b", (), ())
    assert list(access.users) == ["default"]


def test_nobody_is_deleted_together_with_the_default_user() -> None:
    access = access_control(users=(("a",),))
    reply = say(access, "DELUSER", "a", "default")
    assert reply == Error("ERR The 'default' user cannot be removed")
    assert list(access.users) == ["default", "a"]
