"""A car on the road: its dashboard, and the drive that its stand-in of telematics tells the tower of."""

from __future__ import annotations

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import Order
from simulator.shop.pages.frame import Notice, deed, section, text
from simulator.shop.pages.texts import say

DRIVES_KM = (10, 50, 150)


def road_part(desk: Desk, order: Order, notice: Notice) -> None:
    """Drives of a car that is out; nothing for any other."""
    dashboard = desk.telematics.dashboard(order.order)
    if dashboard is None:
        return
    with section(say("road.title"), "stage"):
        text(say("road.lead"))
        text(say("road.reads", km=dashboard.odometer_km, percent=round(dashboard.energy_ratio * 100)), classes="lead")
        with ui.element("div").classes("actions"):
            for km in DRIVES_KM:
                deed(
                    say("road.drive", km=km),
                    notice,
                    lambda km=km: desk.telematics.drive(order.order, km),  # type: ignore[misc]
                    notice.refused,
                )
