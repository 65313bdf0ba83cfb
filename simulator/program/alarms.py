"""The alarm list: active and unacknowledged apart (ISA-18.2), first-out, latching (plc-if.md 8)."""

from __future__ import annotations

from dataclasses import dataclass

from towerd.plc.registers import alarm_types

(ESTOP, RESET_REQUIRED, FIRE, OVERSPEED, SLACK_ROPE, GATE, MAINS, LINK, DRIVE_LIFT, DRIVE_TURNTABLE, DRIVE_FORK) = (
    range(11)
)
(NOT_HOMED, BRAKE, POSITION_LIFT, POSITION_TURNTABLE, FORK_TIMEOUT, LOAD_DISAGREE, LOAD_LOST, OVERLOAD, TAG) = range(
    11, 20
)
PERSON, DOOR_BLOCKED, INNER_FAULT, CURTAIN, GAUGE, MISPLACED, EXIT = 20, 22, 24, 26, 28, 30, 32
BAY_SENSORS, BAY_LOCK, BAY_OVERHANG, HOT, UPS, INTERNAL, SHAFT_PERSON = range(34, 41)

ALL = 0xFFFF
NONE = 0xFFFF


def mask_of(numbers: object) -> int:
    """A bit mask of alarm numbers."""
    return sum(1 << number for number in numbers)  # type: ignore[attr-defined]


LATCHED = mask_of((13, 14, 15, 17, 18, 22, 23, 24, 25, 26, 27, 35))
HOLDING = mask_of(number for number, kind in alarm_types().items() if kind.stops == "hold")
ABORTING = mask_of(number for number, kind in alarm_types().items() if kind.stops == "abort")
SHOWN_ONLY_IN_MANUAL = mask_of((LOAD_DISAGREE, BAY_OVERHANG))


def numbers_in(mask: int) -> list[int]:
    """The alarm numbers of a mask, rising."""
    return [number for number in range(mask.bit_length()) if mask >> number & 1]


@dataclass(slots=True)
class Alarms:
    """128 alarms as bit masks. `pulses` are events since the last update."""

    active: int = 0
    unacked: int = 0
    pulses: int = 0
    first_out: int = NONE
    first_out_utc_s: int = 0

    def pulse(self, number: int) -> None:
        """An event that sets an alarm at the next update."""
        self.pulses |= 1 << number

    def update(self, conditions: int, utc_s: int) -> int:
        """Take the conditions of this scan; returns the alarms that have just become active."""
        wanted = conditions | self.pulses | (self.active & self.unacked & LATCHED)
        self.pulses = 0
        fresh = wanted & ~self.active
        if wanted == self.active and not fresh:
            return 0
        if fresh and not self.active and not self.unacked:
            self.first_out, self.first_out_utc_s = numbers_in(fresh)[0], utc_s
        self.active = wanted
        self.unacked |= fresh
        self._all_clear()
        return fresh

    def acknowledge(self, code: int) -> list[int]:
        """Acknowledge one alarm, or all with 0xFFFF; returns those of them that are in the list, acknowledged or not."""
        listed = self.active | self.unacked
        chosen = listed if code == ALL else listed & (1 << code if code < 128 else 0)
        self.unacked &= ~chosen
        self._all_clear()
        return numbers_in(chosen)

    def _all_clear(self) -> None:
        if not self.active and not self.unacked:
            self.first_out, self.first_out_utc_s = NONE, 0

    def holding(self, manual: bool) -> int:
        """The active alarms that hold; in Manual 16 and 36 are shown and do not (8.2)."""
        held = self.active & HOLDING
        return held & ~SHOWN_ONLY_IN_MANUAL if manual else held
