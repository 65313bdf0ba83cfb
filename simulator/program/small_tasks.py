"""BAY_LOCK, BAY_UNLOCK, the doors and SIGNAL while they run (plc-if.md 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.program import alarms, rules
from simulator.program.cabin import Cabin
from simulator.program.carriage_tasks import Watch
from simulator.program.mailbox import (
    ERROR_BLOCKED,
    ERROR_INTERLOCK,
    ERROR_POSITION,
    RESULT_DONE,
    RESULT_ERROR,
    Command,
    Outcome,
)

if TYPE_CHECKING:
    from simulator.program.plc import Plc

TRIES = 3
TRY_AGAIN_AFTER_MS = 2000
DONE: Outcome = (RESULT_DONE, 0)


class Lock:
    """Drives the lock of one bay to an end."""

    def __init__(self, plc: Plc, command: Command) -> None:
        self._plc = plc
        self._command = command
        self._index = plc.plant.layout.bay_index(command.args[0], command.args[1])
        self._end = 1 if command.code == rules.BAY_LOCK else 0
        self._watch = Watch()

    def intact(self) -> bool:
        """The carriage still stands there, or the fork is still centred."""
        if self._end == 1:
            return self._plc.plant.fork_centred
        return rules.stands_at(self._plc, (self._command.args[0], self._command.args[1]))

    def tick(self) -> Outcome | None:
        """Done at the end switch; error 2 and alarm 35 when it does not come."""
        plc = self._plc
        lock = plc.plant.bays[self._index].lock
        plc.plant.drive_lock(self._index, self._end)
        if not lock.moving and plc.plant.bay_locked(self._index) == bool(self._end):
            plc.failed_locks.discard(self._index)
            plc.plant.dirty_bays.add(self._index)
            return DONE
        if not self._watch.stuck(lock.position_ratio, plc.now_ms):
            return None
        plc.plant.stop_lock(self._index)
        plc.failed_locks.add(self._index)
        plc.plant.dirty_bays.add(self._index)
        plc.alarms.pulse(alarms.BAY_LOCK)
        return (RESULT_ERROR, ERROR_POSITION)

    def stop(self) -> None:
        """Stop the lock."""
        self._plc.plant.stop_lock(self._index)
        self._watch.restart()

    def at_rest(self) -> bool:
        """The lock stands still."""
        return not self._plc.plant.bays[self._index].lock.moving

    def progress_pct(self) -> int:
        """By way."""
        position = self._plc.plant.bays[self._index].lock.position_ratio
        return int(100 * (position if self._end else 1 - position))


class InnerDoor:
    """The door between shaft and cabin."""

    def __init__(self, plc: Plc, cabin: Cabin, command: Command) -> None:
        self._plc = plc
        self._cabin = cabin
        self._end = command.args[0]
        self._reopening = False
        self._watch = Watch()

    def intact(self) -> bool:
        """To open: outer door closed, cabin clear, carriage here. To close looks after itself and reopens."""
        if self._end == 0:
            return True
        cabin = self._cabin
        return cabin.outer_closed and cabin.is_clear and rules.stands_at(self._plc, (0, cabin.number))

    def watch_doorway(self) -> None:
        """Closing: when the doorway is no longer clear, or the fork not centred, reopen; in every state (5, table)."""
        plant = self._plc.plant
        free = plant.fork_centred and plant.doorway_clear(self._cabin.booth)
        if self._end == 0 and not free and not self._cabin.inner_closed:
            self._reopening = True

    @property
    def reopening(self) -> bool:
        """Whether it opens again, which goes on in Held too."""
        return self._reopening

    def tick(self) -> Outcome | None:
        """One scan."""
        self.watch_doorway()
        door = self._cabin.booth.inner
        end = 1 if self._reopening else self._end
        door.drive(end)
        arrived = self._cabin.inner_open if end else self._cabin.inner_closed and door.at_zero
        if arrived:
            # where it ends well it is faulty no more, also where it had been there all along
            self._cabin.inner_fault = None
            return (RESULT_ERROR, ERROR_INTERLOCK) if self._reopening else DONE
        if self._watch.stuck(door.position_ratio, self._plc.now_ms):
            door.stop()
            self._cabin.inner_fault = door.position_ratio
            self._plc.alarms.pulse(alarms.INNER_FAULT + self._cabin.number - 1)
            return (RESULT_ERROR, ERROR_POSITION)
        return None

    def stop(self) -> None:
        """Stop the door where it is."""
        self._cabin.booth.inner.stop()
        self._watch.restart()

    def at_rest(self) -> bool:
        """The door stands still."""
        return not self._cabin.booth.inner.moving

    def progress_pct(self) -> int:
        """By way."""
        position = self._cabin.booth.inner.position_ratio
        return int(100 * (position if self._end else 1 - position))


class OuterDoor:
    """The door to the street. Closing it reopens for a person or the curtain, and tries three times."""

    def __init__(self, plc: Plc, cabin: Cabin, command: Command) -> None:
        self._plc = plc
        self._cabin = cabin
        self._end = command.args[0]
        self._failed = 0
        self._reopening = False
        self._open_since_ms: int | None = None
        self._watch = Watch()

    def intact(self) -> bool:
        """To open: the inner door closed."""
        return self._end == 0 or self._cabin.inner_closed

    def tick(self) -> Outcome | None:
        """One scan."""
        door = self._cabin.booth.outer
        outcome = self._open() if self._end else self._close()
        if outcome == DONE:
            self._cabin.outer_fault = None
        if outcome is None and self._watch.stuck(door.position_ratio + self._failed, self._plc.now_ms):
            door.stop()
            self._cabin.outer_fault = door.position_ratio
            self._plc.alarms.pulse(alarms.DOOR_BLOCKED + self._cabin.number - 1)
            return (RESULT_ERROR, ERROR_POSITION)
        return outcome

    def _open(self) -> Outcome | None:
        self._cabin.booth.outer.drive(1)
        return DONE if self._cabin.outer_open else None

    def _close(self) -> Outcome | None:
        booth = self._cabin.booth
        door = booth.outer
        if self._reopening:
            return self._reopen()
        obstructed = booth.person_detected or not booth.curtain_clear
        if obstructed or (booth.closing_edge and 0.0 < door.position_ratio <= 0.5):
            if not booth.curtain_clear:
                self._plc.alarms.pulse(alarms.CURTAIN + self._cabin.number - 1)
            self._failed += 1
            self._reopening = True
            return None
        door.drive(0)
        return DONE if self._cabin.outer_closed and door.at_zero else None

    def _reopen(self) -> Outcome | None:
        """Open again, and wait a little before the next try; after the third failed one give up."""
        now_ms = self._plc.now_ms
        self._cabin.booth.outer.drive(1)
        if not self._cabin.outer_open:
            self._open_since_ms = None
            return None
        if self._failed >= TRIES:
            self._plc.alarms.pulse(alarms.DOOR_BLOCKED + self._cabin.number - 1)
            return (RESULT_ERROR, ERROR_BLOCKED)
        if self._open_since_ms is None:
            self._open_since_ms = now_ms
        if now_ms - self._open_since_ms >= TRY_AGAIN_AFTER_MS:
            self._reopening, self._open_since_ms = False, None
        return None

    def stop(self) -> None:
        """Stop the door where it is."""
        self._cabin.booth.outer.stop()
        self._watch.restart()

    def at_rest(self) -> bool:
        """The door stands still."""
        return not self._cabin.booth.outer.moving

    def progress_pct(self) -> int:
        """By way."""
        position = self._cabin.booth.outer.position_ratio
        return int(100 * (position if self._end else 1 - position))


class Signal:
    """The cabin's sign."""

    def __init__(self, cabin: Cabin, command: Command) -> None:
        self._cabin = cabin
        self._signal = command.args[0]

    def intact(self) -> bool:
        """It asks nothing."""
        return True

    def tick(self) -> Outcome | None:
        """Done at once."""
        self._cabin.signal = self._signal
        return DONE

    def stop(self) -> None:
        """Nothing moves."""

    def at_rest(self) -> bool:
        """Nothing moves."""
        return True

    def progress_pct(self) -> int:
        """All or nothing."""
        return 0
