"""Limits of buffers: what a real server refuses is refused, with its words."""

from __future__ import annotations

import pytest

from minisentinel.server.limits import OutputLimit, output_limits, query_limit
from tests.config.loading import loaded, refused

SETTING = "Error in hard, soft or soft_seconds setting in buffer limit configuration."
CLASS = "Invalid client class specified in buffer limit configuration."
COUNT = "Wrong number of arguments in buffer limit configuration."


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("normal abc 0 0", SETTING),
        ("normal 10x 0 0", SETTING),
        ("normal 1tb 0 0", SETTING),
        ("normal -5 0 0", SETTING),
        ("normal 1 1 -1", SETTING),
        ("normal 1 1 1s", SETTING),
        ("foo 1 1 1", CLASS),
        ("master 1 1 1", CLASS),
        ("normal 1 1", COUNT),
        ("''", COUNT),
        ("normal 0 0 0 pubsub 1mb", COUNT),
    ],
)
def test_an_output_limit_that_makes_no_sense_is_refused(values: str, message: str) -> None:
    assert refused(f"client-output-buffer-limit {values}").message == message


def test_output_limits_are_read_with_their_units() -> None:
    server = loaded("client-output-buffer-limit NORMAL 1mb 1k 9 pubsub 2gb 0 0").server
    assert output_limits(server.directives) == (
        OutputLimit(1 << 20, 1000, 9),
        OutputLimit(2 << 30, 0, 0),
    )


def test_each_line_limits_the_classes_that_it_names() -> None:
    """So they stand in the file that comes with Redis, a line for each class."""
    server = loaded(
        "client-output-buffer-limit pubsub 2gb 1mb 9",
        "client-output-buffer-limit normal 5mb 0 0",
        "client-output-buffer-limit replica 256mb 64mb 60",
        "client-output-buffer-limit pubsub 1gb 1mb 8",
    ).server
    assert output_limits(server.directives) == (
        OutputLimit(5 << 20, 0, 0),
        OutputLimit(1 << 30, 1 << 20, 8),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("-5mb", "argument must be a memory value"),
        ("5mib", "argument must be a memory value"),
        ("1000k", "argument must be between 1048576 and 9223372036854775807 inclusive"),
    ],
)
def test_a_query_limit_that_lets_nobody_speak_is_refused(value: str, message: str) -> None:
    assert refused(f"client-query-buffer-limit {value}").message == message


def test_the_smallest_query_limit_is_a_mebibyte() -> None:
    assert query_limit(loaded("client-query-buffer-limit 1MB").server.directives) == 1 << 20
