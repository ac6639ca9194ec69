"""CLIENT TRACKING and its kin: taken, shown and refused as real servers do."""

from __future__ import annotations

import pytest

from minisentinel.replies import OK, PONG, Command, Reply, Unordered
from tests.service.front import Front, errors

OVERLAP = "Prefixes for a single client must not overlap."
SWITCH = (
    "ERR You can't switch {} before disabling tracking for this client, and then re-enabling it "
    "with a different mode."
)
BCAST_SWITCH = SWITCH.format("BCAST mode on/off")
OPT_SWITCH = SWITCH.format("OPTIN/OPTOUT mode")


@pytest.fixture
def front() -> Front:
    return Front()


def shown(front: Front) -> tuple[tuple[Reply, ...], Reply, Reply]:
    """Flags, redirection and prefixes of the first client."""
    (reply,) = front.say(1, "CLIENT", "TRACKINGINFO")
    assert isinstance(reply, dict)
    assert tuple(reply) == ("flags", "redirect", "prefixes")
    flags = reply["flags"]
    assert isinstance(flags, Unordered)
    return tuple(flags), reply["redirect"], reply["prefixes"]


def track(front: Front, *words: str) -> list[Reply]:
    return front.say(1, "CLIENT", "TRACKING", *words)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("foo",), "ERR syntax error"),
        (("on", "FOO"), "ERR syntax error"),
        (("on", "REDIRECT"), "ERR syntax error"),
        (("on", "PREFIX"), "ERR syntax error"),
        (("on", "REDIRECT", "x"), "ERR value is not an integer or out of range"),
        (("on", "REDIRECT", "99"), "ERR The client ID you want redirect to does not exist"),
        (("foo", "REDIRECT", "99"), "ERR The client ID you want redirect to does not exist"),
        (
            ("on", "REDIRECT", "1", "REDIRECT", "x"),
            "ERR A client can only redirect to a single other client",
        ),
        (("on", "PREFIX", "a"), "ERR PREFIX option requires BCAST mode to be enabled"),
        (
            ("on", "PREFIX", "a", "OPTIN", "OPTOUT"),
            "ERR PREFIX option requires BCAST mode to be enabled",
        ),
        (("on", "OPTIN", "OPTOUT"), "ERR You can't specify both OPTIN mode and OPTOUT mode"),
        (("on", "BCAST", "OPTIN"), "ERR OPTIN and OPTOUT are not compatible with BCAST"),
        (
            ("on", "BCAST", "PREFIX", "ab", "PREFIX", "abc"),
            f"ERR Prefix 'ab' overlaps with another provided prefix 'abc'. {OVERLAP}",
        ),
        (
            ("on", "BCAST", "PREFIX", "a", "PREFIX", "a"),
            f"ERR Prefix 'a' overlaps with another provided prefix 'a'. {OVERLAP}",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(front: Front, words: Command, text: str) -> None:
    """[CMD-2-13]"""
    assert errors(track(front, *words)) == [text]
    assert shown(front) == (("off",), -1, ())


def test_tracking_is_shown(front: Front) -> None:
    """[CMD-2-13]"""
    other = front.connect()
    assert track(front, "ON") == [OK]
    assert shown(front) == (("on",), 0, ())
    assert front.say(1, "CLIENT", "GETREDIR") == [0]
    assert track(front, "on", "noloop", "optin", "redirect", str(other)) == [OK]
    assert shown(front) == (("on", "optin", "noloop"), other, ())
    assert front.say(1, "CLIENT", "GETREDIR") == [other]
    assert track(front, "off", "BCAST", "PREFIX", "a") == [OK]
    assert shown(front) == (("off",), -1, ())
    assert front.say(1, "CLIENT", "GETREDIR") == [-1]


def test_the_mode_is_switched_only_by_way_of_off(front: Front) -> None:
    """[CMD-2-13]"""
    track(front, "on", "OPTIN")
    assert errors(track(front, "on", "OPTOUT")) == [OPT_SWITCH]
    assert errors(track(front, "on", "BCAST")) == [BCAST_SWITCH]
    assert errors(track(front, "on", "BCAST", "OPTIN")) == [BCAST_SWITCH]
    assert track(front, "on") == [OK]
    assert track(front, "on", "OPTOUT") == [OK]
    track(front, "off")
    track(front, "on", "BCAST")
    assert errors(track(front, "on", "OPTIN", "OPTOUT")) == [BCAST_SWITCH]


def test_prefixes_add_up_and_none_is_the_empty_one(front: Front) -> None:
    """[CMD-2-13]"""
    assert track(front, "on", "BCAST", "PREFIX", "b", "PREFIX", "a") == [OK]
    assert shown(front) == (("on", "bcast"), 0, ("a", "b"))
    assert errors(track(front, "on", "BCAST", "PREFIX", "abz")) == [
        f"ERR Prefix 'abz' overlaps with an existing prefix 'a'. {OVERLAP}"
    ]
    assert track(front, "on", "BCAST", "NOLOOP") == [OK]
    assert shown(front) == (("on", "bcast", "noloop"), 0, ("", "a", "b"))
    assert errors(track(front, "on", "BCAST", "PREFIX", "zz")) == [
        f"ERR Prefix 'zz' overlaps with an existing prefix ''. {OVERLAP}"
    ]


def test_caching_is_an_exception_for_the_next_command_that_is_not_about_clients(
    front: Front,
) -> None:
    """[CMD-2-13]"""
    track(front, "on", "OPTOUT")
    assert front.say(1, "CLIENT", "CACHING", "no") == [OK]
    assert shown(front)[0] == ("on", "optout", "caching-no")
    track(front, "on", "OPTOUT")
    assert shown(front)[0] == ("on", "optout", "caching-no")
    assert front.say(1, "PING") == [PONG]
    assert shown(front)[0] == ("on", "optout")
    track(front, "off")
    track(front, "on", "OPTIN")
    assert front.say(1, "CLIENT", "CACHING", "YES") == [OK]
    assert shown(front)[0] == ("on", "optin", "caching-yes")


def test_caching_needs_the_right_mode(front: Front) -> None:
    """[CMD-2-13]"""
    for word in ("yes", "foo"):
        assert errors(front.say(1, "CLIENT", "CACHING", word)) == [
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN "
            "or OPTOUT mode enabled"
        ]
    track(front, "on")
    assert errors(front.say(1, "CLIENT", "CACHING", "yes")) == [
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."
    ]
    assert errors(front.say(1, "CLIENT", "CACHING", "no")) == [
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."
    ]
    assert errors(front.say(1, "CLIENT", "CACHING", "foo")) == ["ERR syntax error"]
