"""The Plc port: session, heartbeat, reads, writes. On a fake PLC, in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise

import pytest

from tests.support.plc_bench import CONFIG, make
from towerd.fsm.commands import AcknowledgeAlarm, WriteJog, WritePackml
from towerd.fsm.events import PlcLost, PlcObserved, PlcWriteUnanswered
from towerd.plc.registers import blocks
from towerd.plc.snapshot import PackmlCommand, Unit
from towerd.plc.transport import BadReplyError, ExceptionReplyError, NoReplyError

pytestmark = pytest.mark.looptime


async def test_a_session_begins_with_a_quiet_ctl_and_its_echo() -> None:
    bench = make()
    bench.plc.words[blocks()["CTL"].field("pc_session").address] = 4711  # what the PLC shows is not drawn again
    async with bench.running() as snapshot:
        assert snapshot.session == 4712
        first = bench.plc.written("CTL")[0]
        assert first[1:6] == [4712, 0, 0, 0, 0]
        assert snapshot.identity.simulated
        assert len(snapshot.bay_words) == 30
        assert len(snapshot.cabins) == 2
        assert snapshot.alarms.first_out is None
        assert bench.plc.reads[0] == (0, 20)
    assert not bench.transport.connected


async def test_the_heartbeat_moves_by_one_every_100_ms() -> None:
    bench = make()
    async with bench.running():
        already = len(bench.plc.written("CTL"))
        await asyncio.sleep(2.0)
        beats = [words[0] for words in bench.plc.written("CTL")[already:]]
        assert 19 <= len(beats) <= 21
        assert all(later - earlier == 1 for earlier, later in pairwise(beats))


async def test_fast_blocks_are_three_reads_a_poll_and_bays_only_when_they_move() -> None:
    bench = make()
    async with bench.running():
        bench.plc.reads.clear()
        await bench.observed()
        assert bench.plc.reads == [(128, 96), (224, 64), (288, 48)]
        bench.plc.set_bay(7, 7)
        before = await bench.observed()
        snapshot = await bench.observed()
        assert snapshot.bay_word(2, 2) == 7
        assert snapshot.lift is before.lift
        assert snapshot.bay_words is before.bay_words


async def test_alarms_are_read_again_when_their_counter_moves() -> None:
    bench = make()
    async with bench.running():
        bench.plc.set("ALM", "active_1", 1 << 2)
        bench.plc.set("SYS", "alarm_change_counter", 5)
        await bench.observed()
        assert (await bench.observed()).alarms.active == {18}


async def test_with_48_registers_the_mailboxes_lie_between_two_readings_of_boot_id() -> None:
    bench = make(replace(CONFIG, max_registers=48))
    async with bench.running():
        bench.plc.reads.clear()
        await bench.observed()
        assert bench.plc.reads == [(128, 48), (176, 48), (128, 32), (224, 48), (272, 16), (288, 48)]


async def test_bays_that_move_while_they_are_read_are_read_again() -> None:
    bench = make()
    async with bench.running():
        bench.plc.set_bay(0, 1)

        def move(words: list[int]) -> list[int]:
            bench.plc.set_bay(0, 3)
            return words

        bench.transport.faults.extend([None, None, None, move])
        snapshot = await bench.observed()
        while snapshot.bay_words[0] != 3:
            assert snapshot.bay_words[0] == 0
            snapshot = await bench.observed()
        assert bench.inbox.of(PlcLost) == []


async def test_a_command_goes_at_once_and_once() -> None:
    bench = make()
    async with bench.running() as snapshot:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(0.03)
        asked_s = loop.time()
        bench.port.write_mailbox(bench.lift(1, snapshot.session))
        await asyncio.sleep(1.0)
        times = [when for when, address, _ in bench.plc.writes if address == blocks()["CMD_CARRIAGE"].start]
        assert len(times) == 1
        assert times[0] - asked_s <= 0.005
        words = bench.plc.written("CMD_CARRIAGE")[0]
        assert words[:8] == [1, 2, 3, 0, 0, 0, 77, 600]
        assert bench.plc.get("STS_CARRIAGE", "taken_seq") == 1
        assert bench.inbox.of(PlcWriteUnanswered) == []


async def test_a_command_from_within_the_snapshot_is_on_the_wire_before_the_next_read() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.inbox.on_post = lambda event: (
            bench.port.write_mailbox(bench.lift(1, snapshot.session))
            if isinstance(event, PlcObserved) and not bench.plc.written("CMD_CARRIAGE")
            else None
        )
        await bench.observed()
        reads = len(bench.plc.reads)
        await asyncio.sleep(0.01)
        assert len(bench.plc.written("CMD_CARRIAGE")) == 1
        assert len(bench.plc.reads) == reads


@pytest.mark.parametrize("error", [NoReplyError("no reply"), BadReplyError("foreign"), ExceptionReplyError(3)])
async def test_a_write_without_a_good_answer_is_told_and_never_repeated(error: Exception) -> None:
    bench = make()
    async with bench.running() as snapshot:
        await asyncio.sleep(0.02)
        bench.transport.write_faults.append(error)  # type: ignore[arg-type]
        bench.port.write_mailbox(bench.lift(9, snapshot.session))
        told = await bench.inbox.next_of(PlcWriteUnanswered)
        assert (told.unit, told.seq, told.reason) == (Unit.CARRIAGE, 9, str(error))
        assert (await bench.observed()).session == snapshot.session
        await asyncio.sleep(1.0)
        assert len(bench.plc.written("CMD_CARRIAGE")) == 1
        assert bench.inbox.of(PlcLost) == []


async def test_a_command_of_another_session_is_not_sent() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.port.write_mailbox(bench.lift(3, snapshot.session + 1))
        assert bench.inbox.of(PlcWriteUnanswered)[-1].reason == "not sent: session changed"
        bench.port.write_packml(WritePackml(PackmlCommand.START, 3, snapshot.session + 1))
        bench.port.acknowledge(AcknowledgeAlarm(5, 1, snapshot.session + 1))
        await asyncio.sleep(0.3)
        assert bench.plc.written("CMD_CARRIAGE") == []
        assert all(words[2:6] == [0, 0, 0, 0] for words in bench.plc.written("CTL"))


async def test_a_command_that_does_not_fit_is_not_sent() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.port.write_mailbox(replace(bench.lift(3, snapshot.session), limit_ds=0))
        told = await bench.inbox.next_of(PlcWriteUnanswered)
        assert "limit_ds" in told.reason
        assert bench.plc.written("CMD_CARRIAGE") == []


async def test_packml_acts_once_and_its_words_stay() -> None:
    bench = make()
    async with bench.running() as snapshot:
        already = len(bench.plc.written("CTL"))
        bench.port.write_packml(WritePackml(PackmlCommand.RESET, 8, snapshot.session))
        await asyncio.sleep(0.5)
        later = bench.plc.written("CTL")[already:]
        assert all(words[2:4] == [1, 8] for words in later)
        assert len(later) >= 5


async def test_stop_overtakes_and_takes_back_what_would_undo_it() -> None:
    bench = make()
    async with bench.running() as snapshot:
        already = len(bench.plc.writes)
        bench.port.write_mailbox(bench.lift(1, snapshot.session))
        bench.port.write_packml(WritePackml(PackmlCommand.START, 4, snapshot.session))
        bench.port.write_packml(WritePackml(PackmlCommand.STOP, 5, snapshot.session))
        await asyncio.sleep(0.3)
        sent = bench.plc.writes[already:]
        assert sent[0][2][2:4] == [3, 5]
        assert sent[1][1] == blocks()["CMD_CARRIAGE"].start
        assert all(words[3] != 4 for words in bench.plc.written("CTL"))


async def test_acknowledgements_go_one_a_heartbeat() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.port.acknowledge(AcknowledgeAlarm(5, 1, snapshot.session))
        bench.port.acknowledge(AcknowledgeAlarm(0xFFFF, 2, snapshot.session))
        await asyncio.sleep(0.4)
        seen = list(dict.fromkeys((words[4], words[5]) for words in bench.plc.written("CTL")))
        assert seen == [(0, 0), (5, 1), (0xFFFF, 2)]


async def test_each_jog_word_has_a_fresh_token_and_the_newest_counts() -> None:
    bench = make()
    async with bench.running() as snapshot:
        for direction in (1, 1, -1):
            bench.port.jog(WriteJog(0, direction, 50, 0, snapshot.session))
        await asyncio.sleep(0.1)
        bench.port.jog(WriteJog(0, 0, 1, 0, snapshot.session))
        await asyncio.sleep(0.1)
        first, last = bench.plc.written("JOG")
        assert (first[2], last[2]) == (0xFFFF, 0), "what was overtaken is not sent"
        assert first[0] != last[0]


async def test_a_jog_word_of_another_session_is_not_sent() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.port.jog(WriteJog(0, 1, 50, 0, snapshot.session + 1))
        await asyncio.sleep(0.2)
        assert bench.plc.written("JOG") == []


async def test_a_lost_jog_word_is_made_good_by_the_next() -> None:
    bench = make()
    async with bench.running() as snapshot:
        await asyncio.sleep(0.02)
        bench.transport.write_faults.append(NoReplyError("no reply"))
        bench.port.jog(WriteJog(0, 1, 50, 0, snapshot.session))
        await asyncio.sleep(0.1)
        bench.port.jog(WriteJog(0, 1, 50, 0, snapshot.session))
        await asyncio.sleep(0.1)
        assert len(bench.plc.written("JOG")) >= 1
        assert (await bench.observed()).session == snapshot.session
