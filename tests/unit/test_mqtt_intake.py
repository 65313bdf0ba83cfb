from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.support.memory_wire import MemoryBroker, MemoryWire, Message
from tests.support.mqtt_kit import SECRET, TOPICS, Bed, body, make_bed, until, view
from tests.support.orders_kit import EXAMPLES
from tests.support.token_kit import Keys, drive_claims, make_keys, seal, sign
from towerd.fsm.events import BusChanged, CommandRefused, OrderRequested
from towerd.mqtt import intake
from towerd.mqtt.bus import will
from towerd.mqtt.floods import TOLD_AT_ONCE
from towerd.mqtt.intake import BACKLOG
from towerd.orders.keys import code_mac
from towerd.orders.model import Known
from towerd.orders.rates import OrderRates
from towerd.ports import Enrolment


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return make_keys(tmp_path_factory.mktemp("keys"))


@asynccontextmanager
async def tower(keys: Keys, **changes: Any) -> AsyncIterator[tuple[Bed, MemoryBroker]]:
    broker = MemoryBroker()
    bed = make_bed(MemoryWire(broker, will(TOPICS)), keys, **changes)
    task = asyncio.create_task(bed.bus.run())
    bed.bus.show(view())
    await until(lambda: bed.inbox.of(BusChanged))
    yield bed, broker
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def say(broker: MemoryBroker, verb: str, payload: bytes) -> None:
    broker.route(Message(TOPICS.full(f"cmd/{verb}"), payload))


def hold(bed: Bed, keys: Keys, jti: str = "t_1") -> bytes:
    now_s = int(bed.clock.now().timestamp())
    raw = {**EXAMPLES["claims"]["hold"], "jti": jti, "iat": now_s, "exp": now_s + 60}
    return body(bed.clock, keys.token(raw, "ops_1"), f"r_{jti}")


async def ordered(bed: Bed, broker: MemoryBroker, keys: Keys, **changes: Any) -> OrderRequested:
    say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now(), **changes))))
    await until(lambda: bed.inbox.of(OrderRequested))
    event = bed.inbox.of(OrderRequested)[-1]
    assert isinstance(event, OrderRequested)
    return event


async def refused(bed: Bed, broker: MemoryBroker, verb: str, token: str) -> tuple[str, ...]:
    before = len(bed.inbox.of(CommandRefused))
    say(broker, verb, body(bed.clock, token))
    await until(lambda: len(bed.inbox.of(CommandRefused)) > before)
    event = bed.inbox.of(CommandRefused)[-1]
    assert event.reply.req_id == "r_1"
    reasons: tuple[str, ...] = event.reasons
    return reasons


async def test_the_code_becomes_its_mac(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        event = await ordered(bed, broker, keys)
        assert event.code_mac == code_mac(SECRET, "40719365")
        assert event.expires_at is not None
        assert len(event.payload_sha256) == 64


@pytest.mark.parametrize(
    "changes",
    [
        {"consent": None},
        {"consent": {"face": False, "at": "2026-11-20T18:02:11Z", "text_version": "1"}},
        {"selfie": None},
    ],
)
async def test_without_consent_no_face_is_looked_at(keys: Keys, changes: dict[str, Any]) -> None:
    async with tower(keys) as (bed, broker):
        event = await ordered(bed, broker, keys, **changes)
        assert event.face == "none"
        assert bed.matcher.asked == []
        assert bed.inbox.attachments[-1] is None


async def test_the_selfie_of_a_token_seen_before_is_not_looked_at_again(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.known.add("o_91")
        event = await ordered(bed, broker, keys)
        assert event.face == "none"
        assert bed.matcher.asked == []


async def test_a_token_out_of_its_time_is_looked_up_only_where_it_was_answered(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        old = keys.token(drive_claims(bed.clock.now() - timedelta(hours=2)))
        assert await refused(bed, broker, "test_drive", old) == ("expired",)
        bed.known.add("o_91")
        say(broker, "test_drive", body(bed.clock, old, "r_2"))
        await until(lambda: bed.inbox.of(OrderRequested))
        event = bed.inbox.of(OrderRequested)[-1]
        assert (event.late, event.face, event.known, bed.matcher.asked) == (True, "none", None, [])


async def test_two_tokens_of_one_id_are_looked_at_one_after_the_other(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.inbox.held = True
        for req_id in ("r_1", "r_2"):
            say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now())), req_id))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 1)
        bed.known.add("o_91")
        bed.inbox.apply()
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2)
        assert bed.matcher.asked == ["o_91"]


async def test_a_selfie_that_is_refused_is_told_why(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.matcher.enrolment = Enrolment("refused", ("selfie_blurred", "selfie_dark"))
        event = await ordered(bed, broker, keys)
        assert (event.face, event.face_reasons) == ("refused", ("selfie_blurred", "selfie_dark"))


async def test_a_worker_that_is_down_or_slow_leaves_the_code(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.matcher.enrolment = Enrolment("unavailable")
        assert (await ordered(bed, broker, keys)).face == "unavailable"
        bed.matcher.after_s = 5.0
        say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now(), jti="o_2"))))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2, 2.0)
        assert bed.inbox.of(OrderRequested)[1].face == "unavailable"
        assert bed.matcher.destroyed == ["o_2"], "a key that is made late belongs to nothing"


async def test_selfies_in_a_row_are_hurried(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tower(keys) as (bed, broker):
        bed.matcher.after_s = 0.05
        for order in ("o_1", "o_2", "o_3"):
            say(
                broker,
                "test_drive",
                body(bed.clock, keys.token(drive_claims(bed.clock.now(), jti=order)), f"r_{order}"),
            )
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 3)
        assert bed.matcher.asked == ["o_1", "o_2", "o_3"]
        assert bed.matcher.hurried == ["o_1", "o_2", "o_3"], "others wait behind the first, and before the last"
        monkeypatch.setattr(intake, "IN_A_ROW_S", 0.0)
        await ordered(bed, broker, keys, jti="o_4")
        await until(lambda: bed.matcher.asked[-1] == "o_4")
        assert "o_4" not in bed.matcher.hurried


async def test_of_two_selfies_at_once_the_first_is_hurried_too(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.matcher.after_s = 0.05
        for order in ("o_1", "o_2"):
            token = keys.token(drive_claims(bed.clock.now(), jti=order))
            say(broker, "test_drive", body(bed.clock, token, f"r_{order}"))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2)
        assert bed.matcher.hurried == ["o_1", "o_2"]


async def test_one_selfie_is_looked_at_while_the_one_before_is_on_its_way_and_no_two_at_once(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.inbox.held = True
        bed.matcher.after_s = 0.1
        for number in range(4):
            order = drive_claims(bed.clock.now(), jti=f"o_{number}", sub=f"c_{number}")
            say(broker, "test_drive", body(bed.clock, keys.token(order), f"r_{number}"))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 4)
        assert bed.matcher.at_once == 1, "the worker does one after the other, and each has its own time"
        assert [event.claims["jti"] for event in bed.inbox.of(OrderRequested)] == ["o_0", "o_1", "o_2", "o_3"]
        assert len(broker.unacknowledged) == 4, "none of them is in the tables yet"
        bed.inbox.held = False
        bed.inbox.apply()
        await until(lambda: not broker.unacknowledged)


async def test_a_customers_next_waits_until_the_one_before_is_in_the_tables(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.inbox.held = True
        for jti, sub in (("o_1", "c_1"), ("o_2", "c_1"), ("o_3", "c_2")):
            token = keys.token(drive_claims(bed.clock.now(), jti=jti, sub=sub))
            say(broker, "test_drive", body(bed.clock, token, f"r_{jti}"))
        await until(lambda: bed.inbox.of(OrderRequested))
        # it comes after them, and is through long before them
        say(broker, "hold", hold(bed, keys))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2)
        assert [event.claims["jti"] for event in bed.inbox.of(OrderRequested)] == ["o_1", "t_1"]
        assert bed.matcher.asked == ["o_1"]
        bed.inbox.held = False
        bed.inbox.apply()
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 4)
        assert bed.matcher.asked == ["o_1", "o_2", "o_3"], "and nobody overtakes whoever waits"


async def test_a_hold_does_not_wait_behind_a_selfie(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.matcher.after_s = 0.5
        say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now()))))
        say(broker, "hold", hold(bed, keys))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2)
        assert [event.verb for event in bed.inbox.of(OrderRequested)] == ["hold", "test_drive"]
        await until(lambda: not broker.unacknowledged)


async def test_more_than_the_backlog_are_busy(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.inbox.held = True
        token = keys.token(drive_claims(bed.clock.now()))
        for number in range(BACKLOG + 3):
            say(broker, "test_drive", body(bed.clock, token, f"r_{number}"))
        await until(lambda: bed.inbox.of(CommandRefused))
        assert {event.reasons for event in bed.inbox.of(CommandRefused)} == {("busy",)}
        say(broker, "hold", hold(bed, keys))
        await until(lambda: [event for event in bed.inbox.of(OrderRequested) if event.verb == "hold"])


async def test_orders_too_many_of_a_customer_are_not_looked_at(keys: Keys) -> None:
    async with tower(keys, rates=OrderRates(by_customer_a_minute=2)) as (bed, broker):
        for number in (1, 2, 3):
            await ordered(bed, broker, keys, jti=f"o_{number}")
            await until(lambda number=number: len(bed.inbox.of(OrderRequested)) == number)
        bed.known.add("o_1")
        await ordered(bed, broker, keys, jti="o_1")
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 4)
        say(broker, "hold", hold(bed, keys))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 5)
        assert [event.limited for event in bed.inbox.of(OrderRequested)] == [False, False, True, False, False]
        assert bed.inbox.of(OrderRequested)[2].known is None, "no key is made for one that is not taken"
        assert bed.matcher.asked == ["o_1", "o_2"]


async def test_a_dealer_may_announce_more_cars_than_a_customer_may_order(keys: Keys) -> None:
    async with tower(keys, rates=OrderRates(by_customer_a_minute=1, by_dealer_a_minute=2)) as (bed, broker):
        now_s = int(bed.clock.now().timestamp())
        for number in (1, 2, 3):
            raw = {**EXAMPLES["claims"]["stock_in"], "jti": f"s_{number}", "iat": now_s, "exp": now_s + 60}
            token = keys.token({**raw, "iss": "dealer.example"}, "dealer_1")
            say(broker, "stock_in", body(bed.clock, token, f"r_{number}"))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 3)
        assert [event.limited for event in bed.inbox.of(OrderRequested)] == [False, False, True]


async def test_a_flood_of_what_no_signature_holds_for_leaves_room(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    # the flood takes no time: the longer it takes, the more of it may be told
    monkeypatch.setattr(intake, "_mono_s", lambda: 100.0)
    async with tower(keys) as (bed, broker):
        await ordered(bed, broker, keys)
        bed.inbox.held = True
        flood = BACKLOG + 100
        for number in range(flood):
            say(broker, "test_drive", body(bed.clock, "a.b.c.d.e", f"f_{number}", reply_to="nobody"))
        await until(lambda: len(bed.inbox.of(CommandRefused)) == TOLD_AT_ONCE)
        say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now(), jti="o_2")), "r_2"))
        bed.inbox.held = False
        bed.inbox.apply()
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 2)
        await until(lambda: not broker.unacknowledged)
        assert len(bed.inbox.of(CommandRefused)) < TOLD_AT_ONCE + 5, "the others are answered, and leave nothing"
        answers = [json.loads(message.payload) for message in broker.seen if message.topic.endswith("rsp/nobody")]
        assert {tuple(answer["reasons"]) for answer in answers} == {("busy",)}
        assert flood - TOLD_AT_ONCE - 5 < len(answers) < flood


async def test_tokens_that_do_not_hold_are_refused_with_their_reason(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        forged = sign(
            json.dumps(drive_claims(bed.clock.now())).encode(),
            ECKey.generate_key("P-256"),
            {"alg": "ES256", "kid": "shop_1", "typ": "towerd+jwt"},
        )
        assert await refused(bed, broker, "test_drive", seal(forged, keys.public, keys.outer())) == ("bad_signature",)
        assert await refused(bed, broker, "test_drive", "noise") == ("malformed",)
        other_kind = keys.token(drive_claims(bed.clock.now()))
        assert await refused(bed, broker, "cancel", other_kind) == ("kind_not_allowed",)
        assert bed.matcher.asked == []
        assert bed.inbox.of(OrderRequested) == []
        await until(lambda: not broker.unacknowledged)


async def test_while_the_clock_is_unsure_a_hold_is_taken(keys: Keys) -> None:
    async with tower(keys, clock_sure=False) as (bed, broker):
        token = keys.token(drive_claims(bed.clock.now()))
        assert await refused(bed, broker, "test_drive", token) == ("clock_unsure",)
        say(broker, "hold", hold(bed, keys))
        await until(lambda: bed.inbox.of(OrderRequested))


def broken(*_args: Any, **_named: Any) -> Any:
    raise RuntimeError("nobody has foreseen this")


@pytest.mark.parametrize("part", ["read_request", "open_token", "code_mac"])
async def test_a_command_that_cannot_be_taken_in_is_refused_and_acknowledged(
    keys: Keys, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    async with tower(keys) as (bed, broker):
        good = body(bed.clock, keys.token(drive_claims(bed.clock.now())))
        with monkeypatch.context() as patched:
            patched.setattr(intake, part, broken)
            say(broker, "test_drive", good)
            await until(lambda: bed.inbox.of(CommandRefused))
            assert bed.inbox.of(CommandRefused)[0].reasons == ("malformed",)
            await until(lambda: not broker.unacknowledged)
        say(broker, "test_drive", good)
        await until(lambda: bed.inbox.of(OrderRequested))


async def test_an_enrolment_that_fails_is_no_end_of_the_bus(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    async with tower(keys) as (bed, broker):
        monkeypatch.setattr(bed.matcher, "enrol", broken)
        say(broker, "test_drive", body(bed.clock, keys.token(drive_claims(bed.clock.now()))))
        await until(lambda: bed.inbox.of(CommandRefused))
        await until(lambda: not broker.unacknowledged)


async def test_a_hold_is_never_busy(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        bed.inbox.held = True
        for number in range(BACKLOG + 5):
            say(broker, "hold", hold(bed, keys, f"t_{number}"))
        say(broker, "resume", body(bed.clock, "a.b.c.d.e", "r_resume"))
        await until(lambda: bed.inbox.of(CommandRefused))
        assert [event.verb for event in bed.inbox.of(CommandRefused)] == ["resume"]
        bed.inbox.held = False
        bed.inbox.apply()
        await until(lambda: len(bed.inbox.of(OrderRequested)) == BACKLOG + 5)


async def test_whose_order_it_is_comes_with_it_and_who_is_to_be_forgotten(keys: Keys) -> None:
    async with tower(keys) as (bed, broker):
        order = (await ordered(bed, broker, keys)).claims
        now_s = int(bed.clock.now().timestamp())
        raw = {**EXAMPLES["claims"]["erase"], "iat": now_s, "exp": now_s + 60}
        say(broker, "erase", body(bed.clock, keys.token(raw), "r_10"))
        say(broker, "hold", hold(bed, keys))
        await until(lambda: len(bed.inbox.of(OrderRequested)) == 3)
        known = {event.verb: event.known for event in bed.inbox.of(OrderRequested)}
        assert known == {
            "test_drive": Known(f"h-{order['sub']}", f"p-{order['sub']}-{order['jti']}"),
            "erase": Known(f"h-{raw['sub']}"),
            "hold": None,
        }
