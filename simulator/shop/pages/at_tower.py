"""The stand-in's stage on a page: what a person does at the tower, by a button. Only where the shop has a stage (`make shop`)."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from simulator.shop.desk import Desk, Stage
from simulator.shop.model import Order
from simulator.shop.pages.frame import Notice, deed, section, text
from simulator.shop.pages.texts import say


def stage_part(desk: Desk, order: Order, notice: Notice) -> None:
    """What can be done at the tower now; nothing where there is no stage, or nothing to do."""
    stage = desk.stage
    deeds = () if stage is None else stage.deeds(order)
    if stage is None or not deeds:
        return
    with section(say("stage.title"), "stage"):
        text(say("stage.lead"))
        with ui.element("div").classes("actions"):
            for name in deeds:
                deed(say(f"stage.{name}"), notice, done_on(stage, name, order.order), notice.report)


def done_on(stage: Stage, name: str, order: str) -> Callable[[], str]:
    """The deed, to be done later."""
    return lambda: stage.do(name, order)
