"""Checks of what is read: transport, addresses, frames, identity (plc-if.md 1, 2.1, 9). Nothing is commanded."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from statistics import median

from towerd.plc.codec import BlockError, RangeError, check_range, check_read, decode_block, encode_block
from towerd.plc.decode import DECODERS, IdentityError, decode_identity
from towerd.plc.registers import Block, blocks
from towerd.plc.transport import ExceptionReplyError, TransportError
from towerd.plctest.desk import Desk
from towerd.plctest.model import CheckFailedError, Checks, expect, need_part

READING = Checks()
ILLEGAL_ADDRESS, ILLEGAL_VALUE = 2, 3
LOOKS = 60
STEADY_LIMIT_S = 0.2
"""What every reply may take over TCP, where the contract names no limit: with more, values are too old to be believed (3.2)."""
FRAMED = tuple(name for name, block in blocks().items() if block.block_id is not None)


async def _exception(desk: Desk, address: int, words: int | Sequence[int]) -> int | None:
    """The exception that a read (a number of words) or a write gets; None where it is answered."""
    try:
        if isinstance(words, int):
            await desk.read(address, words)
        else:
            await desk.write(address, words)
    except ExceptionReplyError as error:
        return error.code
    return None


@READING.check("1.3, 2.1", "magic 'TW', if_major 1, word_order_test 0x12345678, sizes in their range")
async def identity_is_right(desk: Desk) -> str:
    """ID."""
    try:
        shown = decode_identity(await desk.words("ID"))
    except IdentityError as error:
        raise CheckFailedError(str(error)) from error
    return f"{shown.floors} floors of {shown.positions}, {shown.cabins} cabins, firmware {shown.firmware:#x}"


@READING.check("2.4", "SYS.boot_id is ID.boot_id, and not 0")
async def boot_id_is_the_same_in_sys_and_id(desk: Desk) -> str:
    """boot_id."""
    seen, system = (await desk.block("ID"))["boot_id"], (await desk.block("SYS"))["boot_id"]
    expect(seen == system != 0, f"ID {seen}, SYS {system}")
    return f"{seen}"


@READING.check("1.6", "every read block begins with its own block_id, and its counters are equal at rest")
async def blocks_are_framed(desk: Desk) -> str:
    """block_id, counter and counter_copy."""
    for name in FRAMED:
        try:
            await desk.words(name)
        except BlockError as error:
            raise CheckFailedError(str(error)) from error
    return f"{len(FRAMED)} blocks"


@READING.check("1.6", "two good reads with the same counter show the same words, and one read in ten at most is torn")
async def a_block_changes_with_its_counter(desk: Desk) -> str:
    """SYS changes every 100 ms: read it often."""
    block, seen, torn = blocks()["SYS"], dict[int, list[int]](), 0
    for _ in range(LOOKS):
        words = await desk.read(block.start, block.length)
        try:
            check_read("SYS", words)
        except BlockError:
            torn += 1
            continue
        earlier = seen.setdefault(words[1], words)
        if earlier != words:
            moved = [register.field for register in block.fields if _differs(block, register.address, earlier, words)]
            raise CheckFailedError(f"counter {words[1]} twice, and between the two moved: {', '.join(moved)}")
        await asyncio.sleep(0.007)
    expect(torn <= LOOKS // 10, f"{torn} of {LOOKS} reads were torn")
    expect(len(seen) > 1, "the counter of SYS stands, although plc_heartbeat is in it")
    return f"{len(seen)} counters in {LOOKS} reads, {torn} torn"


def _differs(block: Block, address: int, earlier: Sequence[int], later: Sequence[int]) -> bool:
    return earlier[address - block.start] != later[address - block.start]


@READING.check("1.3", "every field is in its range of registers.csv, every state one that the contract knows")
async def values_are_in_their_range(desk: Desk) -> str:
    """Every read block."""
    wrong, count = [], 0
    for name in FRAMED:
        words = await desk.words(name)
        values = decode_block(name, words)
        for register in blocks()[name].fields:
            count += 1
            try:
                check_range(register, values[register.field])
            except RangeError as error:
                wrong.append(str(error))
        try:
            DECODERS[name](values)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    expect(not wrong, "; ".join(wrong))
    return f"{count} fields"


@READING.check("1.4", "SYS with the four STS blocks in one read of 96, AX with LOAD in one of 64, CAB in one of 48")
async def neighbours_are_read_together(desk: Desk) -> str:
    """The three fast reads."""
    most = desk.config.max_registers
    need_part(most >= 96, f"max_registers is {most}")
    for first, last, count in (("SYS", "STS_CABIN2", 96), ("AX_LIFT", "LOAD", 64), ("CAB1", "CAB2", 48)):
        start, end = blocks()[first].start, blocks()[last].start + blocks()[last].length
        expect(end - start == count, f"{first} to {last} is {end - start} registers")
        got = await _exception(desk, start, count)
        expect(got is None, f"{count} registers from {start}: exception {got}")
    return "96, 64 and 48 registers"


@READING.check("1.4", "BAY has a word for each bay, in one read or in rising order")
async def every_bay_has_a_word(desk: Desk) -> str:
    """BAY."""
    desk.identity = await desk.block("ID")
    words = await desk.bays()
    return f"{len(words)} bays, {sum(word & 3 == 3 for word in words)} occupied"


@READING.check("1.7", "bay_change_counter stands while no word of BAY changes")
async def the_bay_counter_rests(desk: Desk) -> str:
    """Two pictures of BAY between three readings of the counter."""
    desk.identity = await desk.block("ID")
    seen = [((await desk.block("SYS"))["bay_change_counter"], await desk.bays()) for _ in range(3)]
    expect(all(later == seen[0] or later[0] != seen[0][0] for later in seen), "BAY changed without its counter")
    return f"counter {seen[0][0]}"


@READING.check("9.5", "a read outside of the listed blocks gets exception 2")
async def reads_outside_get_exception_2(desk: Desk) -> str:
    """Before, between and behind the blocks."""
    identity = await desk.block("ID")
    behind = blocks()["BAY"].start + identity["floors"] * identity["positions"]
    id_end = blocks()["ID"].start + blocks()["ID"].length
    for address, count in ((id_end, 1), (id_end - 1, 2), (behind, 1), (behind - 1, 2), (20000, 10)):
        got = await _exception(desk, address, count)
        expect(got == ILLEGAL_ADDRESS, f"{count} registers from {address}: {_told(got)}")
    return "5 places"


def _told(exception: int | None) -> str:
    return "answered as if they were there" if exception is None else f"exception {exception}"


@READING.check("9.5", "W blocks can be read back")
async def what_was_written_can_be_read_back(desk: Desk) -> str:
    """Every W block."""
    writable = [block for block in blocks().values() if block.fields[0].writable]
    for block in writable:
        got = await _exception(desk, block.start, block.length)
        expect(got is None, f"{block.name}: exception {got}")
    return f"{len(writable)} blocks"


async def _refused_write(desk: Desk, address: int, words: Sequence[int], wanted: int) -> str:
    """A write that changes nothing and gets `wanted`, or is ignored by a server that cannot refuse (1.5)."""
    got = await _exception(desk, address, words)
    expect(got in {None, wanted}, f"exception {got} instead of {wanted}")
    return f"exception {got}" if got else "ignored"


@READING.check("1.5", "a write outside of W blocks gets exception 2 (or is ignored) and changes nothing")
async def reading_blocks_cannot_be_written(desk: Desk) -> str:
    """ID and SYS."""
    before = await desk.words("ID")
    seen = await _refused_write(desk, blocks()["ID"].start, [1], ILLEGAL_ADDRESS)
    expect(await desk.words("ID") == before, "ID was changed")
    start = blocks()["SYS"].start
    await _refused_write(desk, start, [1], ILLEGAL_ADDRESS)
    expect((await desk.read(start, 1))[0] == blocks()["SYS"].block_id, "SYS.block_id was changed")
    return seen


@READING.check("1.5", "a write longer than its block gets exception 2 (or is ignored) and changes nothing")
async def a_write_longer_than_its_block_changes_nothing(desk: Desk) -> str:
    """JOG and one word more; its check is wrong in any case."""
    block = blocks()["JOG"]
    before = await desk.read(block.start, block.length)
    seen = await _refused_write(desk, block.start, [1, 0, 0, 1, 0, 0, 0], ILLEGAL_ADDRESS)
    expect(await desk.read(block.start, block.length) == before, "JOG was changed")
    return seen


@READING.check("1.5", "a value out of its range gets exception 3 (or is ignored) and changes nothing")
async def a_value_out_of_range_changes_nothing(desk: Desk) -> str:
    """JOG to an axis that there is not, with a wrong check."""
    block = blocks()["JOG"]
    before = await desk.read(block.start, block.length)
    words = encode_block("JOG", {"token": 0, "axis": 0, "direction": 0, "speed_pct": 1, "step": 0, "check": 0x5A5A})
    seen = await _refused_write(desk, block.start, [words[0], 9, *words[2:]], ILLEGAL_VALUE)
    expect(await desk.read(block.start, block.length) == before, "JOG was changed")
    return seen


@READING.check("3.2", "plc_heartbeat moves every 100 ms")
async def the_plc_heartbeat_moves(desk: Desk) -> str:
    """Watch it for two seconds."""
    began_s = last_s = time.monotonic()
    beat, moved, longest_s = (await desk.block("SYS"))["plc_heartbeat"], 0, 0.0
    while (now_s := time.monotonic()) < began_s + 2.0:
        shown = (await desk.block("SYS"))["plc_heartbeat"]
        longest_s = max(longest_s, now_s - last_s)
        if shown != beat:
            beat, last_s, moved = shown, now_s, moved + 1
        await asyncio.sleep(0.02)
    expect(longest_s < 0.6 and moved >= 5, f"moved {moved} times in 2 s, stood for {longest_s:.2f} s")
    return f"{moved} times in 2 s"


@READING.check("1.8, 3.2", "replies come in time, over TCP within 200 ms as a rule")
async def replies_come_in_time(desk: Desk) -> str:
    """The largest read, twenty times."""
    block = blocks()["BAY"]
    identity = await desk.block("ID")
    count = min(desk.config.max_registers, identity["floors"] * identity["positions"])
    limit_s = desk.config.reply_limit_s(count)
    desk.replies_s.clear()
    for _ in range(20):
        try:
            await desk.read(block.start, count)
        except TransportError as error:
            raise CheckFailedError(f"{count} registers: {error}") from error
    slowest_s, usual_s = max(desk.replies_s[-20:]), median(desk.replies_s[-20:])
    usual = f"{count} registers: {usual_s * 1000:.0f} ms as a rule, towerd works with {STEADY_LIMIT_S * 1000:.0f}"
    expect(desk.config.serial_port is not None or usual_s <= STEADY_LIMIT_S, usual)
    return f"{count} registers: slowest {slowest_s * 1000:.0f} ms of {limit_s * 1000:.0f}"
