"""Every text that the pages use is there, every text that is there is used, and every refusal has a cure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.shop.pages import texts
from towerd.orders.reasons import REASONS

SOURCES = sorted(texts.FOLDER.glob("*.py"))


def _pattern(node: ast.expr) -> str | None:
    """The key that a call names, its changing parts as `.+`."""
    if isinstance(node, ast.IfExp):
        return f"(?:{_pattern(node.body)}|{_pattern(node.orelse)})"
    if isinstance(node, ast.Constant):
        return re.escape(str(node.value))
    if isinstance(node, ast.JoinedStr):
        return "".join(re.escape(str(one.value)) if isinstance(one, ast.Constant) else ".+" for one in node.values)
    return None


def asked_for() -> Iterator[tuple[str, str]]:
    """Where, and which key."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in ("say", "word"):
                pattern = _pattern(node.args[0])
                assert pattern is not None, f"{path.name}:{node.lineno} names no text"
                yield f"{path.name}:{node.lineno}", pattern if node.func.id == "say" else pattern + r"\..+"


def test_every_text_asked_for_is_there() -> None:
    known = texts.texts()
    optional = ("reason", "why_not")  # the desk's own words, or the contract's, stand in
    missing = [
        f"{where} {pattern}"
        for where, pattern in asked_for()
        if not pattern.startswith(optional) and not any(re.fullmatch(pattern, key) for key in known)
    ]
    assert missing == []


def test_every_text_is_used() -> None:
    patterns = [pattern for _where, pattern in asked_for()]
    assert [key for key in texts.texts() if not any(re.fullmatch(pattern, key) for pattern in patterns)] == []


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_of_the_contract_has_a_cure(code: str) -> None:
    assert texts.word("cure", code, "") != ""


def test_a_text_needs_its_values() -> None:
    assert texts.say("front.count_2", count=3) == "3 cars"
    with pytest.raises(KeyError):
        texts.say("front.count_2")
    with pytest.raises(KeyError):
        texts.say("no.such_text")


def test_words_of_the_contract_that_have_no_text_stay_readable() -> None:
    assert texts.word("state", "no_show") == "nobody came"
    assert texts.word("state", "never_heard_of") == "never heard of"
    assert texts.word("cure", "never_heard_of", "Try again.") == "Try again."


def test_a_language_without_a_file_is_told() -> None:
    with pytest.raises(OSError, match=r"texts\.xx\.toml"):
        texts.texts("xx")


def test_the_pages_write_no_words_of_their_own() -> None:
    """What is handed to an element that shows words is a text, a value or a name; never a sentence in the code."""
    shown = re.compile(r'(?:text|ui\.(?:button|checkbox|input|label))\("[^"]* [^"]*"')
    assert [path.name for path in SOURCES if shown.search(Path(path).read_text(encoding="utf-8"))] == []
