"""A view to show: a tower at rest with one order, one alarm and one obstacle."""

from __future__ import annotations

from typing import Any

from tests.support.values import AT, order, record
from towerd.orders.model import Vehicle
from towerd.places import bay
from towerd.view import Activity, AlarmView, BayView, CabinView, LiftView, Obstacle, Offer, View


def view(**changed: Any) -> View:
    """The view; keyword arguments replace fields."""
    values: dict[str, Any] = {
        "at": AT,
        "boot": 2,
        "simulated": True,
        "version": "0.1.0",
        "plc_good": True,
        "plc_reason": "",
        "mode": "auto",
        "packml": "EXECUTE",
        "stop_reason": None,
        "activity": Activity("idle", None, None, AT, None),
        "can_deliver": False,
        "why_not": ("door_blocked",),
        "obstacles": (Obstacle("PLC-024", "Outer door of cabin 1 is blocked", "Look what is in the door", AT),),
        "engine": "opencv",
        "liveness": ("challenge",),
        "face_alone": ("test_drive",),
        "face_available": False,
        "face_reason": "no camera",
        "floors": 20,
        "positions": 6,
        "lift": LiftView("good", 3000, 0, 1, 60.0, 0, False, None),
        "cabins": (CabinView(1, "good", "closed", "closed", None, False, True, "red", None),),
        "bays": (BayView("3-4", "good", True, "car-1", True, False, False, None),),
        "orders": (order(),),
        "offers": (Offer(Vehicle(record(), bay(3, 4)), None, 90.0),),
        "alarms": (AlarmView("PLC-024", "DOOR_BLOCKED", "high", "unacked_active", AT, "Outer door blocked"),),
    }
    return View(**(values | changed))
