"""Access rules: what each makes of a user, what is refused, and that a description is complete."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minisentinel.replies import OK, Error
from minisentinel.service.access.refusals import RuleRefused
from minisentinel.service.access.user import User, default_user, merged_rules, new_user
from minisentinel.service.catalogue import CATEGORIES, rows
from tests.access.support import access_control, say

COMMANDS = tuple(rows())


def facts() -> list[tuple[str, str]]:
    """Rules and what a real server answered, from ``setuser.txt``."""
    lines = Path(__file__).with_name("setuser.txt").read_text(encoding="utf-8").splitlines()
    spoken = [line for line in lines if line and not line.startswith("//")]
    return [(rules, answer.strip()) for rules, answer in zip(*[iter(spoken)] * 2, strict=True)]


@pytest.mark.parametrize(("rules", "answer"), facts())
def test_rules_make_the_user_or_the_error_of_a_real_server(rules: str, answer: str) -> None:
    """[CMD-2-12]"""
    access = access_control()
    reply = say(access, "SETUSER", "u", *rules.split(" "))
    if answer.startswith("ERR"):
        assert reply == Error(answer)
        assert list(access.users) == ["default"]
    else:
        assert reply == OK
        assert str(access.users["u"]) == answer


def test_a_user_without_rules_may_do_nothing_and_not_even_log_in() -> None:
    assert str(new_user("u")) == "user u off sanitize-payload resetchannels -@all"
    assert new_user("u").with_rule("") == new_user("u")


def test_parentheses_that_cannot_be_split_into_words_permit_nothing() -> None:
    user = new_user("u").with_rules(merged_rules(("on", "(+ping", '~"x)')))
    assert str(user) == ("user u on sanitize-payload resetchannels -@all (resetchannels -@all)")


@pytest.mark.parametrize("blank", " \t\n\v\f\r\0")
@pytest.mark.parametrize("kind", ["~", "%R~", "&"])
def test_patterns_hold_no_blanks(kind: str, blank: str) -> None:
    with pytest.raises(RuleRefused, match=r"^Syntax error$"):
        new_user("u").with_rule(f"{kind}a{blank}b")


def test_refused_rules_leave_a_user_as_it_was() -> None:
    access = access_control()
    say(access, "SETUSER", "u", "on", "+ping")
    before = access.users["u"]
    assert isinstance(say(access, "SETUSER", "u", "off", "+info", ">p", "bogus"), Error)
    assert access.users["u"] is before


def test_new_permissions_begin_with_every_channel_if_that_is_the_default() -> None:
    user = new_user("u", every_channel=True).with_rules(("(+ping)",), every_channel=True)
    assert str(user) == "user u off sanitize-payload &* -@all (&* -@all +ping)"
    reset = user.with_rules(("resetchannels", "&x", "reset"), every_channel=True)
    assert str(reset) == "user u off sanitize-payload &* -@all"


def test_undecodable_bytes_are_hashed_as_they_are() -> None:
    user = new_user("u").with_rules(("on", ">\udcff\u00fc"))
    assert user.passwords == ("07c9f52db35144f246204a21331615185c0888520ac7c0a9fe97bf380a0490c6",)
    assert user.accepts("\udcff\u00fc")


# --- properties ---

NAMES = tuple(facts.name for facts in COMMANDS)
FIRST_WORDS = tuple(
    f"{facts.name}|{word}"
    for facts in COMMANDS
    if "|" not in facts.name and not facts.subcommands
    for word in ("x", "y")
)
PATTERNS = st.sampled_from(("", "a", "a*", "b?", "[ab]c", "__sentinel__:hello"))


def signed(sign: str, names: tuple[str, ...]) -> st.SearchStrategy[str]:
    return st.sampled_from(names).map(sign.__add__)


FOR_SELECTORS = st.one_of(
    signed("+", NAMES),
    signed("-", NAMES),
    signed("+", FIRST_WORDS),
    signed("+@", (*CATEGORIES, "all")),
    signed("-@", (*CATEGORIES, "all")),
    PATTERNS.map("&".__add__),
    st.tuples(st.sampled_from(("~", "%R~", "%W~", "%RW~")), PATTERNS).map("".join),
    st.sampled_from(("allkeys", "resetkeys", "allchannels", "resetchannels")),
)
FOR_USERS = st.one_of(
    FOR_SELECTORS,
    FOR_SELECTORS,
    st.sampled_from(
        ("on", "off", "nopass", "resetpass", ">p", ">q", "<p", "reset", "clearselectors")
    ),
    st.sampled_from(("sanitize-payload", "skip-sanitize-payload")),
    st.lists(FOR_SELECTORS, max_size=4).map(lambda rules: f"({' '.join(rules)})"),
)


@st.composite
def users(draw: st.DrawFn) -> User:
    """Users that any rules have made; a rule that does not fit is left out."""
    user = new_user("u")
    for rule in draw(st.lists(FOR_USERS, max_size=12)):
        try:
            user = user.with_rule(rule)
        except RuleRefused:
            continue
    return user


@given(users())
def test_description_applied_to_a_new_user_makes_the_same_user(user: User) -> None:
    _, name, *words = str(user).split(" ")
    again = new_user(name).with_rules(merged_rules(words))
    assert again == user
    assert str(again) == str(user)


@given(users())
def test_description_applied_to_any_other_user_after_reset_makes_the_same_user(user: User) -> None:
    words = str(user).split(" ")[2:]
    other = default_user().with_rules(("reset", *merged_rules(words)))
    assert (other.root, other.selectors, other.flags) == (user.root, user.selectors, user.flags)


@given(users())
def test_a_rule_about_a_command_decides_at_once(user: User) -> None:
    for facts in COMMANDS:
        if "no_auth" in facts.flags:
            continue
        words = tuple(facts.name.split("|"))
        assert user.with_rule(f"+{facts.name}").root.allows_command(facts, words)
        assert not user.with_rule(f"-{facts.name}").root.allows_command(facts, words)


@given(users())
def test_users_are_plain_values(user: User) -> None:
    assert pickle.loads(pickle.dumps(user)) == user
    assert copy.deepcopy(user) == user


# --- against a table of bits ---


@given(st.lists(FOR_SELECTORS, max_size=10))
def test_the_last_rule_that_speaks_of_a_command_decides_as_a_table_would(rules: list[str]) -> None:
    """A real server keeps a bit for every command, and the first words of those it denies."""
    allowed = dict.fromkeys(NAMES, False)
    first_words: dict[str, set[str]] = {}
    user = new_user("u")
    for rule in rules:
        try:
            user = user.with_rule(rule)
        except RuleRefused:
            continue
        if rule[0] not in "+-":
            continue
        name, bit = rule[1:], rule[0] == "+"
        if name in FIRST_WORDS:
            command, _, word = name.partition("|")
            first_words.setdefault(command, set()).add(word)
            continue
        for facts in COMMANDS:
            categories = {f"@{category}" for category in ("all", *facts.categories)}
            if name not in {facts.name, *categories}:
                continue
            parts = (each.name for each in COMMANDS if each.name.startswith(f"{facts.name}|"))
            for part in (facts.name, *parts):
                allowed[part] = bit
            first_words.pop(facts.name, None)
    for facts in COMMANDS:
        for word in ("x", "z"):
            expected = (
                allowed[facts.name]
                or word in first_words.get(facts.name, ())
                or "no_auth" in facts.flags
            )
            words = (*facts.name.split("|"), word)
            assert user.root.allows_command(facts, words) == expected, facts.name
