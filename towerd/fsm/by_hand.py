"""Who takes in what technicians do by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from towerd.fsm import manual_events as by
from towerd.fsm.bays_by_hand import bay_service_changed, place_set
from towerd.fsm.changes import changes_confirmed
from towerd.fsm.conditions import condition_set
from towerd.fsm.jobs_by_hand import job_commanded, job_finished
from towerd.fsm.jogging import jog_requested
from towerd.fsm.lease import lease_released, lease_taken
from towerd.fsm.manual import manual_cancelled, manual_requested
from towerd.fsm.turn import Turn

MANUAL_HANDLERS: Final[dict[type, Callable[[Turn, Any], None]]] = {
    by.LeaseTaken: lease_taken,
    by.LeaseReleased: lease_released,
    by.ManualRequested: manual_requested,
    by.ManualCancelled: manual_cancelled,
    by.JogRequested: jog_requested,
    by.JobCommanded: job_commanded,
    by.JobFinished: job_finished,
    by.PlaceSet: place_set,
    by.BayServiceChanged: bay_service_changed,
    by.ChangesConfirmed: changes_confirmed,
    by.ConditionSet: condition_set,
}
