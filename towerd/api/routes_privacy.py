"""The local API's personal data: what is held, what of it is one customer's, and having a customer forgotten."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from towerd.api.answers import asked
from towerd.api.callers import Core, Operator, Technician
from towerd.fsm.privacy_events import ErasureRequested, ExportRequested

_NOTED: Final = 200

router = APIRouter()

Customer = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/privacy")
async def privacy(core: Core, _caller: Operator) -> dict[str, Any]:
    """What is held of people, of whom and until when (operator)."""
    return core.extras.privacy_report()


@router.get("/privacy/{customer}", response_model=None)
async def personal_data(core: Core, caller: Technician, customer: Customer) -> JSONResponse | dict[str, Any]:
    """What is held of one customer but rows of the audit log, faces as they are sealed (technician); audited first."""
    called = core.extras.find(customer).customer
    noted = await asked(core, lambda reply: ExportRequested(called, caller.user, reply))
    return core.extras.privacy_export(customer) if noted.status_code == _NOTED else noted


@router.get("/privacy/{customer}/audit")
async def audit_rows(
    core: Core, _caller: Technician, customer: Customer, after_seq: Annotated[int, Query(ge=0)] = 0
) -> dict[str, Any]:
    """A customer's rows among the next thousand of the audit log, and where to go on (`next_seq`) (technician)."""
    return core.extras.privacy_audit(customer, after_seq)


@router.post("/privacy/{customer}/erase")
async def erase(core: Core, caller: Technician, customer: Customer) -> JSONResponse:
    """Have a customer forgotten at once; what an open order or loan needs goes when that has ended (technician)."""
    person = core.extras.find(customer)
    return await asked(core, lambda reply: ErasureRequested(person.customer, person.known.handle, caller.user, reply))
