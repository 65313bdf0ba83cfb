"""The tower's self-test, as far as it can be told from what is known: nothing moves for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from towerd.view import BayView, CabinView, View


@dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer. `passed` None: it could not be asked, `text` says why. `cure`: what to do."""

    area: str
    name: str
    passed: bool | None
    text: str
    cure: str = ""


def _plc(view: View) -> Iterator[Check]:
    cure = "Check the PLC, its cable and the address in [plc]."
    yield Check("plc", "link", view.plc_good, view.plc_reason or "good values arrive", cure)
    if view.plc_good:
        kind = "a simulator" if view.simulated else "a real machine"
        yield Check(
            "plc", "kind", True, f"{kind}, {view.floors} floors of {view.positions} bays, {len(view.cabins)} cabins"
        )


def _motion(view: View) -> Iterator[Check]:
    if not view.obstacles:
        yield Check("motion", "free", True, "nothing stands in the way of motion")
    for obstacle in view.obstacles:
        yield Check("motion", obstacle.code, False, obstacle.text, obstacle.cure)


_BAY_CURE = "Look into the bay; towerctl bay show says what is known of it, towerctl why what to do."


def _bay_defect(bay: BayView) -> str | None:
    if bay.quality != "good":
        return "what stands in it is unknown"
    if bay.fault:
        return "the PLC reports a fault of this bay"
    if bay.disabled:
        return "the bay is disabled"
    if bay.occupied is None:
        return "its two sensors disagree"
    if bay.occupied != (bay.vehicle is not None):
        return (
            "occupied, but no vehicle is recorded there"
            if bay.occupied
            else f"{bay.vehicle} is recorded there, but it is empty"
        )
    return "not locked" if bay.locked is False else None


def _bays(view: View) -> Iterator[Check]:
    if not view.plc_good or not view.bays:
        yield Check("bays", "sensors", None, "no good values")
        return
    defects = [(bay, defect) for bay in view.bays if (defect := _bay_defect(bay))]
    for bay, defect in defects:
        yield Check("bays", bay.place, False, defect, _BAY_CURE)
    if not defects:
        yield Check("bays", "all", True, f"{len(view.bays)} bays locked, sensors and inventory agree")


def _cabin_defect(cabin: CabinView) -> str | None:
    if cabin.occupied is None:
        return "its two vehicle sensors disagree"
    for name, door in (("outer", cabin.outer_door), ("inner", cabin.inner_door)):
        if door in ("blocked", "fault"):
            return f"its {name} door is {door}"
    if cabin.inner_door != "closed" and cabin.outer_door != "closed":
        return "both of its doors are not closed"
    return None


def _cabins(view: View) -> Iterator[Check]:
    for cabin in view.cabins:
        name = f"cabin {cabin.number}"
        if cabin.quality != "good":
            yield Check("cabins", name, None, "no good values")
            continue
        defect = _cabin_defect(cabin)
        shown = f"outer door {cabin.outer_door}, inner door {cabin.inner_door}"
        yield Check("cabins", name, defect is None, defect or shown, "" if defect is None else "Look at the cabin.")


def _lift(view: View) -> Iterator[Check]:
    if view.lift.quality != "good":
        yield Check("carriage", "position", None, "no good values")
        return
    stands = view.lift.velocity_mm_s == 0
    text = f"{view.lift.position_mm} mm, {view.lift.rotation_deg} degrees, fork {view.lift.fork_mm} mm"
    yield Check("carriage", "position", True, text if stands else f"moving; {text}")
    if view.lift.loaded is None:
        yield Check("carriage", "load", False, "its two load sensors disagree", "Look at the carriage.")
    elif view.lift.loaded != (view.lift.vehicle is not None):
        yield Check(
            "carriage", "load", False, "sensors and inventory disagree about what it carries", "Look at the carriage."
        )
    else:
        yield Check("carriage", "load", True, view.lift.vehicle or "empty")


def _rest(view: View) -> Iterator[Check]:
    for alarm in view.alarms:
        yield Check("alarms", alarm.code, False, alarm.text, alarm.cure)
    yield Check(
        "face",
        view.engine,
        view.face_available,
        view.face_reason or "worker and camera serve",
        "Check camera and settings.",
    )
    yield Check(
        "broker",
        "connection",
        view.bus_connected,
        "connected" if view.bus_connected else "not connected",
        "Check network and broker; the tower goes on without.",
    )
    for device in view.devices:
        if device.due != "no":
            text = f"{device.cycles_since_service} cycles since the last service, due {device.due}"
            yield Check(
                "upkeep",
                device.device,
                False,
                text,
                f"towerctl maintenance done '{device.device}' once it is serviced.",
            )


def machine_checks(view: View) -> tuple[Check, ...]:
    """Everything that the newest view can answer, in the order a technician would ask."""
    areas = (_plc, _motion, _lift, _bays, _cabins, _rest)
    return tuple(check for area in areas for check in area(view))
