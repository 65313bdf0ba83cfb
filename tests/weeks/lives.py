"""The lives of customers, dealers, staff and operators, as they come and go in a week."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.weeks.city import PATIENCE, WRONG, City, car_record, wish_for
from tests.weeks.gate import SECRET
from tests.weeks.shop import PRICE, Waiting, utc
from towerd.fsm import events as ev
from towerd.fsm.intake_events import DriveInRequested
from towerd.orders.keys import code_mac
from towerd.orders.model import ENDED

HOUR_S, DAY_S = 3600.0, 86400.0
GATE_S = 3.0


def slot(city: City, from_h: float, hours: float = 0.5) -> dict[str, str]:
    """A slot that begins so many hours from now."""
    from_at = city.tower.now() + timedelta(hours=from_h)
    return {"from": utc(from_at), "until": utc(from_at + timedelta(hours=hours))}


def type_code(city: City, order: str, code: str) -> None:
    """Number and code at the kiosk."""
    row = city.tower.state.tables.orders.get(order)
    number = row.number if row is not None else "0000"
    city.tell(ev.CodeEntered, number, code_mac(SECRET, code), "kiosk")


def show_face(city: City, order: str) -> None:
    """The order's customer before the camera."""
    frame = {name: (0.8 if name == order else 0.05) for name in city.tower.watching}
    city.tower.take(ev.FaceLooked("opencv", 1, (frame,) * 5))


def at_the_gate(city: City, order: str, code: str, *, leaves_after: int = PATIENCE) -> Waiting:
    """Stand at the gate until the car has left, or as often as one has patience; gives whether it has."""
    for looks in range(leaves_after):
        state = city.order_state(order)
        if state in ENDED or state in ("gone", "handed_over"):
            return state in ("handed_over", "completed")
        if state in ("accepted", "arrived", "staged") and looks % 2 == 0:
            if order in city.tower.watching and city.rng.random() < 0.8:
                show_face(city, order)
            else:
                type_code(city, order, code if city.rng.random() < 0.9 else "00000000")
        yield GATE_S
    return False


def bring_back(city: City, loan: str) -> Waiting:
    """Bring the car of a loan back, and try again where the tower has no time; gives whether it is in."""
    for _ in range(8):
        row = city.tower.state.tables.loans.get(loan)
        if row is None or row.ended_at is not None:
            return True
        city.tell(DriveInRequested, row.number, None, None, False, "kiosk")
        yield 1.0
        if (yield from city.driving_in(row.vehicle)):
            return True
        yield 900.0
    return False


def bring_wrong(city: City, loan: str) -> Waiting:
    """Come back with another car than was lent, or with one that has been changed: nobody takes it."""
    row = city.tower.state.tables.loans[loan]
    city.tell(DriveInRequested, row.number, None, None, False, "kiosk")
    yield 1.0
    taken = yield from city.driving_in(row.vehicle, city.deal("wrong", WRONG))
    assert not taken, row


def _coming(city: City) -> dict[str, Any]:
    """When somebody wants a car: now, later, or when one arrives."""
    how = city.rng.choice(["now", "now", "soon", "tomorrow", "waits", "waits_slot"])
    if how == "soon":
        return {"slot": slot(city, city.rng.uniform(0.1, 6))}
    if how == "tomorrow":
        return {"slot": slot(city, city.rng.uniform(12, 40))}
    waits_h = city.rng.uniform(3, 60)
    waits = {"wait_until": utc(city.tower.now() + timedelta(hours=waits_h))}
    if how == "waits":
        return waits
    return {**waits, "slot": slot(city, waits_h / 3, 1.0)} if how == "waits_slot" else {}


def _whom(city: City) -> dict[str, str]:
    number = city.rng.randrange(1, 14)
    return wish_for(number) if city.rng.random() < 0.7 else {"id": f"v_{number:04d}"}


def _changes(city: City) -> dict[str, Any]:
    """Now and then something is not in order."""
    wrong = city.rng.random()
    if wrong > 0.12:
        return {}
    return city.rng.choice(
        [
            {"terms": None},
            {"eligibility": None},
            {"aud": "shanghai-2"},
            {"kind": "erase"},
            {"slot": {"from": "2027-03-01T09:00:00Z", "until": "2027-03-01T10:00:00Z"}},
        ]
    )


def _come(city: City, order: str, code: str) -> Waiting:
    """From the order's acceptance to the hand-over or another end; gives whether the car is out."""
    rng, sub = city.rng, city.shop.sent[order]["sub"]
    fate = rng.choice(["come"] * 8 + ["cancels", "cancels_later", "stays_away", "leaves", "on_the_way"])
    if fate == "cancels":
        yield rng.uniform(0, HOUR_S)
        yield from city.shop.ask(city.tower, "cancel", sub=sub, order=order)
    if fate == "stays_away":
        return False
    if rng.random() < 0.5:
        arrives_at = utc(city.tower.now() + timedelta(hours=1))
        said = {"arrives_at": arrives_at, "sd_s": 60.0, "source": "app"}
        yield from city.shop.ask(city.tower, "eta", sub=sub, order=order, **said)
    yield from _until_slot(city, order)
    if fate == "cancels_later":
        yield from city.shop.ask(city.tower, "cancel", sub=sub, order=order)
    if fate == "leaves":
        yield from at_the_gate(city, order, code, leaves_after=rng.randrange(1, 6))
        return False
    if fate == "on_the_way":
        yield from at_the_gate(city, order, code, leaves_after=rng.randrange(1, 8))
        yield from city.shop.ask(city.tower, "cancel", sub=sub, order=order)
    return (yield from at_the_gate(city, order, code))


def _until_slot(city: City, order: str) -> Waiting:
    """Wait for the slot, or for the car that is still to arrive."""
    while True:
        row = city.tower.state.tables.orders.get(order)
        if row is None or not row.open:
            return
        begins_s = 0.0 if row.slot is None else (row.slot.from_at - city.tower.now()).total_seconds()
        if row.state != "awaiting_stock" and begins_s <= 0:
            return
        yield max(60.0, min(begins_s, HOUR_S))


def _drive(city: City, loan: str) -> Waiting:
    """What becomes of a car that is out."""
    rng, sub = city.rng, city.shop.sent[loan]["sub"]
    end = rng.choice(["soon"] * 5 + ["in_time", "late", "buys", "buys_late", "elsewhere"])
    yield {"soon": rng.uniform(600, 5 * HOUR_S), "late": 3.4 * DAY_S, "buys_late": 3.1 * DAY_S}.get(
        end, rng.uniform(HOUR_S, 2.8 * DAY_S)
    )
    if end in ("buys", "buys_late"):
        paid = rng.choice([PRICE, PRICE // 10, 5])
        payment = {"price": PRICE, "currency": "CNY", "paid": paid, "instalments": 36}
        answer = yield from city.shop.ask(city.tower, "purchase", sub=sub, order=loan, payment=payment)
        if answer["ok"]:
            return
    if end == "elsewhere":
        at = utc(city.tower.now())
        yield from city.shop.ask(city.tower, "returned_elsewhere", sub=sub, order=loan, tower="shanghai-2", at=at)
        return
    row = city.tower.state.tables.loans.get(loan)
    if row is not None and row.ended_at is None and city.deal("return", ("right", "right", "wrong")) == "wrong":
        yield from bring_wrong(city, loan)
    yield from bring_back(city, loan)


def customer(city: City, name: str) -> Waiting:
    """Orders cars, comes for them or does not, and brings them back or keeps them."""
    rng = city.rng
    yield rng.uniform(0, 1.5 * DAY_S)
    while True:
        face = rng.random() < 0.5
        answer = yield from city.shop.ask(
            city.tower,
            "test_drive",
            **{
                "sub": name,
                "vehicle": _whom(city),
                **_coming(city),
                **({} if face else {"consent": None, "selfie": None}),
            }
            | _changes(city),
        )
        if answer["ok"]:
            if rng.random() < 0.1:
                yield from city.shop.ask(
                    city.tower, "consent", sub=name, order=answer["jti"], face=False, at=utc(city.tower.now())
                )
            out = yield from _come(city, answer["jti"], answer["code"])
            if out:
                yield from _drive(city, answer["jti"])
        if rng.random() < 0.15:
            yield from city.shop.ask(city.tower, "erase", sub=name)
        yield rng.uniform(HOUR_S, 20 * HOUR_S)


def buyer(city: City, name: str, number: int) -> Waiting:
    """Has bought a car online, which may still have to arrive, and collects it."""
    rng = city.rng
    yield rng.uniform(0, 3 * DAY_S)
    payment = {"price": PRICE, "currency": "CNY", "paid": rng.choice([PRICE, PRICE // 10, 1]), "instalments": 36}
    answer = yield from city.shop.ask(
        city.tower,
        "collect",
        sub=name,
        vehicle={"id": f"v_{number:04d}"},
        payment=payment,
        wait_until=utc(city.tower.now() + timedelta(days=rng.choice([0.5, 5]))),
    )
    if answer["ok"]:
        yield from _until_slot(city, answer["jti"])
        yield from at_the_gate(city, answer["jti"], answer["code"])


def dealer(city: City, numbers: list[int]) -> Waiting:
    """Brings new cars, and takes one out now and then."""
    rng = city.rng
    for number in numbers:
        yield rng.uniform(2 * HOUR_S, 14 * HOUR_S)
        answer = yield from city.shop.ask(city.tower, "stock_in", vehicle=car_record(number), slot=slot(city, 1.0, 2.0))
        if answer["ok"] and rng.random() < 0.85:
            yield 1.2 * HOUR_S
            yield from stock_in(city, answer["jti"], answer["code"], f"v_{number:04d}")
        yield rng.uniform(HOUR_S, 5 * HOUR_S)
        if rng.random() < 0.5:
            wanted = {"id": f"v_{rng.randrange(1, 30):04d}"}
            answer = yield from city.shop.ask(city.tower, "stock_out", vehicle=wanted, slot=slot(city, 0.0))
            if answer["ok"] and rng.random() < 0.8:
                yield from at_the_gate(city, answer["jti"], answer["code"])


def stock_in(city: City, order: str, code: str, vehicle: str) -> Waiting:
    """Come with an announced car, and drive it in."""
    for _ in range(10):
        if city.order_state(order) in ENDED or city.order_state(order) == "gone":
            return
        type_code(city, order, code)
        yield 5.0
        if (yield from city.driving_in(vehicle)):
            return
        yield 60.0


def staff(city: City) -> Waiting:
    """Look at what came back, load what is empty, and put one out of service now and then."""
    rng = city.rng
    while True:
        yield rng.uniform(HOUR_S, 4 * HOUR_S)
        for vehicle in list(city.tower.state.tables.vehicles.values()):
            if vehicle.record.propulsion == "electric":
                charge = rng.choice([0.3, 0.8, 0.9])
                yield from city.shop.ask(
                    city.tower,
                    "report",
                    sub="telematics",
                    vehicle={"id": vehicle.id},
                    charge_ratio=charge,
                    at=utc(city.tower.now()),
                )
            if vehicle.condition in ("inspection", "out_of_service") and rng.random() < 0.8:
                said: dict[str, Any] = {"condition": "available", "reasons": []}
            elif rng.random() < 0.04:
                said = {"condition": "out_of_service", "reasons": ["damage"]}
            else:
                continue
            yield from city.shop.ask(city.tower, "condition", vehicle={"id": vehicle.id}, **said)


def operator(city: City) -> Waiting:
    """Holds the tower for a while, now and then."""
    while True:
        yield city.rng.uniform(10 * HOUR_S, 40 * HOUR_S)
        yield from city.shop.ask(city.tower, "hold", sub="operator_4", reason="street closed")
        yield city.rng.uniform(30.0, 900.0)
        yield from city.shop.ask(city.tower, "resume", sub="operator_4")
