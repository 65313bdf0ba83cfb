"""The Plc port: session, heartbeat, staleness, writes. On a fake PLC, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import chain, count, pairwise

import pytest

from tests.support.fake_plc import FakePlc, FakeTransport, FixedClock, Recorder
from towerd.fsm.commands import AcknowledgeAlarm, WriteMailbox, WritePackml
from towerd.fsm.events import PlcLost, PlcObserved, PlcRefused, PlcWriteUnanswered
from towerd.plc.codes import Code
from towerd.plc.config import LinkConfig
from towerd.plc.registers import blocks
from towerd.plc.session import PlcSession, draw_session
from towerd.plc.snapshot import PackmlCommand, Snapshot, Unit
from towerd.plc.transport import BadReplyError, ExceptionReplyError, NoReplyError

pytestmark = pytest.mark.looptime
CONFIG = LinkConfig(host="127.0.0.1")


@dataclass
class Bench:
    plc: FakePlc
    transport: FakeTransport
    inbox: Recorder
    port: PlcSession

    async def observed(self) -> Snapshot:
        return (await self.inbox.next_of(PlcObserved)).snapshot

    def lift(self, seq: int, session: int) -> WriteMailbox:
        return WriteMailbox(Unit.CARRIAGE, seq, session, Code.LIFT_TO, (2, 3, 0, 0), 77, 600)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Snapshot]:
        task = asyncio.create_task(self.port.run())
        try:
            yield await self.observed()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def make(config: LinkConfig = CONFIG, draws: tuple[int, ...] = (0, 4711, 4712, 4713)) -> Bench:
    plc = FakePlc(asyncio.get_running_loop().time)
    transport, inbox = FakeTransport(plc), Recorder()
    numbers = chain(draws, count(5000))
    return Bench(plc, transport, inbox, PlcSession(inbox, transport, config, FixedClock(), lambda: next(numbers)))


async def settle(session: PlcSession) -> asyncio.Task[None]:
    return asyncio.create_task(session.run())


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


async def test_values_become_unknown_within_a_second_and_the_link_comes_back() -> None:
    bench = make()
    async with bench.running() as snapshot:
        loop = asyncio.get_running_loop()
        cut_s = loop.time()
        bench.transport.unreachable = True
        await bench.inbox.next_of(PlcLost)
        assert 0.9 <= loop.time() - cut_s <= 1.01
        bench.port.write_mailbox(bench.lift(1, snapshot.session))
        assert bench.inbox.of(PlcWriteUnanswered)[-1].reason == "not sent: no link to the PLC"
        await asyncio.sleep(20)
        assert len(bench.inbox.of(PlcLost)) == 1
        bench.transport.unreachable = False
        assert (await bench.inbox.next_of(PlcObserved, 6.0)).snapshot.session != snapshot.session
        gaps = [later - earlier for earlier, later in pairwise(bench.transport.connects)]
        assert max(gaps) <= 5.1


async def test_a_short_gap_keeps_the_session() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.transport.faults.append(NoReplyError("no reply"))
        while len(bench.transport.connects) < 2:  # noqa: ASYNC110 - a step of virtual time
            await asyncio.sleep(0.01)
        assert (await bench.observed()).session == snapshot.session
        assert bench.inbox.of(PlcLost) == []


async def test_a_command_that_waits_through_a_short_gap_goes_after_id_was_read_again() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.transport.faults.append(NoReplyError("no reply"))
        while len(bench.transport.connects) < 2:  # noqa: ASYNC110 - a step of virtual time
            await asyncio.sleep(0.0005)
        bench.port.write_mailbox(bench.lift(1, snapshot.session))
        bench.plc.reads.clear()
        bench.plc.writes.clear()
        await bench.observed()
        assert bench.plc.reads[0] == (0, 20)
        assert len(bench.plc.written("CMD_CARRIAGE")) == 1


async def test_a_plc_heartbeat_that_stands_is_a_loss_and_no_session_begins_on_it() -> None:
    bench = make()
    async with bench.running():
        loop = asyncio.get_running_loop()
        bench.plc.frozen = True
        stopped_s = loop.time()
        lost = await bench.inbox.next_of(PlcLost)
        assert "heartbeat" in lost.reason
        assert loop.time() - stopped_s <= 1.2
        seen = len(bench.inbox.of(PlcObserved))
        await asyncio.sleep(5)
        assert len(bench.inbox.of(PlcObserved)) == seen
        assert len(bench.inbox.of(PlcLost)) == 1
        bench.plc.frozen = False
        await bench.inbox.next_of(PlcObserved, 6.0)


async def test_a_restart_of_the_plc_begins_a_new_session_from_id() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.plc.restart()
        assert (await bench.inbox.next_of(PlcLost)).reason == "PLC restarted"
        again = await bench.observed()
        assert again.session != snapshot.session
        assert again.identity.boot_id == snapshot.identity.boot_id + 1


async def test_a_restart_behind_a_dropped_connection_is_seen_in_id() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.transport.faults.append(NoReplyError("no reply"))
        bench.plc.restart()
        assert (await bench.inbox.next_of(PlcLost)).reason == "PLC restarted"
        assert (await bench.observed()).session != snapshot.session


def torn(words: list[int]) -> list[int]:
    return [*words[:1], words[1] ^ 1, *words[2:]]


def misplaced(words: list[int]) -> list[int]:
    return [0x5555, *words[1:]]


def senseless(words: list[int]) -> list[int]:
    return [*words[:5], 99, *words[6:31], words[31], *words[32:]]


async def test_a_torn_read_is_read_again() -> None:
    bench = make()
    async with bench.running():
        bench.transport.faults.extend([torn, torn])
        bench.plc.reads.clear()
        await bench.observed()
        assert [read for read in bench.plc.reads if read == (128, 96)] == [(128, 96)] * 3
        assert len(bench.transport.connects) == 1


async def test_a_read_torn_three_times_is_failed_and_the_next_poll_is_good() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.transport.faults.extend([torn] * 3)
        assert (await bench.observed()).session == snapshot.session
        assert len(bench.transport.connects) == 1


async def test_a_wrong_block_id_ends_the_connection_not_the_session() -> None:
    bench = make()
    async with bench.running() as snapshot:
        bench.transport.faults.append(misplaced)
        assert (await bench.observed()).session == snapshot.session
        assert len(bench.transport.connects) == 2


@pytest.mark.parametrize("spoil", [torn, misplaced, senseless, ExceptionReplyError(2)])
async def test_reads_that_stay_bad_are_a_loss_within_a_second(
    spoil: Callable[[list[int]], list[int]] | ExceptionReplyError,
) -> None:
    bench = make()
    async with bench.running():
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        bench.transport.faults.extend([spoil] * 500)
        await bench.inbox.next_of(PlcLost)
        assert loop.time() - began_s <= 1.2


async def test_an_unknown_number_is_a_failed_read_with_its_reason() -> None:
    bench = make()
    async with bench.running():
        bench.plc.set("CAB1", "outer_door", 17)
        lost = await bench.inbox.next_of(PlcLost)
        assert "CAB1" in lost.reason
        assert "17" in lost.reason


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [("magic", 1, "21591"), ("if_major", 2, "1"), ("word_order_test", 0x56781234, "305419896")],
)
async def test_a_device_that_is_not_the_plc_is_commanded_nothing(field: str, value: int, wanted: str) -> None:
    bench = make()
    bench.plc.set("ID", field, value)
    task = await settle(bench.port)
    refused = await bench.inbox.next_of(PlcRefused)
    assert refused == PlcRefused(field, str(value), wanted)
    await asyncio.sleep(30)
    assert bench.plc.writes == []
    assert len(bench.inbox.posted) == 1
    assert 6 <= len(bench.transport.connects) <= 8
    bench.plc.set("ID", field, bench.plc.identity[field])
    await bench.inbox.next_of(PlcObserved, 6.0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_another_device_in_place_of_the_plc_is_a_loss_and_a_refusal() -> None:
    bench = make()
    async with bench.running():
        bench.plc.set("ID", "magic", 7)
        bench.transport.faults.append(NoReplyError("no reply"))
        await bench.inbox.next_of(PlcRefused)
        assert [type(event) for _, event in bench.inbox.posted[-2:]] == [PlcLost, PlcRefused]


async def test_a_session_that_is_not_taken_is_no_session() -> None:
    bench = make()
    bench.plc.deaf = True
    task = await settle(bench.port)
    await asyncio.sleep(10)
    assert bench.inbox.of(PlcObserved) == []
    assert len(bench.inbox.of(PlcLost)) == 1
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_another_pc_on_the_plc_ends_the_session() -> None:
    bench = make()
    async with bench.running():
        bench.plc.deaf = True
        bench.plc.set("SYS", "pc_session_echo", 9)
        assert "another session" in (await bench.inbox.next_of(PlcLost)).reason


async def test_on_a_line_that_stays_open_a_lost_reply_costs_one_poll() -> None:
    bench = make()
    bench.transport.keeps_connection = True
    async with bench.running() as snapshot:
        bench.transport.faults.append(NoReplyError("no reply"))
        bench.transport.write_faults.append(NoReplyError("no reply"))
        assert (await bench.observed()).session == snapshot.session
        assert len(bench.transport.connects) == 1


async def test_a_plc_that_never_answers_is_told_once() -> None:
    bench = make()
    bench.transport.unreachable = True
    task = await settle(bench.port)
    await asyncio.sleep(12)
    assert [event for _, event in bench.inbox.posted] == [PlcLost("no good values for 1 s: refused")]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_bays_that_never_rest_are_a_failed_read() -> None:
    bench = make()
    async with bench.running():

        def move(words: list[int]) -> list[int]:
            bench.plc.set_bay(0, bench.plc.words[blocks()["BAY"].start] ^ 1)
            return words

        bench.plc.set_bay(0, 1)
        bench.transport.faults.extend([move] * 2000)
        lost = await bench.inbox.next_of(PlcLost)
        assert "BAY moved" in lost.reason


async def test_a_restart_between_the_mailboxes_and_the_second_boot_id_is_no_snapshot() -> None:
    bench = make(replace(CONFIG, max_registers=48))
    async with bench.running() as snapshot:

        def restart(words: list[int]) -> list[int]:
            bench.plc.restart()
            return words

        bench.transport.faults.extend([None, restart])
        assert (await bench.inbox.next_of(PlcLost)).reason == "PLC restarted"
        assert (await bench.observed()).identity.boot_id == snapshot.identity.boot_id + 1


async def test_a_restart_while_a_session_begins_begins_it_again() -> None:
    bench = make()

    def restart(words: list[int]) -> list[int]:
        bench.plc.restart()
        return words

    bench.transport.faults.extend([None, restart])
    async with bench.running() as snapshot:
        assert snapshot.identity.boot_id == 0x10002
        assert bench.inbox.of(PlcLost) == []


def test_drawn_sessions_are_never_zero() -> None:
    assert all(1 <= draw_session() <= 65535 for _ in range(200))
