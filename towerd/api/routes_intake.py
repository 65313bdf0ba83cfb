"""The local API's driving in: what the kiosk asks when a car is brought (orders-if.md 6.4)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, model_validator

from towerd.api import payload
from towerd.api.answers import asked
from towerd.api.callers import Core, Viewer
from towerd.fsm.intake_events import CarSecured, DriveInCancelled, DriveInRequested
from towerd.orders.readings import Reading

router = APIRouter(prefix="/drive-in")
Number = Annotated[int, Field(ge=1, le=2)]
CabinPath = Annotated[int, Path(ge=1, le=2)]


class DriveIn(BaseModel):
    """The number of a loan, or the id that the vehicle's QR shows; and the cabin, if it matters."""

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, Field(pattern=r"^\d{4}$")] | None = None
    vehicle: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    cabin: Number | None = None

    @model_validator(mode="after")
    def _one_name(self) -> DriveIn:
        if (self.number is None) == (self.vehicle is None):
            raise ValueError("give either number or vehicle")
        return self


class Secured(BaseModel):
    """What the driver types beside the word that the car is secured: off the dashboard, and whether it came to harm.

    What cannot be is asked for again (409), so only what is no number is refused here.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    odometer_km: Annotated[int, Field(ge=0, le=100_000_000)] | None = None
    charge_ratio: float | None = None
    fuel_ratio: float | None = None
    damage: bool | None = None

    def reading(self) -> Reading:
        """As the core takes it."""
        return Reading(self.odometer_km, self.charge_ratio, self.fuel_ratio)


@router.get("")
async def shown(core: Core, _caller: Viewer) -> dict[str, Any]:
    """The newest car of each cabin: what its driver does next, and what whoever comes is asked to do (viewer)."""
    view = core.view_of()
    return {
        "at": payload.jsonable(view.at),
        "simulated": view.simulated,
        "button_lost_s": view.button_lost_s,
        "intakes": payload.jsonable(view.intakes),
        "owing": payload.jsonable(view.owing),
    }


@router.post("")
async def drive_in(core: Core, caller: Viewer, wish: DriveIn) -> JSONResponse:
    """Open a free cabin for a car that is out (viewer; one that is out without a loan: technician)."""
    staff = caller.may("technician")
    return await asked(
        core, lambda reply: DriveInRequested(wish.number, wish.vehicle, wish.cabin, staff, caller.user, reply)
    )


@router.post("/{cabin}/secured")
async def secured(core: Core, caller: Viewer, cabin: CabinPath, said: Secured | None = None) -> JSONResponse:
    """The driver's word: engine off, handbrake on, gear in park, key in the car; with what is `wanted` of it (viewer)."""
    answer = said or Secured()
    return await asked(core, lambda reply: CarSecured(cabin, caller.user, reply, answer.reading(), answer.damage))


@router.delete("/{cabin}")
async def give_up(core: Core, caller: Viewer, cabin: CabinPath) -> JSONResponse:
    """Give up driving into this cabin; too late once the car is taken in (viewer)."""
    return await asked(core, lambda reply: DriveInCancelled(cabin, caller.user, reply))
