"""What of a picture is news, field by field: whoever adds one to a picture has it watched."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.support.core_kit import machine, with_axis, with_bay, with_cabin, with_load
from towerd.lift.model import Axis
from towerd.plc.news import RUNS_ON, says_news
from towerd.plc.snapshot import Mailbox, Snapshot, System, Unit

BEFORE = machine()
PARTS = [("system", System), ("lift", Axis), ("turntable", Axis), ("fork", Axis)]


def twin(picture: Snapshot) -> Snapshot:
    """As good as a picture that was read anew: nothing in it is the same object."""
    boxes = {unit: replace(box) for unit, box in picture.mailboxes.items()}
    anew: dict[str, Any] = {name: replace(getattr(picture, name)) for name, _kind in PARTS}
    return replace(
        picture, mailboxes=boxes, load=replace(picture.load), cabins=tuple(map(replace, picture.cabins)), **anew
    )


def changed(part: Any, name: str) -> Any:
    """A part of a picture with another value in one field, whatever its kind."""
    return replace(part, **{name: ("another", getattr(part, name))})


def test_the_same_read_again_is_none() -> None:
    assert not says_news(BEFORE, BEFORE)
    assert not says_news(BEFORE, twin(BEFORE))


@pytest.mark.parametrize(("name", "kind"), PARTS)
def test_of_a_part_everything_is_but_what_runs_on(name: str, kind: type) -> None:
    part = getattr(BEFORE, name)
    for field in fields(kind):
        found = says_news(BEFORE, replace(twin(BEFORE), **{name: changed(part, field.name)}))
        assert found is (field.name not in RUNS_ON[kind]), field.name


@pytest.mark.parametrize("unit", Unit)
def test_of_every_mailbox_as_well(unit: Unit) -> None:
    box = BEFORE.mailboxes[unit]
    for field in fields(Mailbox):
        picture = replace(BEFORE, mailboxes={**BEFORE.mailboxes, unit: changed(box, field.name)})
        assert says_news(BEFORE, picture) is (field.name not in RUNS_ON[Mailbox]), field.name


def test_every_other_part_counts_as_a_whole() -> None:
    whole = {field.name for field in fields(Snapshot)} - {name for name, _kind in PARTS} - {"mailboxes"}
    assert {"cabins", "load", "bay_words", "alarms", "session", "identity"} <= whole
    for name in whole:
        assert says_news(BEFORE, changed(BEFORE, name)), name


def test_what_runs_on_is_what_no_rule_may_hang_on() -> None:
    assert {name for names in RUNS_ON.values() for name in names} == {
        "plc_heartbeat",
        "pc_heartbeat_echo",
        "cabinet_temp_dc",
        "utc_s",
        "scan_max_ms",
        "progress_pct",
        "actual",
        "velocity",
    }


def test_that_something_stands_in_a_place_is_news() -> None:
    seen = with_axis(with_axis(BEFORE, "lift", actual=7, velocity=3), "fork", actual=-4)
    assert not says_news(BEFORE, seen)
    assert says_news(seen, with_load(seen))
    assert says_news(seen, with_cabin(seen, 1, tag=9))
    assert says_news(seen, with_bay(seen, 1, 1, 0))
