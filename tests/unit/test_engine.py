"""The one loop, over fakes: what it writes before it acts, what leaves first, and how it ends (invariants 1 to 3, 5)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tests.support.core_kit import (
    CABIN_1,
    OCCUPIED_LOCKED,
    config,
    machine,
    order_in,
    step_row,
    tables_of,
    vehicle,
    with_bay,
    with_mailbox,
    with_system,
)
from tests.support.fakes import MemoryBus, ScriptedMatcher, SilentWatchdog, VirtualClock
from tests.support.memory_journal import MemoryJournal
from tests.support.values import AT
from towerd import engine as engine_module
from towerd.engine import BUG_CODE, JOURNAL_CODE, Engine, Ports, Queue
from towerd.fsm import commands as cmd
from towerd.fsm import events as ev
from towerd.fsm.kept_rows import FaceRow
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.fsm.state import Meta, State, Tables
from towerd.places import bay, cabin
from towerd.planner.model import Decision
from towerd.plc.snapshot import PackmlCommand, PackmlState, Unit

pytestmark = pytest.mark.looptime
API = ReplyTo("api", "request 1")


def born(**rows: Any) -> Tables:
    """Tables of a daemon that has counted its own start, as what it publishes must."""
    return replace(tables_of(**rows), meta=Meta(boot=1))


class Diary:
    """What happened, in order, over all ports."""

    def __init__(self) -> None:
        self.lines: list[str] = []


class LoudPlc:
    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self.packml: list[cmd.WritePackml] = []

    def write_mailbox(self, command: cmd.WriteMailbox) -> None:
        self._diary.lines.append(f"write {command.unit} {command.code}")

    def write_packml(self, command: cmd.WritePackml) -> None:
        self.packml.append(command)
        self._diary.lines.append(f"packml {command.command.name}")

    def jog(self, command: cmd.WriteJog) -> None:
        self._diary.lines.append(f"jog {command.axis} {command.direction}")

    def acknowledge(self, command: cmd.AcknowledgeAlarm) -> None:
        self._diary.lines.append(f"acknowledge {command.code}")

    async def run(self) -> None:
        await asyncio.Event().wait()


class LoudJournal(MemoryJournal):
    def __init__(self, diary: Diary) -> None:
        super().__init__()
        self._diary = diary
        self.face_reads = 0

    def commit(self, *args: Any) -> None:
        super().commit(*args)
        self._diary.lines.append("commit")

    def face(self, order: str) -> bytes | None:
        self.face_reads += 1
        return super().face(order)


class LoudPlanner:
    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    def request(self, command: cmd.RequestPlan) -> None:
        self._diary.lines.append("plan")


class Bench:
    """An engine whose every port writes into one diary."""

    def __init__(self, tables: Tables | None = None) -> None:
        self.diary = Diary()
        self.plc, self.journal = LoudPlc(self.diary), LoudJournal(self.diary)
        self.bus, self.matcher, self.watchdog = MemoryBus(), ScriptedMatcher(), SilentWatchdog()
        self.api: list[cmd.Answer] = []
        self.committed: list[datetime] = []
        self.clock, self.queue = VirtualClock(), Queue()
        ports = Ports(
            plc=self.plc,
            journal=self.journal,
            bus=self.bus,
            matcher=self.matcher,
            planner=LoudPlanner(self.diary),
            clock=self.clock,
            watchdog=self.watchdog,
            answer_api=self.api.append,
            committed=self.committed.append,
        )
        self.engine = Engine(config(liveness=()), self.queue, ports, tables or born())

    def post(self, event: ev.Event, attachment: bytes | None = None) -> None:
        def done() -> None:
            self.diary.lines.append("done")

        self.queue.post(event, attachment, done)

    async def run(self, *events: ev.Event, end: bool = True) -> int:
        """Take these events, then end."""
        for event in events:
            self.post(event)
        if end:
            self.queue.post(ev.StopRequested(1.0))
        return await self.engine.run()


def scripted(monkeypatch: pytest.MonkeyPatch, *commands: cmd.Command, touch: bool = False) -> None:
    """A core that answers the first event with these commands and every other with the end."""
    answers = [list(commands)]

    def step(state: State, stamped: ev.Stamped, _config: Any) -> tuple[State, list[cmd.Command]]:
        if not answers:
            return state, [cmd.EndProcess(0, "over")]
        tables = replace(state.tables, meta=replace(state.tables.meta, boot=9)) if touch else state.tables
        return State(tables, state.volatile), answers.pop()

    monkeypatch.setattr(engine_module, "step", step)


PACKML = {command: cmd.WritePackml(command, 5, 3) for command in PackmlCommand}
MAILBOX = cmd.WriteMailbox(Unit.CARRIAGE, 1, 3, 1, (1, 1, 0, 0), 0, 300)


@pytest.mark.parametrize("stop", [PackmlCommand.STOP, PackmlCommand.HOLD, PackmlCommand.ABORT])
async def test_stop_leaves_first_then_the_journal_then_everything_else(
    stop: PackmlCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    scripted(monkeypatch, MAILBOX, PACKML[PackmlCommand.START], PACKML[stop], touch=True)
    assert await bench.run(ev.BusChanged(True)) == 0
    assert bench.diary.lines == [
        f"packml {stop.name}",
        "commit",
        "write CARRIAGE 1",
        "packml START",
        "done",
    ]
    assert bench.committed == [bench.journal.recorded[0].stamped.at]


async def test_what_changes_nothing_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    scripted(monkeypatch, cmd.AcknowledgeAlarm(7, 1, 3))
    await bench.run(ev.BusChanged(True))
    assert bench.diary.lines == ["acknowledge 7", "done"]
    assert not bench.committed
    assert bench.bus.wakes == 0


async def test_the_outbox_is_woken_by_messages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    scripted(monkeypatch, cmd.AppendAudit(1, AT, {}, "", "ab"))
    await bench.run(ev.BusChanged(True))
    assert (bench.diary.lines, bench.bus.wakes) == (["commit", "done"], 0)
    bench = Bench()
    scripted(monkeypatch, cmd.AppendOutbox(1, "event", AT, {}))
    await bench.run(ev.BusChanged(True))
    assert (bench.diary.lines, bench.bus.wakes) == (["commit", "done"], 1)


async def test_answers_go_where_they_were_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    mqtt, nowhere = ReplyTo("mqtt", "rsp/shop"), NOWHERE
    answers = [cmd.Answer(reply, True, (), None) for reply in (mqtt, API, nowhere)]
    scripted(monkeypatch, *answers, cmd.DestroyFaceKey("o_1"), cmd.RequestPlan(snapshot=None))  # type: ignore[arg-type]
    await bench.run(ev.BusChanged(True))
    assert [answer.reply for answer in bench.bus.answers] == [mqtt]
    assert [answer.reply for answer in bench.api] == [API]
    assert bench.matcher.destroyed == ["o_1"]
    assert bench.diary.lines == ["plan", "done"]


async def test_a_timer_is_replaced_by_one_of_its_name_and_forgotten_when_cancelled() -> None:
    bench = Bench()
    heard: list[tuple[str, float]] = []

    def timers(names: str) -> None:
        for name in names:
            bench.engine._start_timer(cmd.StartTimer(name, {"a": 1.0, "b": 1.0, "c": 5.0}[name]))

    timers("abc")
    await asyncio.sleep(0.5)
    bench.engine._start_timer(cmd.StartTimer("a", 1.0))
    bench.engine._cancel_timer("b")
    bench.engine._cancel_timer("unknown")
    await asyncio.sleep(2.0)
    while not bench.queue.items.empty():
        heard.append((bench.queue.items.get_nowait().event.name, bench.clock.mono_s()))  # type: ignore[union-attr]
    assert [name for name, _at in heard] == ["a"], "b was cancelled, c has not run out, a ran out once"
    bench.queue.post(ev.StopRequested(1.0))
    assert await bench.engine.run() == 0
    await asyncio.sleep(10)
    assert bench.queue.items.empty(), "no timer outlives the loop"


async def test_timers_come_back_as_events(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    scripted(monkeypatch, cmd.StartTimer("m", 3.0), cmd.StartTimer("n", 1.0), cmd.CancelTimer("n"))
    assert await bench.run(ev.BusChanged(True), end=False) == 0
    assert bench.clock.mono_s() == pytest.approx(3.0, abs=0.01)


async def test_a_bug_holds_the_machine_and_gives_70(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()

    def step(state: State, _stamped: ev.Stamped, _config: Any) -> Any:
        raise ZeroDivisionError

    bench.engine.state = State(born(), replace(bench.engine.state.volatile, snapshot=machine()))
    monkeypatch.setattr(engine_module, "step", step)
    assert await bench.run(ev.BusChanged(True)) == BUG_CODE == 70
    assert bench.plc.packml == [cmd.WritePackml(PackmlCommand.HOLD, 2, 3)]
    assert bench.clock.mono_s() >= 0.3, "the hold has time to leave"
    assert "done" not in bench.diary.lines, "what was not applied is not acknowledged"


async def test_a_journal_that_fails_holds_the_machine_and_gives_74(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.engine.state = State(born(), replace(bench.engine.state.volatile, snapshot=machine()))
    scripted(monkeypatch, MAILBOX, touch=True)
    bench.journal.fail_next = "disk full"
    assert await bench.run(ev.BusChanged(True)) == JOURNAL_CODE == 74
    assert bench.diary.lines == ["packml HOLD"], "nothing that was not written down has left"


async def test_with_nothing_known_of_the_machine_there_is_nothing_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    scripted(monkeypatch, touch=True)
    bench.journal.fail_next = "disk full"
    assert await bench.run(ev.BusChanged(True)) == JOURNAL_CODE
    assert not bench.plc.packml


async def test_faces_are_read_once_and_only_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    bench.journal._faces["o_1"] = b"sealed"
    bench.engine._watch(cmd.Watch({"o_1": "ab", "o_2": "cd"}))
    assert bench.matcher.watching == {"o_1": b"sealed"}
    bench.engine._watch(cmd.Watch({"o_1": "ab"}))
    assert bench.journal.face_reads == 2
    bench.engine._watch(cmd.Watch({}))
    assert bench.matcher.watching == {}


async def test_the_view_is_built_once_a_change_and_shown_when_the_queue_is_empty() -> None:
    bench = Bench()
    before = bench.engine.view()
    assert bench.engine.view() is before
    running = asyncio.create_task(bench.engine.run())
    await asyncio.sleep(0.05)
    bench.post(ev.BusChanged(True))
    await asyncio.sleep(0.3)
    assert bench.engine.view() is not before
    assert [view.bus_connected for view in bench.bus.views] == [True]
    turns = bench.watchdog.turns
    await asyncio.sleep(10)
    assert turns + 8 <= bench.watchdog.turns <= turns + 12, "the loop turns although nothing happens"
    bench.queue.post(ev.StopRequested(1.0))
    assert await running == 0


async def test_a_command_has_left_before_what_is_new_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    wake, order = asyncio.Event(), list[str]()
    monkeypatch.setattr(LoudPlc, "write_mailbox", lambda plc, command: wake.set())
    bench = Bench()

    async def send() -> None:
        # as the link does: in a turn of the loop of its own
        await wake.wait()
        await asyncio.sleep(0.01)
        order.append("left")

    monkeypatch.setattr(bench.bus, "show", lambda view: order.append("shown"))
    scripted(monkeypatch, MAILBOX)
    sending, running = asyncio.create_task(send()), asyncio.create_task(bench.engine.run())
    await asyncio.sleep(5.0)
    order.clear()
    bench.post(ev.BusChanged(True))
    await asyncio.sleep(0.5)
    assert order == ["left", "shown"]
    bench.queue.post(ev.StopRequested(1.0))
    assert await running == 0
    await sending


async def test_showing_falls_into_step_with_pictures_that_come_ten_times_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown_mono_s: list[float] = []
    bench = Bench()
    monkeypatch.setattr(bench.bus, "show", lambda view: shown_mono_s.append(bench.clock.mono_s()))
    running, begun_mono_s = asyncio.create_task(bench.engine.run()), bench.clock.mono_s()
    for number in range(20):
        bench.queue.post(ev.BusChanged(number % 2 == 0))
        await asyncio.sleep(0.1)
    late_s = [(mono_s - begun_mono_s) % 0.1 for mono_s in shown_mono_s]
    assert late_s[0] == pytest.approx(0.08), "as anywhere between two pictures"
    assert late_s[-10:] == pytest.approx([0.02] * 10)
    bench.queue.post(ev.StopRequested(1.0))
    assert await running == 0


async def test_sigterm_with_nothing_under_way_ends_at_once_and_begins_nothing() -> None:
    bench = Bench(born(vehicles=[vehicle()], orders=[order_in("identified", cabin=None)]))
    picture = with_bay(machine(), 2, 3, OCCUPIED_LOCKED)
    running = asyncio.create_task(bench.engine.run())
    bench.post(ev.PlcObserved(picture))
    await asyncio.sleep(0.05)
    assert "plan" in bench.diary.lines
    bench.queue.post(ev.StopRequested(4.0))
    bench.post(ev.PlanDecided(Decision(1, "ord-1", "car-1", bay(2, 3), cabin(1), "")))
    assert await running == 0
    assert bench.clock.mono_s() < 1.0
    assert not bench.plc.packml
    assert not bench.engine.state.tables.jobs


def moving() -> Any:
    return with_mailbox(machine(), Unit.CARRIAGE, active_seq=1, active_code=1, taken_seq=1)


async def test_a_command_that_runs_is_held_within_the_grace_and_the_process_ends_all_the_same() -> None:
    bench = Bench()
    running = asyncio.create_task(bench.engine.run())
    bench.engine.state = State(born(steps=[step_row(seq=1, state="running")]), bench.engine.state.volatile)
    bench.post(ev.PlcObserved(moving()))
    bench.queue.post(ev.StopRequested(4.0))
    await asyncio.sleep(1.9)
    assert not running.done()
    assert not bench.plc.packml, "what runs may end by itself"
    await asyncio.sleep(0.2)
    assert [write.command for write in bench.plc.packml] == [PackmlCommand.HOLD]
    bench.post(ev.PlcObserved(with_system(moving(), packml_state=PackmlState.HELD)))
    assert await running == 0
    assert bench.clock.mono_s() < 3, "held: no need to wait longer"


async def test_a_plc_that_never_holds_keeps_the_process_no_longer_than_the_grace() -> None:
    bench = Bench()
    bench.engine.state = State(born(steps=[step_row(seq=1, state="running")]), bench.engine.state.volatile)
    assert await bench.run(ev.PlcObserved(moving()), ev.StopRequested(4.0), end=False) == 0
    assert bench.clock.mono_s() == pytest.approx(4.0, abs=0.1)


async def test_a_repeated_sigterm_does_not_begin_the_grace_anew() -> None:
    bench = Bench()
    bench.engine.state = State(born(steps=[step_row(seq=1, state="running")]), bench.engine.state.volatile)
    running = asyncio.create_task(bench.engine.run())
    bench.post(ev.PlcObserved(moving()))
    bench.queue.post(ev.StopRequested(4.0))
    await asyncio.sleep(1.0)
    bench.queue.post(ev.StopRequested(4.0))
    assert await running == 0
    assert bench.clock.mono_s() == pytest.approx(4.0, abs=0.1)


async def test_no_decision_survives_a_restart() -> None:
    first = Bench(
        born(
            vehicles=[vehicle(place=CABIN_1)], orders=[order_in("identified")], faces={"ord-1": FaceRow("ord-1", "ab")}
        )
    )
    await first.run(ev.Started(1, "test"))
    second = Bench(first.engine.state.tables)
    await second.run(ev.Started(2, "test"))
    assert second.engine.state.tables.orders["ord-1"].state == "identified"
    assert not second.engine.state.volatile.decisions
