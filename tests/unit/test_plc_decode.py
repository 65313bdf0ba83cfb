"""Decode: words of the blocks to the snapshot."""

from __future__ import annotations

import pytest

from tests.support.fake_plc import IDENTITY, FakePlc
from towerd.cabin.model import DoorState
from towerd.lift.model import PlcOpenState
from towerd.plc.codec import BadBlockError, BadValueError, TornReadError
from towerd.plc.decode import IdentityError, Picture, decode_identity
from towerd.plc.registers import blocks
from towerd.plc.snapshot import Capability, KeySwitch, MailboxState, Unit

READ_BLOCKS = [block for block in blocks().values() if block.block_id is not None]


def plc() -> FakePlc:
    return FakePlc(lambda: 0.0)


def words(source: FakePlc, name: str) -> list[int]:
    block = blocks()[name]
    return source.words[block.start : block.start + block.length]


def whole(source: FakePlc, picture: Picture | None = None) -> Picture:
    picture = picture or Picture(decode_identity(words(source, "ID")))
    for block in READ_BLOCKS:
        picture.accept(block.name, words(source, block.name))
    start = blocks()["BAY"].start
    picture.accept_bays(source.words[start : start + 30])
    return picture


def test_identity() -> None:
    identity = decode_identity(words(plc(), "ID"))
    assert (identity.floors, identity.positions, identity.cabins) == (5, 6, 2)
    assert identity.boot_id == IDENTITY["boot_id"]
    assert identity.capabilities == Capability.SIMULATOR | Capability.CARRIAGE_TAG_READER


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("magic", 0x5754, "21591"),
        ("if_major", 2, "1"),
        ("word_order_test", 0x56781234, "305419896"),
        ("floors", 0, "1 to 40"),
        ("cabins", 3, "1 to 2"),
    ],
)
def test_an_identity_that_is_not_the_contract_s(field: str, value: int, wanted: str) -> None:
    source = plc()
    source.set("ID", field, value)
    with pytest.raises(IdentityError) as caught:
        decode_identity(words(source, "ID"))
    assert (caught.value.field, caught.value.seen, caught.value.wanted) == (field, str(value), wanted)


def test_a_whole_snapshot() -> None:
    source = plc()
    source.set("AX_LIFT", "station_floor", 3)
    source.set("LOAD", "load", 0b0111)
    source.set("CAB2", "inner_door", 2)
    source.set("STS_BAYS", "state", 2)
    source.set("ALM", "active_0", 1 << 5 | 1)
    source.set("ALM", "unacked_7", 1 << 15)
    source.set("ALM", "first_out", 5)
    source.set_bay(29, 0b111)
    snapshot = whole(source).snapshot(4711)
    assert snapshot.session == 4711
    assert snapshot.system.key_switch is KeySwitch.AUTO
    assert (snapshot.lift.station_floor, snapshot.turntable.station_position) == (3, None)
    assert snapshot.lift.plcopen_state is PlcOpenState.STANDSTILL
    assert snapshot.load.state == "loaded"
    assert snapshot.cabin(2).inner_door is DoorState.OPEN
    assert snapshot.mailboxes[Unit.BAYS].state is MailboxState.BUSY
    assert snapshot.alarms.active == {0, 5}
    assert snapshot.alarms.unacked == {127}
    assert snapshot.alarms.first_out == 5
    assert snapshot.bay_word(5, 6) == 0b111


def test_what_did_not_change_keeps_its_object() -> None:
    source = plc()
    picture = whole(source)
    first = picture.snapshot(1)
    source.set("CAB1", "tag", 9)
    source.words[blocks()["LOAD"].start + 1] = source.words[blocks()["LOAD"].start + 15] = 77
    second = whole(source, picture).snapshot(1)
    assert second.cabins is not first.cabins
    assert second.cabins[1] is first.cabins[1]
    assert second.load is first.load
    assert second.mailboxes is first.mailboxes
    assert second.bay_words is first.bay_words
    assert whole(source, picture).snapshot(1).cabins is second.cabins


def test_with_one_cabin_the_second_is_left_out() -> None:
    source = plc()
    source.set("ID", "cabins", 1)
    assert len(whole(source).snapshot(1).cabins) == 1


@pytest.mark.parametrize(
    ("block", "field"),
    [
        ("SYS", "key_switch"),
        ("SYS", "packml_state"),
        ("STS_CABIN1", "state"),
        ("AX_FORK", "plcopen_state"),
        ("CAB1", "outer_door"),
    ],
)
def test_a_number_that_the_contract_does_not_know_is_a_failed_read(block: str, field: str) -> None:
    source = plc()
    picture = whole(source)
    before = picture.snapshot(1)
    source.set(block, field, 99)
    with pytest.raises(BadValueError, match=f"{block}: 99"):
        picture.accept(block, words(source, block))
    assert picture.snapshot(1) == before


def test_bits_that_the_contract_does_not_know_are_kept() -> None:
    source = plc()
    source.set("SYS", "safety", 0x8001)
    assert int(whole(source).system.safety) == 0x8001


def test_bad_words_change_nothing() -> None:
    source = plc()
    picture = whole(source)
    before = picture.snapshot(1)
    sys = words(source, "SYS")
    with pytest.raises(TornReadError):
        picture.accept("SYS", [*sys[:-1], sys[-1] + 1])
    with pytest.raises(BadBlockError):
        picture.accept("SYS", [0, *sys[1:]])
    with pytest.raises(BadValueError, match="3 words instead of 30"):
        picture.accept_bays([1, 2, 3])
    assert picture.snapshot(1) == before
