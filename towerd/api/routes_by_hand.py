"""The local API's jobs and bays in a technician's hands."""

from __future__ import annotations

from typing import Annotated, Any, get_args

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from towerd.api import payload
from towerd.api.answers import asked, refused
from towerd.api.callers import Core, Technician, Viewer
from towerd.api.routes_manual import COMMAND_LIMIT_S, place_of
from towerd.fsm.manual_events import BayServiceChanged, ConditionSet, JobCommanded, JobFinished, JobVerb, PlaceSet
from towerd.orders.conditions import OutReason, SetCondition

router = APIRouter()
Reason = Annotated[str, Field(min_length=3, max_length=400)]


class Finish(BaseModel):
    """Where the vehicle stands now, and why the job is declared finished."""

    model_config = ConfigDict(extra="forbid")

    place: str
    reason: Reason


class Content(BaseModel):
    """What stands in a place: a vehicle's id, or nothing; `override` where its sensors are wrong, or the car is back."""

    model_config = ConfigDict(extra="forbid")

    vehicle: str | None
    reason: Reason
    override: bool = False


class Why(BaseModel):
    """Why a bay is taken out of the planner's hands, or given back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class Condition(BaseModel):
    """What a vehicle is from now on; out of service for one reason at least."""

    model_config = ConfigDict(extra="forbid")

    condition: SetCondition
    because: list[OutReason] = []
    reason: Reason


def _no_place(text: str) -> JSONResponse:
    return refused(422, ["malformed"], f"no place: {text} (bay as 3-4, cabin:1, carriage, out)")


@router.get("/jobs")
async def jobs(core: Core, _caller: Viewer) -> dict[str, Any]:
    """The newest jobs, the newest first, and all that are open (viewer)."""
    return {"jobs": payload.jsonable(core.view_of().jobs)}


@router.post("/jobs/{job}/finish")
async def finish(core: Core, caller: Technician, job: int, told: Finish) -> JSONResponse:
    """Declare a job finished by hand: its vehicle stands at a place, and the sensors agree (technician)."""
    place = place_of(told.place)
    if place is None:
        return _no_place(told.place)
    return await asked(core, lambda reply: JobFinished(job, place, told.reason, caller.user, reply))


@router.post("/jobs/{job}/{verb}")
async def command_job(core: Core, caller: Technician, job: int, verb: str) -> JSONResponse:
    """hold, resume, step or cancel a job; in Manual a step answers when it has ended (technician)."""
    if verb not in get_args(JobVerb):
        return refused(404, ["no_such_command"], f"there are {', '.join(get_args(JobVerb))} and finish")
    return await asked(core, lambda reply: JobCommanded(job, verb, caller.user, reply), COMMAND_LIMIT_S)  # type: ignore[arg-type]


@router.get("/bays")
async def bays(core: Core, _caller: Viewer) -> dict[str, Any]:
    """Every bay by books, sensors, technician and PLC (viewer)."""
    return {"bays": payload.jsonable(core.view_of().places)}


@router.post("/places/{place}/set")
async def set_place(core: Core, caller: Technician, place: str, content: Content) -> JSONResponse:
    """Write down what stands in a bay, a cabin or on the carriage, as seen on the spot; `out`: the car is outside (technician)."""
    where = place_of(place)
    if where is None:
        return _no_place(place)
    return await asked(
        core,
        lambda reply: PlaceSet(where, content.vehicle, content.reason, caller.user, reply, content.override),
    )


@router.post("/vehicles/{vehicle}/condition")
async def set_condition(core: Core, caller: Technician, vehicle: str, said: Condition) -> JSONResponse:
    """Put a vehicle out of service, have it looked at, or release it, as staff do by `condition` (technician)."""
    because = tuple(dict.fromkeys(said.because))
    return await asked(
        core, lambda reply: ConditionSet(vehicle, said.condition, because, said.reason, caller.user, reply)
    )


@router.post("/bays/{place}/disable")
async def disable(core: Core, caller: Technician, place: str, why: Why) -> JSONResponse:
    """Keep the planner from a bay (technician)."""
    return await _service(core, caller, place, why, disabled=True)


@router.post("/bays/{place}/enable")
async def enable(core: Core, caller: Technician, place: str, why: Why) -> JSONResponse:
    """Give a bay back to the planner (technician)."""
    return await _service(core, caller, place, why, disabled=False)


async def _service(core: Core, caller: Technician, place: str, why: Why, *, disabled: bool) -> JSONResponse:
    where = place_of(place)
    if where is None:
        return _no_place(place)
    return await asked(core, lambda reply: BayServiceChanged(where, disabled, why.reason, caller.user, reply))
