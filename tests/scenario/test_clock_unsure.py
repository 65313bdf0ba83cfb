"""The tower does not trust its clock: no token but `hold` is taken, what was accepted goes on (orders-if.md 4.4)."""

from __future__ import annotations

from datetime import timedelta

from tests.support.orders_kit import claims
from tests.support.sync_tower import START, SyncTower, send_token
from towerd.fsm import events as ev
from towerd.fsm.reply import ReplyTo

KINDS = ("test_drive", "collect", "stock_out", "cancel", "purchase", "returned_elsewhere", "resume")
LONG_AGO_S = int(START.timestamp()) - 40 * 365 * 86400


def visit() -> SyncTower:
    """A customer's order is accepted, then the clock jumps."""
    tower = SyncTower(lambda _tower, _state, _command: None)
    tower.tick(3)
    tower.import_stock()
    tower.order(91, 7)
    assert tower.answers[-1].ok
    tower.take(ev.ClockJudged(False))
    return tower


def state_of(tower: SyncTower) -> str:
    return tower.state.tables.orders["o_91"].state


def test_an_accepted_order_is_served_by_its_code() -> None:
    tower = visit()
    tower.code("o_91", right=True)
    for _ in range(400):
        tower.tick(1)
        tower.simulator.press_clear(1)
        if state_of(tower) == "completed":
            break
    assert state_of(tower) == "completed"
    assert tower.state.tables.loans["o_91"].state == "out"
    assert [row.body["type"] for row in tower.told if row.body.get("type", "").startswith("clock_")] == [
        "clock_sure",
        "clock_unsure",
    ]


def test_no_other_token_is_taken_until_a_technician_confirms_the_clock() -> None:
    tower = visit()
    for kind in KINDS:
        answer = send_token(tower, kind, jti=f"x_{kind}")
        assert (kind, answer.ok, answer.reasons) == (kind, False, ("clock_unsure",))
    assert state_of(tower) == "accepted"
    tower.take(ev.ClockConfirmed("jo", ReplyTo("api", "clock")))
    assert send_token(tower, "cancel", jti="x_again", order="o_91", sub="c_7").ok
    # a refusal is final: the same token stays refused
    assert send_token(tower, "cancel", jti="x_cancel").reasons == ("clock_unsure",)


def test_a_hold_is_taken_whatever_its_times() -> None:
    tower = visit()
    raw = claims("hold", jti="x_hold", iat=LONG_AGO_S, exp=LONG_AGO_S + 60)
    expired_at = START - timedelta(days=400)
    for _ in range(2):
        tower.take(ev.OrderRequested("hold", raw, "sha", ReplyTo("mqtt", "rsp/ops", "", "r_1"), expires_at=expired_at))
        assert tower.answers[-1].ok
    tower.tick(2)
    assert tower.state.volatile.snapshot is not None
    assert tower.state.volatile.snapshot.system.packml_state.name in ("HOLDING", "HELD")
