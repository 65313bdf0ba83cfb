"""Modes and states (plc-if.md 4): the PackML machine, its commands and the cause of the last stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.config import KEY_AUTO, KEY_MANUAL

if TYPE_CHECKING:
    from simulator.program.plc import Plc

CLEARING, STOPPED, STARTING, IDLE, EXECUTE, STOPPING, ABORTING, ABORTED = 1, 2, 3, 4, 6, 7, 8, 9
HOLDING, HELD, UNHOLDING, RESETTING = 10, 11, 12, 15
NONE, RESET, START, STOP, HOLD, UNHOLD, ABORT, CLEAR = 0, 1, 2, 3, 4, 5, 8, 9
CAN_HOLD = (EXECUTE, STARTING, UNHOLDING)
PAUSED = (HOLDING, HELD, UNHOLDING)
FROM = {RESET: STOPPED, START: IDLE, HOLD: EXECUTE, UNHOLD: HELD, CLEAR: ABORTED}
LEADS_TO = {RESET: RESETTING, START: STARTING, UNHOLD: UNHOLDING, CLEAR: CLEARING}
NEXT = {RESETTING: IDLE, STARTING: EXECUTE, UNHOLDING: EXECUTE, CLEARING: STOPPED}
WHEN_STILL = {HOLDING: HELD, STOPPING: STOPPED, ABORTING: ABORTED}
REASON_PC = 1


class PackMl:
    """The state, the stop reason, and the answer to the last command."""

    def __init__(self, plc: Plc) -> None:
        self._plc = plc
        self.state = STOPPED
        self.stop_reason = 0
        self.ack_seq = 0
        self.reject_code = 0
        self.reset_required = False

    def command(self, command: int, seq: int) -> None:
        """Act once on a new packml_seq (4.3)."""
        self.ack_seq = seq
        self.reject_code = self._refusal(command)
        if self.reject_code or command == NONE:
            return
        if command == STOP:
            self.stop(REASON_PC)
        elif command == HOLD:
            self.hold(REASON_PC)
        elif command == ABORT:
            self.abort(REASON_PC, owed=False)
        else:
            self.state = LEADS_TO[command]

    def _refusal(self, command: int) -> int:
        if command in (NONE, ABORT):
            return 0
        if command == STOP:
            return 5 if self.state in (ABORTING, ABORTED) else 0
        if command not in FROM:
            return 1
        if command == HOLD:
            return 0 if self.state == EXECUTE else 5
        plc = self._plc
        if not plc.link.alive:
            return 8
        if plc.key not in (KEY_AUTO, KEY_MANUAL):
            return 4
        if self.state != FROM[command]:
            return 5
        return self._start_refusal(command) if command in (START, UNHOLD) else self._clear_refusal(command)

    def _clear_refusal(self, command: int) -> int:
        blocked = self.reset_required or self._plc.abort_standing
        return 6 if command == CLEAR and blocked else 0

    def _start_refusal(self, command: int) -> int:
        plc = self._plc
        if plc.manual and not plc.enabled:
            return 9
        if command == UNHOLD and any(not cab.inner_closed and not cab.is_clear for cab in plc.cabins):
            return 10
        blocked = plc.alarms.holding(plc.manual) or any(cab.exit_pending for cab in plc.cabins)
        return 6 if blocked else 0

    def hold(self, reason: int) -> None:
        """Go to Held from where that is possible; in Idle end what runs with error 1 (3.1)."""
        if self.state in CAN_HOLD:
            self.state = HOLDING
            self.stop_reason = reason
        elif self.state in (IDLE, RESETTING):
            self._plc.end_in_idle()

    def stop(self, reason: int) -> None:
        """Go to Stopped; running commands end with result 5, error 6."""
        if self.state not in (STOPPED, STOPPING):
            self.state = STOPPING
            self.stop_reason = reason
        self._plc.end_all(5, 6)

    def abort(self, reason: int, owed: bool) -> None:
        """Go to Aborted with a quick stop; `owed` sets reset_required (4.4)."""
        self.reset_required = self.reset_required or owed
        if self.state not in (ABORTING, ABORTED):
            self.state = ABORTING
            self.stop_reason = reason
        self._plc.quick_stop()

    def tick(self) -> None:
        """One scan: leave the acting states when their work is done."""
        if self.state in NEXT:
            self.state = NEXT[self.state]
            if self.state == EXECUTE:
                self.stop_reason = 0
                self._plc.enter_execute()
        elif self.state in WHEN_STILL and self._plc.at_rest():
            self.state = WHEN_STILL[self.state]
