"""Golden files: equal text passes, other text fails with a diff, the flag rewrites."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.golden import Golden


def test_rewritten_text_is_accepted_afterwards(tmp_path: Path) -> None:
    Golden(tmp_path, rewrite=True)("area/story.txt", "one\ntwo\n")
    Golden(tmp_path, rewrite=False)("area/story.txt", "one\ntwo\n")


def test_a_difference_fails_and_shows_the_lines(tmp_path: Path) -> None:
    Golden(tmp_path, rewrite=True)("story.txt", "one\ntwo\n")
    with pytest.raises(pytest.fail.Exception, match=r"-two\n\+three"):
        Golden(tmp_path, rewrite=False)("story.txt", "one\nthree\n")


def test_a_missing_newline_at_the_end_is_a_difference(tmp_path: Path) -> None:
    Golden(tmp_path, rewrite=True)("story.txt", "one\n")
    with pytest.raises(pytest.fail.Exception, match="ends of lines"):
        Golden(tmp_path, rewrite=False)("story.txt", "one")


def test_a_file_that_does_not_exist_fails_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match="--rewrite-golden"):
        Golden(tmp_path, rewrite=False)("story.txt", "one\n")
