"""The engine: events a second through `step` in memory, and those that are journaled, each on the disk before the next.

The events are those of recorded visits (`bench.recording`), replayed from the first start on. Baseline in memory: the
least that any engine with one queue does: stamp, queue, look the handler up, put a new value in a state. Baseline on
disk: appends of as many bytes to a plain file, each with fdatasync.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from bench.figure import Figure, Target, per_second, scratch
from bench.recording import Recording, record
from towerd.fsm.commands import JournalCommand
from towerd.fsm.events import PlcObserved, Stamped
from towerd.fsm.reducer import step
from towerd.fsm.state import State, Tables, Volatile
from towerd.journal import records
from towerd.journal.diff import diff
from towerd.journal.sqlite import SqliteJournal
from towerd.ports import Changes

ROUNDS = 5
WRITES = 600
STEPS_TARGET = Target("at least", 20_000)
JOURNAL_TARGET = Target("at least", 300)
_APPENDS = get_args(JournalCommand)


@dataclass(frozen=True, slots=True)
class _Commit:
    stamped: Stamped
    before: State
    attachment: bytes | None


def _steps(recording: Recording) -> float:
    """Events a second, over the whole recording."""
    events, config, state = [stamped for stamped, _ in recording.events], recording.config, State(Tables())
    start_s = time.perf_counter()
    for stamped in events:
        state, _commands = step(state, stamped, config)
    return len(events) / (time.perf_counter() - start_s)


def _bare_steps(recording: Recording) -> float:
    """The same events through a queue, a stamp, a table of handlers and one replaced value."""
    queue: asyncio.Queue[Any] = asyncio.Queue()
    state = {"volatile": Volatile(), "other": 0}

    def observed(event: PlcObserved) -> None:
        state["volatile"] = replace(state["volatile"], snapshot=event.snapshot)  # type: ignore[type-var]

    def other(_event: object) -> None:
        state["other"] += 1  # type: ignore[operator]

    handlers: dict[type, Callable[[Any], None]] = {PlcObserved: observed}
    start_s = time.perf_counter()
    for stamped, _attachment in recording.events:
        queue.put_nowait(stamped.event)
        taken = Stamped(stamped.at, stamped.mono_s, queue.get_nowait())
        handlers.get(type(taken.event), other)(taken.event)
    return len(recording.events) / (time.perf_counter() - start_s)


def in_memory(recording: Recording) -> Figure:
    """`step` beside the bare loop, in turns; the best round of each."""
    rounds = [(_steps(recording), _bare_steps(recording)) for _ in range(ROUNDS)]
    return Figure(
        "engine: events through step, in memory",
        max(ours for ours, _ in rounds),
        max(bare for _, bare in rounds),
        "1/s",
        "queue, stamp, look up, replace one value",
        STEPS_TARGET,
        recording.mix,
    )


def _journaled(recording: Recording) -> Sequence[_Commit]:
    """The events that change what is kept, each with the state before it."""
    state, found = State(Tables()), []
    for stamped, attachment in recording.events:
        after, commands = step(state, stamped, recording.config)
        if after.tables is not state.tables or any(isinstance(command, _APPENDS) for command in commands):
            found.append(_Commit(stamped, state, attachment))
        state = after
    return found


def on_disk(recording: Recording, folder: Path) -> Figure:
    """Step, differences and commit of every event that is journaled, beside bare synchronised appends."""
    commits = _journaled(recording)
    journal = SqliteJournal(folder / "journal.db")
    size = 0
    start_s = time.perf_counter()
    for one in commits:
        after, commands = step(one.before, one.stamped, recording.config)
        appends = tuple(command for command in commands if isinstance(command, _APPENDS))
        changes = Changes(diff(one.before.tables, after.tables), appends)
        journal.commit(one.stamped, one.before.volatile, changes, one.attachment)
    value = len(commits) / (time.perf_counter() - start_s)
    journal.close()
    size = sum(len(records.encode_volatile(one.before.volatile, b"")) for one in commits) // len(commits)
    block = b"x" * (2 * size)
    handle = os.open(folder / "plain", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def write(_number: int) -> None:
        os.write(handle, block)
        os.fdatasync(handle)

    writes = per_second(write, WRITES)
    os.close(handle)
    how = f"{len(commits)} of {len(recording.events)} events are journaled; appends of {len(block)} bytes"
    return Figure("engine: events journaled, with fsync", value, writes, "1/s", "bare fsync", JOURNAL_TARGET, how)


def run() -> Iterator[Figure]:
    """Every figure of this file."""
    recording = record()
    yield in_memory(recording)
    with scratch() as folder:
        yield on_disk(recording, folder)
