"""The charts, as tables: an order, a loan, a job, a mailbox command (orders-if.md 5, plc-if.md 5 and 6)."""

from __future__ import annotations

from typing import Final

from towerd.fsm.chart import Arc, Chart

ORDER: Final = Chart(
    "order",
    (
        "awaiting_stock",
        "accepted",
        "arrived",
        "identified",
        "delivering",
        "staged",
        "ready",
        "handed_over",
        "storing",
        "completed",
        "cancelled",
        "expired",
        "no_show",
        "failed",
    ),
    # left at once where the car is here
    "awaiting_stock",
    (
        Arc("bind", ("awaiting_stock",), "accepted"),
        Arc("expire", ("awaiting_stock",), "expired"),
        Arc("arrive", ("accepted",), "arrived"),
        Arc("identify", ("arrived", "staged"), "identified"),
        Arc("deliver", ("identified",), "delivering"),
        Arc("stage", ("accepted",), "staged"),
        Arc("put_back", ("staged",), "accepted"),
        Arc("await_customer", ("identified", "delivering"), "staged"),
        Arc("open", ("identified", "delivering", "staged"), "ready"),
        Arc("shut", ("ready",), "staged"),
        Arc("hand_over", ("ready",), "handed_over"),
        Arc("store", ("identified",), "storing"),
        Arc("turn_away", ("identified",), "arrived"),
        Arc("complete", ("handed_over", "storing"), "completed"),
        Arc("cancel", ("awaiting_stock", "accepted", "arrived", "identified", "delivering", "staged"), "cancelled"),
        Arc("miss", ("accepted", "arrived", "staged"), "no_show"),
        Arc("fail", ("accepted", "arrived", "identified", "delivering", "staged", "storing"), "failed"),
    ),
)

LOAN: Final = Chart(
    "loan",
    ("out", "due_soon", "overdue", "returning", "returned", "sold", "returned_elsewhere"),
    "out",
    (
        Arc("near_due", ("out",), "due_soon"),
        Arc("pass_due", ("out", "due_soon"), "overdue"),
        Arc("return", ("out", "due_soon", "overdue"), "returning"),
        Arc("take_in", ("returning",), "returned"),
        Arc("drive_off", ("returning",), "out"),
        Arc("sell", ("out", "due_soon", "overdue"), "sold"),
        Arc("return_elsewhere", ("out", "due_soon", "overdue"), "returned_elsewhere"),
    ),
)

_WITHOUT_CAR: Final = ("opening", "waiting")
_WITH_CAR: Final = ("positioning", "reading", "securing", "clearing", "closing")
_ON_THE_WAY_IN: Final = (*_WITHOUT_CAR, *_WITH_CAR)

INTAKE: Final = Chart(
    "intake",
    (*_ON_THE_WAY_IN, "storing", "turned_away", "done", "refused", "expired", "cancelled"),
    "opening",
    (
        Arc("open", ("waiting", *_WITH_CAR), "opening"),
        Arc("await_car", ("opening", *_WITH_CAR), "waiting"),
        Arc("position", _ON_THE_WAY_IN, "positioning"),
        Arc("read", _ON_THE_WAY_IN, "reading"),
        Arc("secure", _ON_THE_WAY_IN, "securing"),
        # only a driver's answer about this very car leads on from here
        Arc("clear", _WITH_CAR, "clearing"),
        Arc("close", _WITH_CAR, "closing"),
        Arc("take_in", _WITH_CAR, "storing"),
        Arc("turn_away", _ON_THE_WAY_IN, "turned_away"),
        Arc("finish", ("storing",), "done"),
        Arc("lose", ("storing",), "refused"),
        Arc("refuse", ("turned_away",), "refused"),
        Arc("expire", ("turned_away",), "expired"),
        Arc("cancel", ("turned_away",), "cancelled"),
    ),
)

JOB: Final = Chart(
    "job",
    ("running", "held", "done", "cancelled"),
    "running",
    (
        Arc("arrive", ("running",), "done"),
        Arc("hold", ("running",), "held"),
        Arc("resume", ("held",), "running"),
        Arc("finish", ("running", "held"), "done"),
        Arc("cancel", ("running", "held"), "cancelled"),
    ),
)

MOVE: Final = Chart(
    "move",
    ("asked", "arrived", "ready", "left", "done", "cancelled"),
    "asked",
    (
        Arc("hold", ("asked",), "arrived"),
        Arc("open", ("asked",), "ready"),
        Arc("leave", ("ready",), "left"),
        Arc("finish", ("asked", "arrived", "left"), "done"),
        Arc("cancel", ("asked", "arrived", "ready"), "cancelled"),
    ),
)

STEP: Final = Chart(
    "step",
    ("written", "running", "unsure", "fencing", "settling", "done", "failed", "aborted", "rejected", "lost"),
    "written",
    (
        Arc("take", ("written", "fencing"), "running"),
        Arc("doubt", ("written", "running", "fencing", "unsure"), "unsure"),
        Arc("fence", ("unsure", "fencing"), "fencing"),
        Arc("finish", ("written", "running", "fencing"), "done"),
        Arc("fail", ("written", "running", "fencing"), "failed"),
        Arc("abort", ("written", "running", "fencing"), "aborted"),
        Arc("reject", ("written", "fencing"), "rejected"),
        Arc("miss", ("fencing",), "lost"),
        Arc("forget", ("written", "running", "unsure", "fencing"), "lost"),
        Arc("ask_sensors", ("done", "failed", "aborted", "lost"), "settling"),
        Arc("settle", ("settling",), "done"),
    ),
)

CHARTS: Final[dict[str, Chart]] = {chart.name: chart for chart in (ORDER, LOAN, INTAKE, JOB, MOVE, STEP)}
