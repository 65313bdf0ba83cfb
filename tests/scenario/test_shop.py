"""The stand-in shop over two towers with real cores: what it orders, follows, counts and tells (orders-if.md 1, 4, 5)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.purchaser import utc
from simulator.shop.model import CollectWish, Dashboard, DriveWish, Filter, Outcome, ShopError, Slot
from simulator.shop.rows import OrderRow, VehicleRow
from simulator.shop.shop import Shop
from tests.scenario.tower import record
from tests.support.shop_kit import FAR, NEAR, Street, photo
from towerd.places import OUT

ANNA, CHEN = "c_anna", "c_chen"
MONDEO = DriveWish(make="Ford", model="Mondeo", colour="blue", terms_accepted=True, deposit_paid=True)


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path)


@pytest.fixture
def shop(street: Street) -> Iterator[Shop]:
    with street.shop() as shop:
        yield shop


def soon(reached: Callable[[], object], what: str) -> None:
    """Threads take a moment."""
    ends_s = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < ends_s, what
        time.sleep(0.01)


def test_a_car_is_ordered_at_the_nearest_tower_and_one_car_counts_everywhere(street: Street, shop: Shop) -> None:
    assert [tower.tower for tower in shop.window.towers(ANNA)] == [NEAR, FAR]
    assert [offer.tower for offer in shop.window.offers(Filter(), CHEN)][:2] == [FAR, FAR]
    outcome = shop.counter.drive(ANNA, MONDEO)
    assert outcome.ok
    order = outcome.order
    assert order is not None
    assert (order.tower, order.state, order.code_only) == (NEAR, "accepted", True)
    assert order.qr == f"{order.number} {order.code}"
    second = shop.counter.drive(ANNA, DriveWish(vehicle="v_0043", terms_accepted=True, deposit_paid=True))
    assert [reason.code for reason in second.reasons] == ["customer_has_a_car"]
    assert street.lines[FAR].asked == []
    assert shop.people.standing(ANNA).cars_out == 1

    assert shop.counter.cancel(order.order).ok
    soon(lambda: shop.counter.order(order.order).state == "cancelled", "the tower shows the end")
    again = shop.counter.drive(ANNA, DriveWish(vehicle="v_0043", terms_accepted=True, deposit_paid=True))
    assert again.order is not None
    assert (again.ok, again.order.tower) == (True, FAR)


def test_of_two_orders_at_once_at_two_towers_one_is_decided(street: Street, shop: Shop) -> None:
    outcomes: list[Outcome] = []

    def order(vehicle: str) -> None:
        wish = DriveWish(vehicle=vehicle, terms_accepted=True, deposit_paid=True)
        outcomes.append(shop.counter.drive(ANNA, wish))

    threads = [threading.Thread(target=order, args=(vehicle,)) for vehicle in ("v_0042", "v_0043")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.ok for outcome in outcomes) == [False, True]
    assert sum(len(line.core.state.tables.orders) for line in street.lines.values()) == 1


def test_an_answer_that_never_came_is_asked_for_with_the_same_token_after_a_restart(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.shop.ordering.ANSWER_WAIT_S", 0.2)
    near = street.lines[NEAR]
    near.deaf = 10**6
    with street.shop() as shop:
        outcome = shop.counter.drive(ANNA, MONDEO)
        assert not outcome.answered
        assert outcome.order is not None
        # what is not answered counts: nobody knows that it was not taken
        assert shop.people.standing(ANNA).cars_out == 1
    near.deaf = 0
    with street.shop() as shop:
        order = outcome.order.order
        soon(lambda: shop.counter.order(order).number, "the answer")
    assert list(near.core.state.tables.orders) == [order]
    assert len({token for _, token in near.asked}) == 1
    assert len({req_id for req_id, _ in near.asked}) == len(near.asked) > 1


def test_a_selfie_leaves_the_shop_only_with_consent_and_consent_can_be_withdrawn(street: Street, shop: Shop) -> None:
    with pytest.raises(ShopError, match="no picture"):
        shop.counter.drive(ANNA, DriveWish(vehicle="v_0042", selfie=b"text", face_consent=True))
    without = shop.counter.drive(CHEN, DriveWish(vehicle="v_0007", selfie=photo()))
    assert {reason.code for reason in without.reasons} == {"terms_missing", "deposit_missing", "fee_missing"}
    assert "consent" not in street.lines[NEAR].claims[-1]
    wish = DriveWish(vehicle="v_0042", selfie=photo(), face_consent=True, terms_accepted=True, deposit_paid=True)
    order = shop.counter.drive(ANNA, wish).order
    assert order is not None
    assert (order.code_only, "withdraw_consent" in order.may) == (False, True)
    assert shop.counter.withdraw_consent(order.order).ok
    after = shop.counter.order(order.order)
    assert (after.code_only, "withdraw_consent" in after.may) == (True, False)
    # nothing of the face is in the books
    assert b"/9j/" not in (street.folder / "shop.db").read_bytes()


def test_a_car_is_driven_brought_back_to_the_other_tower_and_another_one_booked(street: Street, shop: Shop) -> None:
    near, far = street.lines[NEAR], street.lines[FAR]
    order = shop.counter.drive(ANNA, MONDEO).order
    assert order is not None
    near.come(order.order)
    now = shop.counter.order(order.order)
    assert now.loan is not None
    assert (now.state, now.loan.state, "buy" in now.may) == ("completed", "out", True)
    assert [one.text for one in shop.counter.history(order.order)][-1] == "Done."
    assert shop.people.standing(ANNA).cars_out == 1
    with pytest.raises(ShopError, match="own tower"):
        shop.counter.return_elsewhere(order.order, NEAR)

    back = shop.counter.return_elsewhere(order.order, FAR).order
    assert back is not None
    assert back.number
    assert shop.counter.orders(ANNA)[0].order == back.order
    far.come(back.order)
    soon(lambda: shop.counter.order(order.order).loan.state == "returned_elsewhere", "the first tower is told")  # type: ignore[union-attr]
    assert now.vehicle not in near.core.state.tables.vehicles
    assert far.core.state.tables.vehicles[str(now.vehicle)].place != OUT
    standing = shop.people.standing(ANNA)
    assert (standing.cars_out, standing.drives_60_days, standing.against) == (0, 1, ())
    assert "book_another" in shop.counter.order(order.order).may
    assert shop.counter.drive(ANNA, MONDEO).order is not None
    assert near.claims[-1]["eligibility"]["test_drives_60_days"] == 1


def test_five_drives_in_sixty_days_count_over_all_towers(street: Street, shop: Shop) -> None:
    now = datetime.now(UTC)
    with shop.ledger.change() as books:
        for number, days in enumerate((70, 50, 40, 30, 20)):
            began = utc(now - timedelta(days=days))
            facts = {"state": "completed", "loan_state": "returned", "out_since": began}
            tower = (NEAR, FAR)[number % 2]
            books.put(OrderRow(f"o_{number}", tower, ANNA, "test_drive", "v_1", "Ford", "Ka", "red", began, **facts))  # type: ignore[arg-type]
    order = shop.counter.drive(ANNA, MONDEO).order
    assert order is not None
    assert street.lines[NEAR].claims[-1]["eligibility"]["test_drives_60_days"] == 4
    street.lines[NEAR].come(order.order)
    assert shop.people.standing(ANNA).drives_60_days == 5

    plan = shop.counter.plan(21900000, "CNY", 2190000, 36)
    assert shop.counter.price(order.order) == (21900000, "CNY")
    bought = shop.counter.buy(order.order, plan).order
    assert bought is not None
    assert bought.plan == plan
    soon(lambda: "book_another" in shop.counter.order(order.order).may, "the car is sold")
    with pytest.raises(ShopError, match="bought already"):
        shop.counter.buy(order.order, plan)
    sixth = shop.counter.drive(ANNA, DriveWish(vehicle="v_0043", terms_accepted=True, deposit_paid=True))
    assert [reason.code for reason in sixth.reasons] == ["trial_limit"]
    # who buys is not held to the number of drives
    (left,) = shop.window.offers(Filter(tower=NEAR))
    offer = shop.window.find(f"https://shop.example/v/{left.vehicle.id}", ANNA)
    assert offer is not None
    whole = shop.counter.plan(offer.purchase_price or 0, offer.currency, offer.purchase_price or 0, 0)
    online = CollectWish(whole, vehicle=offer.vehicle.id, terms_accepted=True)
    assert shop.counter.collect(ANNA, online).ok


def test_a_dealer_brings_in_takes_out_and_bars_vehicles(street: Street, shop: Shop) -> None:
    (dealer,) = shop.dealership.dealers()
    first = shop.dealership.stock(dealer)[0]
    assert (first.vehicle.id, first.tower, first.place) == (
        "v_0007",
        NEAR,
        "bay 1-1",
    )
    assert shop.dealership.out_of_service(dealer, "v_0007", ["damage"], "scratch").ok
    soon(lambda: "v_0007" not in ids(shop), "nobody can order it")
    row = next(row for row in shop.dealership.stock(dealer) if row.vehicle.id == "v_0007")
    assert (row.condition, row.reasons) == ("out_of_service", ("damage",))
    assert shop.dealership.release(dealer, "v_0007").ok
    soon(lambda: "v_0007" in ids(shop), "it can be ordered again")
    with pytest.raises(ShopError, match="A reason is one of"):
        shop.dealership.out_of_service(dealer, "v_0007", ["ugly"])

    new = record(50)
    del new["owner"]
    assert [one.code for one in shop.dealership.stock_in(dealer, NEAR, {**new, "tag": record(7)["tag"]}).reasons] == [
        "tag_in_use"
    ]
    with pytest.raises(ShopError, match="lacks: tag"):
        shop.dealership.stock_in(dealer, NEAR, {name: value for name, value in new.items() if name != "tag"})
    announced = shop.dealership.stock_in(dealer, NEAR, new).order
    assert announced is not None
    assert announced.number
    assert shop.dealership.cancel(announced.order).ok
    out = shop.dealership.stock_out(dealer, FAR, "v_0008")
    assert [order.kind for order in shop.dealership.orders(dealer)] == ["stock_out", "stock_in", "stock_in"]
    assert out.order is not None
    street.lines[FAR].come(out.order.order)
    assert [row.tower for row in shop.dealership.stock(dealer) if row.vehicle.id == "v_0008"] == [None]


def ids(shop: Shop) -> set[str]:
    return {offer.vehicle.id for offer in shop.window.offers(Filter())}


def in_a_showroom(shop: Shop, number: int, **changes: str) -> dict[str, Any]:
    """A car of the dealer's books that stands in no tower."""
    raw = record(number, **changes)
    with shop.ledger.change() as books:
        books.put(VehicleRow(raw["id"], raw["owner"], json.dumps(raw)))
    return raw


def test_who_waits_gets_the_car_that_a_dealer_brings(street: Street, shop: Shop) -> None:
    red = in_a_showroom(shop, 60, colour="red")
    wanted = Filter("Ford", "Mondeo", "red")
    assert [(one.tower, one.awaited) for one in shop.window.awaited(Filter(), CHEN)] == [(FAR, True), (NEAR, True)]
    assert shop.window.offers(wanted) == []
    # scanned where it stands, it leads to one of its kind
    assert shop.window.find("https://shop.example/v/v_0060", CHEN) == shop.window.awaited(wanted, CHEN)[0]
    with pytest.raises(ShopError, match="No tower offers"):
        shop.counter.drive(ANNA, DriveWish(colour="red", terms_accepted=True, deposit_paid=True))
    until = datetime.now(UTC) + timedelta(days=15)
    wish = DriveWish(colour="red", tower=FAR, wait_until=until, terms_accepted=True, deposit_paid=True)
    order = shop.counter.drive(ANNA, wish).order
    assert order is not None
    assert (order.state, order.vehicle, "cancel" in order.may) == ("awaiting_stock", None, True)
    assert street.lines[FAR].claims[-1]["vehicle"] == {"make": "Ford", "model": "Mondeo", "colour": "red"}
    waiting = shop.counter.order(order.order)
    assert waiting.wait_until == until.replace(microsecond=0)
    assert "still has to arrive" in waiting.text
    assert shop.people.standing(ANNA).cars_out == 1

    coming = shop.dealership.stock_in("dealer_3", FAR, red).order
    assert coming is not None
    assert {one.tower: one.condition for one in shop.window.awaited(wanted)} == {NEAR: "awaited", FAR: "announced"}
    street.lines[FAR].come(coming.order)
    soon(lambda: shop.counter.order(order.order).state == "accepted", "the order is bound")
    bound = shop.counter.order(order.order)
    assert bound.vehicle == "v_0060"
    assert "A car has been set aside for the order." in [one.text for one in shop.counter.history(order.order)]
    street.lines[FAR].come(order.order)
    assert shop.counter.order(order.order).loan is not None


def test_who_waits_is_told_that_the_car_is_late_and_that_it_has_not_come(street: Street, shop: Shop) -> None:
    in_a_showroom(shop, 60, colour="red")
    price = shop.window.awaited(Filter())[0].purchase_price
    assert price is not None
    now = datetime.now(UTC)
    slot = Slot(now + timedelta(minutes=1), now + timedelta(minutes=31))
    wish = CollectWish(
        shop.counter.plan(price, "CNY", price, 0),
        colour="red",
        slot=slot,
        wait_until=now + timedelta(minutes=4),
        terms_accepted=True,
    )
    order = shop.counter.collect(ANNA, wish).order
    assert order is not None
    assert (order.tower, order.state, order.late) == (NEAR, "awaiting_stock", False)
    pass_time(street, 130)
    late = shop.counter.order(order.order)
    assert (late.state, late.late, "is not" in late.text) == ("awaiting_stock", True, True)
    pass_time(street, 180)
    ended = shop.counter.order(order.order)
    assert (ended.state, ended.text) == ("expired", "The car did not arrive in time.")
    assert [one.text for one in shop.counter.history(order.order)][-2:] == [
        "The car is not there yet, although its time has come.",
        "The car did not arrive in time.",
    ]


def pass_time(street: Street, seconds: float) -> None:
    """Let it become later at the near tower."""
    near = street.lines[NEAR]
    with near.lock:
        near.core.tick(seconds)
        near.publish()


def test_the_tower_is_told_when_the_customer_comes_and_what_the_car_has_been_driven(street: Street, shop: Shop) -> None:
    near, later = street.lines[NEAR], datetime.now(UTC) + timedelta(hours=3)
    order = shop.counter.drive(ANNA, replace(MONDEO, slot=Slot(later, later + timedelta(minutes=30)))).order
    assert order is not None
    assert shop.telematics.dashboard(order.order) is None
    with pytest.raises(ShopError, match="not on the road"):
        shop.telematics.drive(order.order, 10)
    assert shop.counter.on_my_way(order.order, 12).ok
    told = near.core.state.tables.orders[order.order].eta
    assert told is not None
    assert shop.counter.order(order.order).arrives_at == told.arrives_at
    assert (told.sd_s, told.source) == (144, "app")
    assert shop.counter.cancel(order.order).ok

    walk_in = shop.counter.drive(ANNA, MONDEO).order
    assert walk_in is not None
    near.come(walk_in.order)
    assert shop.telematics.drive(walk_in.order, 80).ok
    driven = str(shop.counter.order(walk_in.order).vehicle)
    vehicle = near.core.state.tables.vehicles[driven]
    assert (vehicle.odometer_km, vehicle.fuel_ratio) == (12080, 0.7)
    assert shop.telematics.dashboard(walk_in.order) == Dashboard(12080, 0.7)
    with pytest.raises(ShopError, match="does not go that far"):
        shop.telematics.drive(walk_in.order, 600)
    rows = {row.vehicle.id: row.odometer_km for row in shop.dealership.stock("dealer_3")}
    assert rows[driven] == 12080


def test_what_a_customer_no_longer_needs_is_erased_here_and_asked_of_every_tower(street: Street, shop: Shop) -> None:
    order = shop.counter.drive(ANNA, MONDEO).order
    assert order is not None
    left = shop.people.erase(ANNA)
    assert "customer_has_a_car" in {reason.code for reason in left}
    assert [line.claims[-1]["kind"] for line in street.lines.values()] == ["erase", "erase"]
    with pytest.raises(ShopError, match="no such account"):
        shop.people.account(ANNA)
    assert shop.counter.cancel(order.order).ok
    soon(lambda: shop.counter.order(order.order).state == "cancelled", "the end")
    with street.shop() as again, pytest.raises(ShopError, match="no such order"):
        again.counter.order(order.order)


def test_who_is_at_the_tower_goes_where_the_machine_can_deliver(street: Street, shop: Shop) -> None:
    near = street.lines[NEAR]
    with near.lock:
        near.core.simulator.inject("gate_open")
        near.core.tick(2)
        near.publish()
    assert not shop.window.towers(ANNA)[0].can_deliver
    kind = Filter("Ford", "Mondeo", "blue")
    now, later = shop.window.nearest(kind, ANNA), datetime.now(UTC) + timedelta(hours=2)
    planned = shop.window.nearest(kind, ANNA, Slot(later, later + timedelta(minutes=30)))
    assert now is not None
    assert planned is not None
    assert (now.tower, planned.tower) == (FAR, NEAR)
    slots = shop.window.slots(planned, later.date())
    assert all(slot.from_at > datetime.now(UTC) for slot in slots)
    assert (shop.window.fee_due(planned, ANNA), shop.window.fee_due(planned, CHEN)) == (0, 15000)
    assert shop.window.choices()["make"] == ("Ford",)


def test_of_a_tower_that_is_away_nothing_is_known_and_nothing_is_asked(street: Street, shop: Shop) -> None:
    street.lines[NEAR].away = True
    assert {offer.tower for offer in shop.window.offers(Filter())} == {FAR}
    away = shop.counter.drive(ANNA, DriveWish(make="Ford", tower=FAR, terms_accepted=True, deposit_paid=True))
    assert away.order is not None
    with pytest.raises(ShopError, match="No tower offers"):
        shop.counter.drive(CHEN, DriveWish(vehicle="v_0042"))
    with pytest.raises(ShopError, match="no tower x"):
        shop.counter.collect(
            CHEN,
            CollectWish(shop.counter.plan(100, "CNY", 100, 0), vehicle="v_1", tower="x", wait_until=datetime.now(UTC)),
        )
