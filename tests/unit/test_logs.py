"""Logs are JSON lines, also those of libraries, and hold no secret."""

from __future__ import annotations

import io
import json
import logging

import pytest
import structlog

from towerd import logs


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_own_and_foreign_lines_are_json() -> None:
    stream = io.StringIO()
    logs.set_up("info", "auto", stream)
    structlog.get_logger("towerd.x").info("order accepted", order="ord-1")
    logging.getLogger("pymodbus").warning("no %s", "reply")
    structlog.get_logger("towerd.x").debug("too fine")
    own, foreign = _lines(stream)
    assert (own["event"], own["order"], own["level"], own["logger"]) == ("order accepted", "ord-1", "info", "towerd.x")
    assert (foreign["event"], foreign["level"]) == ("no reply", "warning")
    assert str(own["timestamp"]).endswith("Z")


def test_secrets_are_blanked() -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    structlog.get_logger().info("code entered", code="12345678", number="0815", picture=b"\xff\xd8")
    assert "12345678" not in stream.getvalue()
    structlog.get_logger().info("ending", code=70)
    line, ending = _lines(stream)
    assert ending["code"] == 70
    assert (line["code"], line["picture"], line["number"]) == ("(not told)", "(not told)", "0815")


@pytest.mark.parametrize("kind", ["json", "console"])
def test_where_something_broke_is_told_and_not_about_whom(kind: logs.Format) -> None:
    stream = io.StringIO()
    logs.set_up("info", kind, stream)

    def breaks(customer: str) -> None:
        raise ValueError(f"{len(customer)} characters")

    try:
        breaks("c_" + "7Hq2")
    except ValueError:
        structlog.get_logger().exception("bug")
    assert "6 characters" in stream.getvalue()
    assert "c_7Hq2" not in stream.getvalue()


def test_exceptions_are_one_line() -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    try:
        raise ValueError("torn read")
    except ValueError:
        structlog.get_logger().exception("bug")
    [line] = _lines(stream)
    assert "ValueError: torn read" in str(line["exception"])


def test_the_level_can_change() -> None:
    stream = io.StringIO()
    logs.set_up("error", "console", stream)
    structlog.get_logger("a").info("one")
    logs.set_level("debug")
    structlog.get_logger("a").debug("two")
    assert "one" not in stream.getvalue()
    assert "two" in stream.getvalue()


def test_talkative_libraries_are_heard_at_debug_only() -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    logging.getLogger("transitions.core").info("moved")
    assert _lines(stream) == []
    logs.set_level("debug")
    logging.getLogger("transitions.core").info("moved")
    assert [line["event"] for line in _lines(stream)] == ["moved"]
    logs.set_level("info")
    logging.getLogger("transitions.core").info("moved again")
    assert len(_lines(stream)) == 1
