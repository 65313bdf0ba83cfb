"""Every reason of the contract's list is given by the tower: from the token, over the whole way, to the answer (orders-if.md 4.5)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.scenario.tower import Tower, record, small_tower
from tests.support.orders_kit import eligibility
from tests.support.published import problems
from tests.support.sync_tower import START, SyncTower
from tests.support.token_kit import SHOP_KINDS, Keys, make_keys, seal, sign
from tests.weeks.gate import SEALED, Around, Gate
from tests.weeks.shop import KID, body, utc, whole
from towerd.faults import FAULTS, LAYOUT_CHANGED, NO_TOWER
from towerd.fsm.commands import Answer
from towerd.fsm.config import CoreConfig
from towerd.fsm.events import Stamped
from towerd.fsm.reducer import step
from towerd.fsm.state import Fault, State
from towerd.mqtt.payloads import answer_body
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Received
from towerd.orders.keys import IssuerKey, IssuerKeys
from towerd.orders.reasons import REASONS
from towerd.places import bay
from towerd.ports import Enrolment

TOWER = "nanjing-1"
NAMES = Topics("towerd", TOWER)
INNER = {"alg": "ES256", "kid": "shop_1", "typ": "towerd+jwt"}
CODE = "40719365"


@dataclass
class Desk:
    """A tower that stands ready with two cars and two free bays, and the way to it; each test has a state of its own."""

    keys: Keys
    gate: Gate
    state: State
    config: CoreConfig
    now: datetime
    sure: bool = True
    asked: int = 0

    def claims(self, kind: str, **changes: Any) -> dict[str, Any]:
        """Claims that are in order, with an id of their own."""
        self.asked += 1
        code = {"code": CODE} if kind in ("test_drive", "collect", "stock_in", "stock_out") else {}
        return whole(kind, self.now, TOWER, **{"jti": f"t_{self.asked}", **code, **changes})

    def ask(self, kind: str, **changes: Any) -> Answer:
        """A token of this kind that is in order but for what is changed; the answer."""
        raw = self.claims(kind, **changes)
        return self.send(kind, self.keys.token(raw, KID.get(kind, "shop_1")))

    def send(self, verb: str, token: str) -> Answer:
        """A token in a request of its own."""
        self.asked += 1
        return self.receive(verb, body(f"r_{self.asked}", self.now, token))

    def receive(self, verb: str, payload: bytes) -> Answer:
        """A command's body, over the intake and the core."""
        posted = self.gate.give(Received(NAMES.full(f"cmd/{verb}"), payload, False, 1, 1))
        assert posted is not None
        event, _attachment, done = posted
        self.state, commands = step(self.state, Stamped(self.now, 2000.0, event), self.config)
        done()
        [answer] = [one for one in commands if isinstance(one, Answer)]
        told = answer_body(answer.reply.req_id, answer.ok, answer.reasons, answer.result)
        envelope = {"v": 1, "at": "2026-11-21T09:30:00.125Z", "boot": 1, "seq": 1, "simulated": True}
        assert problems("answer", json.loads(json.dumps({**envelope, **told}))) == []
        return answer


def no_answer(answer: Answer) -> None:
    raise AssertionError(f"the core has not heard of {answer}")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Made once: what a test changes is put back by `desk`."""
    kept = ((bay(1, 1), 42), (bay(1, 3), 7))
    tower = SyncTower(lambda *_: None, Tower(small_tower(speed_up=8.0, floors=1), kept))
    tower.tick(3.0)
    tower.import_stock()
    tower.tick(5.0)
    keys = make_keys(tmp_path_factory.mktemp("keys"))
    now = START + timedelta(seconds=tower.now_s)
    held: list[Desk] = []
    # a minute for each command: nobody sends too fast
    times = itertools.count(2000, 60)
    around = Around(lambda: held[0].now if held[0].sure else None, lambda: next(times), lambda _: False, no_answer)
    gate = Gate(NAMES, keys, around)
    held.append(Desk(keys, gate, tower.state, tower.tower.core, now))
    yield held[0]
    gate.close()


@pytest.fixture
def desk(ready: Desk) -> Iterator[Desk]:
    before = dict(vars(ready)) | {"issuers": ready.keys.issuers}
    yield ready
    ready.keys.issuers = before.pop("issuers")
    vars(ready).update(before)
    ready.gate.faces.enrolment = SEALED


def rules(desk: Desk, **changes: Any) -> None:
    desk.config = replace(desk.config, rules=replace(desk.config.rules, **changes))


def eligible(desk: Desk, **changes: Any) -> dict[str, Any]:
    good = {"cars_out": 0, "test_drives_60_days": 0, "as_of": utc(desk.now)}
    return eligibility(**{**good, **changes})


def drive(desk: Desk, **changes: Any) -> Answer:
    return desk.ask("test_drive", eligibility=eligible(desk, **changes))


def forged(desk: Desk) -> Answer:
    inner = sign(json.dumps(desk.claims("test_drive")).encode(), ECKey.generate_key("P-256"), INNER)
    return desk.send("test_drive", seal(inner, desk.keys.public, desk.keys.outer()))


def foreign(desk: Desk) -> Answer:
    stranger = ECKey.generate_key("P-256")
    inner = sign(json.dumps(desk.claims("test_drive")).encode(), stranger, {**INNER, "kid": "shop_9"})
    return desk.send("test_drive", seal(inner, desk.keys.public, desk.keys.outer()))


def signed_by_the_shop(desk: Desk) -> Answer:
    return desk.send("hold", desk.keys.token(desk.claims("hold", iss="shop.example")))


def again_with_other_content(desk: Desk) -> Answer:
    assert desk.ask("test_drive", jti="t_x").ok
    return desk.ask("test_drive", jti="t_x", sub="c_other")


def unsure(desk: Desk) -> Answer:
    desk.sure = False
    return desk.ask("test_drive")


def crowded(desk: Desk) -> Answer:
    rules(desk, answers_limit=1)
    desk.ask("test_drive")
    return desk.ask("test_drive", sub="c_other")


def selfie(desk: Desk, reason: str) -> Answer:
    desk.gate.faces.enrolment = Enrolment("refused", (reason,))
    return desk.ask("test_drive")


def taken(desk: Desk, **slot: Any) -> Answer:
    assert desk.ask("test_drive", vehicle={"id": "v_0042"}).ok
    return desk.ask("test_drive", vehicle={"id": "v_0042"}, sub="c_other", **slot)


def overlapping(desk: Desk) -> Answer:
    later = {"from": utc(desk.now + timedelta(hours=1)), "until": utc(desk.now + timedelta(hours=2))}
    return taken(desk, slot=later)


def damaged(desk: Desk) -> Answer:
    said = {"condition": "out_of_service", "reasons": ["damage"]}
    assert desk.ask("condition", vehicle={"id": "v_0042"}, **said).ok
    return desk.ask("test_drive", vehicle={"id": "v_0042"})


def bought(desk: Desk, paid: int, **changes: Any) -> Answer:
    payment = {"price": 1000, "currency": "CNY", "paid": paid, "instalments": 12}
    return desk.ask("collect", vehicle={"id": "v_0042"}, payment=payment, eligibility=eligible(desk, **changes))


def full(desk: Desk) -> Answer:
    answers = [desk.ask("stock_in", vehicle=record(number), slot=None) for number in (60, 61, 62)]
    assert [one.ok for one in answers] == [True, True, False]
    return answers[-1]


def second_car(desk: Desk) -> Answer:
    assert desk.ask("test_drive").ok
    return desk.ask("test_drive")


def barred(desk: Desk, number: int = LAYOUT_CHANGED) -> Answer:
    tables = replace(desk.state.tables, faults={number: Fault(number, desk.now, "as the technician knows")})
    desk.state = State(tables, desk.state.volatile)
    return desk.ask("test_drive")


def capped(desk: Desk) -> Answer:
    rules(desk, stock_out_a_day=0)
    return desk.ask("stock_out", vehicle={"id": "v_0042"})


GIVEN: dict[str, Callable[[Desk], Answer]] = {
    "malformed": lambda desk: desk.ask("test_drive", colour="blue"),
    "bad_signature": forged,
    "unknown_key": foreign,
    "kind_not_allowed": signed_by_the_shop,
    "not_for_this_tower": lambda desk: desk.ask("test_drive", aud="shanghai-2"),
    "expired": lambda desk: desk.ask("test_drive", iat=1, exp=3601),
    "replayed": again_with_other_content,
    "clock_unsure": unsure,
    "busy": crowded,
    **{
        reason: lambda desk, reason=reason: selfie(desk, reason)  # type: ignore[misc]
        for reason in REASONS
        if reason.startswith("selfie_")
    },
    "no_such_vehicle": lambda desk: desk.ask("test_drive", vehicle={"id": "v_0099"}),
    "vehicle_taken": taken,
    "vehicle_unavailable": damaged,
    "slot_conflict": overlapping,
    "not_eligible": lambda desk: drive(desk, identity_checked=False),
    "eligibility_stale": lambda desk: drive(desk, as_of=utc(desk.now - timedelta(hours=25))),
    "licence_missing": lambda desk: drive(desk, licence_until="2026-11-20"),
    "terms_missing": lambda desk: desk.ask("test_drive", terms=None),
    "fee_missing": lambda desk: drive(desk, member=False),
    "trial_limit": lambda desk: drive(desk, test_drives_60_days=5),
    "customer_has_a_car": second_car,
    "deposit_missing": lambda desk: drive(desk, deposit={"amount": 1, "currency": "CNY", "paid": False}),
    "credit_too_low": lambda desk: bought(desk, 500, credit_score=699),
    "down_payment_too_small": lambda desk: bought(desk, 99),
    "tag_in_use": lambda desk: desk.ask("stock_in", vehicle=record(7), slot=None),
    "too_large": lambda desk: desk.ask("stock_in", vehicle=record(60, length_mm=9000), slot=None),
    "no_bay_free": full,
    "no_such_order": lambda desk: desk.ask("cancel", order="o_none"),
    "no_such_loan": lambda desk: desk.ask("purchase", order="o_none"),
    "too_late": lambda desk: desk.ask("resume"),
    "rate_limited": capped,
    "tower_out_of_service": barred,
}


def test_a_token_that_is_in_order_is_taken(desk: Desk) -> None:
    answer = desk.ask("test_drive")
    assert (answer.ok, answer.reasons) == (True, ())


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_is_given_where_it_alone_holds(desk: Desk, reason: str) -> None:
    answer = GIVEN[reason](desk)
    assert (answer.ok, answer.reasons) == (False, (reason,))


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_only_a_tower_that_is_not_the_known_one_takes_no_orders(desk: Desk, fault: int) -> None:
    """What only stands may go on before the customer comes; of another tower's cars nobody knows anything."""
    assert barred(desk, fault).ok is (fault not in NO_TOWER)


def test_a_forged_token_does_not_use_up_its_id(desk: Desk) -> None:
    raw = desk.claims("test_drive")
    inner = sign(json.dumps(raw).encode(), ECKey.generate_key("P-256"), INNER)
    assert desk.send("test_drive", seal(inner, desk.keys.public, desk.keys.outer())).reasons == ("bad_signature",)
    assert desk.send("test_drive", desk.keys.token(raw)).ok


def test_a_token_again_after_its_answer(desk: Desk) -> None:
    """The same bytes get the first answer, sealed anew or not; other bytes or another issuer do not (4.3)."""
    payload = json.dumps(desk.claims("test_drive", vehicle={"id": "v_0042"})).encode()
    first = desk.send("test_drive", desk.keys.token(payload))
    assert first.ok
    again = desk.send("test_drive", desk.keys.token(payload))
    assert (again.ok, again.result) == (True, first.result)
    spaced = desk.send("test_drive", desk.keys.token(payload.replace(b'": ', b'":  ')))
    assert spaced.reasons == ("replayed",)
    raw = json.loads(payload)
    desk.keys.issuers = also_signed_by(desk.keys, "other.example")
    other = sign(
        json.dumps({**raw, "iss": "other.example"}).encode(), desk.keys.private["dealer_1"], {**INNER, "kid": "o_1"}
    )
    assert desk.send("test_drive", seal(other, desk.keys.public, desk.keys.outer())).reasons == ("replayed",)


def also_signed_by(keys: Keys, iss: str) -> IssuerKeys:
    """The key set with one more line."""
    line = IssuerKey("o_1", iss, frozenset(SHOP_KINDS), keys.private["dealer_1"])
    return {**keys.issuers, "o_1": line}


def test_keys_are_changed_one_after_the_other(desk: Desk) -> None:
    """Two keys of one issuer serve at once; a removed one is refused from then on, whatever it had signed before (4.2)."""
    old = desk.keys.token(desk.claims("test_drive", vehicle={"id": "v_0042"}))
    new = {"kid": "o_1", "typ": "towerd+jwt", "alg": "ES256"}
    raw = json.dumps(desk.claims("test_drive", sub="c_other", vehicle={"id": "v_0007"})).encode()
    young = seal(sign(raw, desk.keys.private["dealer_1"], new), desk.keys.public, desk.keys.outer())
    desk.keys.issuers = also_signed_by(desk.keys, "shop.example")
    assert desk.send("test_drive", old).ok
    assert desk.send("test_drive", young).ok
    desk.keys.issuers = {kid: line for kid, line in desk.keys.issuers.items() if kid != "shop_1"}
    assert desk.send("test_drive", old).reasons == ("unknown_key",)
    assert desk.send("test_drive", young).ok


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", 10**400),
        ("iat", -(10**30)),
        ("exp", 1e300),
        ("iat", True),
        ("exp", "1795257000"),
        ("jti", ""),
        ("jti", "t" * 65),
        ("jti", "../o_1"),
        ("jti", "o 1"),
        ("jti", "ｏ_1"),
        ("sub", "c_1\n"),
        ("sub", None),
        ("aud", ["nanjing-1"]),
        ("iss", "https://shop.example"),
        ("kind", "TEST_DRIVE"),
    ],
)
def test_odd_values_are_malformed(desk: Desk, name: str, value: Any) -> None:
    raw = {**desk.claims("test_drive"), name: value}
    assert desk.send("test_drive", desk.keys.token(raw)).reasons == ("malformed",)


def test_a_clock_that_is_set(desk: Desk) -> None:
    """Forward: what was good has passed. Back: what was signed meanwhile is of a time to come (4.3, 4.4)."""
    early = desk.keys.token(desk.claims("test_drive"))
    desk.now += timedelta(hours=2)
    assert desk.send("test_drive", early).reasons == ("expired",)
    late = desk.keys.token(desk.claims("test_drive"))
    desk.now -= timedelta(hours=2)
    assert desk.send("test_drive", late).reasons == ("expired",)
    assert desk.ask("test_drive").ok
