"""The conformance page tells the truth about citations, and wrong citations are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.conformance import (
    PAGES,
    ConformanceError,
    Rule,
    cited_sections,
    excerpt,
    files,
    load,
    main,
)

# Built from pieces, so that the tool does not take this file for a test of these rules.
SECTION = "\N{SECTION SIGN}"


def rule_id(number: str, section: str = "1.1", letters: str = "MON") -> str:
    return f"{letters}-{section}-{number}"


def cite(section: str, page: str = "monitoring") -> str:
    return f'"""Spec: {page} {SECTION}{section}."""\n'


def cite_rule(number: str) -> str:
    return f'"""As it must be [{rule_id(number)}]."""\n'


def judge(rule: str, status: str, reason: str = "") -> str:
    return f'[[judgement]]\nrules = ["{rule}"]\nstatus = "{status}"\nreason = "{reason}"\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small project: rules 1 and 2 of section 1.1 of one page, no code and no tests."""
    (tmp_path / "docs" / "spec").mkdir(parents=True)
    for page in PAGES:
        (tmp_path / "docs" / "spec" / f"{page}.md").write_text(f"# {page}\n", encoding="utf-8")
    for folder in ("minisentinel", "sim", "tests"):
        (tmp_path / folder).mkdir()
    write_rules(
        tmp_path, f"* first <sup>[{rule_id('1')}]</sup>", f"* two <sup>[{rule_id('2')}]</sup>"
    )
    (tmp_path / "docs" / "conformance.toml").touch()
    return tmp_path


def write_rules(checkout: Path, *lines: str) -> None:
    text = "\n".join(["# Monitoring", "## 1. Data", "### 1.1 State", "", *lines, ""])
    (checkout / "docs" / "spec" / "monitoring.md").write_text(text, encoding="utf-8")


def first_rule(checkout: Path) -> Rule:
    return load(checkout).rules[rule_id("1")]


def put(checkout: Path, name: str, text: str) -> None:
    (checkout / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "test", "status"),
    [
        ("", "", "missing"),
        ("", cite_rule("1"), "missing"),
        (cite("1.1"), "", "cited"),
        (cite("1"), "", "cited"),
        (cite("1.1"), cite("1.1"), "cited"),
        (cite_rule("1"), "", "partial"),
        (cite_rule("1"), cite("1"), "done"),
        (cite("1.1"), cite_rule("1"), "done"),
        (cite_rule("1"), cite_rule("1"), "done"),
        (cite_rule("2"), cite_rule("2"), "missing"),
    ],
)
def test_status_follows_from_who_cites_the_rule(
    checkout: Path, code: str, test: str, status: str
) -> None:
    put(checkout, "minisentinel/core.py", code)
    put(checkout, "tests/test_core.py", test)
    assert first_rule(checkout).status == status


def test_a_judgement_wins_over_citations_and_the_more_specific_one_over_the_other(
    checkout: Path,
) -> None:
    put(checkout, "sim/node.py", cite("1.1"))
    put(
        checkout,
        "docs/conformance.toml",
        judge(rule_id("1"), "missing", "later") + judge("MON-1", "partial", "half"),
    )
    rules = load(checkout).rules
    assert (rules[rule_id("1")].status, rules[rule_id("1")].reason) == ("missing", "later")
    assert rules[rule_id("2")].status == "partial"


@pytest.mark.parametrize(
    ("code", "judgements", "problem"),
    [
        (cite("7"), "", "no such section"),
        (f"# {SECTION}1.1 of nothing named\n", "", "cites no page"),
        (cite_rule("9"), "", "no such rule"),
        ("", judge("MON-7", "missing"), "no such rule or section"),
        ("", judge("MON-1", "fine"), "expected a status"),
        ("", judge("MON-1", "done"), "no code or no test"),
        ("", judge("MON-1", "missing") + judge("MON-1", "partial"), "judged twice"),
        ("", '[[judgement]]\nrules = ["MON-1"]\n', "expected rules, status and reason"),
        (cite_rule("1"), judge("MON-1", "missing"), "code cites it"),
        ("", "status = [\n", "conformance.toml"),
    ],
)
def test_what_cannot_be_true_is_refused(
    checkout: Path, code: str, judgements: str, problem: str
) -> None:
    put(checkout, "minisentinel/core.py", code)
    put(checkout, "docs/conformance.toml", judgements)
    with pytest.raises(ConformanceError, match=problem):
        load(checkout)


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        (rule_id("1"), "twice"),
        (rule_id("2", section="1.2"), "stands in section 1.1"),
        (rule_id("2", letters="ELE"), "stands in section 1.1"),
    ],
)
def test_an_id_that_is_repeated_or_in_the_wrong_place_is_refused(
    checkout: Path, second: str, problem: str
) -> None:
    write_rules(checkout, f"* a <sup>[{rule_id('1')}]</sup>", f"* b <sup>[{second}]</sup>")
    with pytest.raises(ConformanceError, match=problem):
        load(checkout)


def test_a_rule_added_between_two_others_gets_a_letter(checkout: Path) -> None:
    ids = [rule_id("1"), rule_id("1a"), rule_id("2")]
    write_rules(checkout, *(f"* x <sup>[{name}]</sup>" for name in ids))
    assert list(load(checkout).rules) == ids


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        (f"monitoring {SECTION}4 to {SECTION}6", ["4", "5", "6"]),
        (f"monitoring {SECTION}1.2, {SECTION}1.3 and {SECTION}3", ["1.2", "1.3", "3"]),
        (f"`monitoring.md` {SECTION}9.1", ["9.1"]),
        (f"monitoring\n    # {SECTION}9", ["9"]),
        (f"monitoring {SECTION}2. Something else ({SECTION}8)", ["2", "8"]),
    ],
)
def test_sections_are_cited_as_people_write_them(text: str, sections: list[str]) -> None:
    cited = [(page, section) for page, section, _ in cited_sections(text)]
    assert cited == [("monitoring", section) for section in sections]


@pytest.mark.parametrize(
    ("last", "cited"), [("1", ["1"]), ("2", ["1", "2"]), ("4", ["1", "2", "2a", "3", "4"])]
)
def test_a_range_names_all_rules_from_one_to_another(
    checkout: Path, last: str, cited: list[str]
) -> None:
    ids = {number: rule_id(number) for number in ("1", "2", "2a", "3", "4", "5")}
    write_rules(checkout, *(f"* x <sup>[{name}]</sup>" for name in ids.values()))
    put(checkout, "minisentinel/core.py", f'"""[{rule_id("1")}] to\n[{rule_id(last)}]"""\n')
    rules = load(checkout).rules
    assert [number for number, name in ids.items() if rules[name].status == "partial"] == cited


def test_the_page_names_the_definition_that_cites_a_rule_most_closely(checkout: Path) -> None:
    put(
        checkout,
        "minisentinel/core.py",
        cite("1") + f"class Part:\n    {cite('1.1')}\n    def act(self):\n        {cite_rule('1')}",
    )
    first, second = load(checkout).rules.values()
    assert files(first.code) == "`minisentinel/core.py` (`Part.act`)"
    assert files(second.code) == "`minisentinel/core.py` (`Part`)"


def test_an_event_that_the_core_names_cites_its_row(checkout: Path) -> None:
    row = rule_id("1", section="3", letters="EVT")
    text = f"# Events\n## 3. Catalogue\n| `+up` / `-up` | W | any | <sup>[{row}]</sup> |\n"
    (checkout / "docs" / "spec" / "events.md").write_text(text, encoding="utf-8")
    (checkout / "minisentinel" / "core").mkdir()
    put(checkout, "minisentinel/core/part.py", 'def act():\n    emit("-up")\n    emit("+down")\n')
    put(checkout, "minisentinel/service.py", 'SHOWN = "+up"\n')
    assert files(load(checkout).rules[row].code) == "`minisentinel/core/part.py` (`act`)"


def test_the_page_is_checked_against_what_would_be_written(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--check"], checkout) == 1
    assert "make conformance-write" in capsys.readouterr().err
    assert main(["--write"], checkout) == 0
    assert main(["--check"], checkout) == 0
    put(checkout, "minisentinel/core.py", cite_rule("1"))
    assert main(["--check"], checkout) == 1


def test_an_excerpt_of_a_table_row_is_fit_for_a_table_cell() -> None:
    assert excerpt([r"| `a_b` | yes\|no | |"]) == r"a\_b · yes\|no"


def test_the_specification_of_the_project_has_a_rule_on_every_page_and_is_consistent() -> None:
    conformance = load(Path(__file__).resolve().parents[2])
    assert {rule.page for rule in conformance.rules.values()} == set(PAGES)
