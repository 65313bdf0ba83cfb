"""Bad orders over a real broker are refused with the contract's reasons; nothing is kept of them, nothing crashes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from joserfc.jwk import ECKey

from simulator.purchaser import head
from simulator.sealing import DEALER, OPS, SHOP, Issuer
from tests.e2e.messenger import CUSTOMER, Messenger, other_keys
from tests.e2e.stack import TOWER, Options, Stack, stack
from tests.e2e.test_service import stop
from tests.support.photos import PHOTOS_DIR, needs_photos, selfie
from towerd.fsm.events import OrderRequested
from towerd.journal.sqlite import SqliteJournal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(90)]

LONG_AGO_S = 7200
FAR = "9999-12-31T23:59:59.999Z"


def check_nothing_was_kept(made: Stack, orders: int = 0) -> None:
    """After the daemon has ended: no order but those accepted, no face, no word of who asked in tables, audit or outbox."""
    stop(made)
    journal = SqliteJournal(made.folder / "state" / "journal.db")
    tables = journal.load()
    told = [*journal.audit(0, 1000), *journal.outbox(0, 1000)]
    _base, history = journal.history()
    journal.close()
    assert len(tables.orders) == orders
    assert not tables.jobs
    assert len([one for one in tables.vehicles.values() if one.condition == "reserved"]) == orders
    assert not tables.faults
    assert not tables.faces
    assert list((made.folder / "keys" / "faces").glob("*")) == []
    asked = [one.stamped.event for one in history if isinstance(one.stamped.event, OrderRequested)]
    assert not [event for event in asked if {"selfie", "code"} & event.claims.keys()]
    if not orders:
        assert CUSTOMER not in repr((tables, told))


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path) as made:
        yield made.start()


def forged(shop: Messenger, folder: Path) -> dict[str, Callable[[], str]]:
    """Tokens by the reason for which each must be refused, and a word that tells them apart."""
    stranger = other_keys(folder / "stranger")
    other = ECKey.generate_key("P-256").as_dict(private=False)
    elsewhere = {name: str(other[name]) for name in ("kty", "crv", "x", "y")} | {"kid": "another_tower"}
    late: dict[str, Any] = {"iat": int(time.time()) - LONG_AGO_S, "exp": int(time.time()) - LONG_AGO_S + 60}
    unknown = Issuer("shop", "shop_of_nobody", SHOP.iss, SHOP.kinds)
    return {
        "bad_signature": lambda: stranger.token(shop.claims(), SHOP, shop.jwk),
        "unknown_key foreign": lambda: shop.token(shop.claims(), unknown),
        "unknown_key tower": lambda: shop.token(shop.claims(), jwk=elsewhere),
        "malformed sealed": lambda: shop.token(shop.claims(), jwk={**elsewhere, "kid": shop.jwk["kid"]}),
        "kind_not_allowed": lambda: shop.token(shop.claims(iss=DEALER.iss), DEALER),
        "not_for_this_tower": lambda: shop.token(shop.claims(aud="another-1")),
        "expired": lambda: shop.token(shop.claims(**late)),
        "malformed claim": lambda: shop.token(shop.claims(colour_of_socks="red")),
        "malformed slot": lambda: shop.token(shop.claims(slot={"from": "2026-01-01T00:00:00Z", "until": FAR})),
        "malformed times": lambda: shop.token(shop.claims(iat=1.5)),
        "malformed text": lambda: "no.token.at.all",
        "too_large": lambda: "x" * (481 * 1024),
    }


def test_bad_orders_are_refused_with_their_reason(made: Stack, tmp_path: Path) -> None:
    shop = Messenger(made)
    for name, token in forged(shop, tmp_path).items():
        answer = shop.order(token())
        assert (answer["ok"], answer["reasons"], answer["result"]) == (False, [name.split()[0]], None), name

    good = shop.token(shop.claims())
    bodies = {
        "expired": shop.body(good, expires_at="2026-01-01T00:00:00.000Z"),
        "malformed field": shop.body(good, please="yes"),
        "malformed time": shop.body(good, expires_at="2099-01-01T00:00:00.000Z"),
        "malformed year": shop.body(good, expires_at=FAR),
        "malformed tokenless": shop.body(None),
    }
    for name, body in bodies.items():
        assert shop.ask(body)["reasons"] == [name.split()[0]], name
    assert shop.ask(shop.body(good), verb="cancel")["reasons"] == ["kind_not_allowed"]
    assert shop.ask(shop.body(None, expires_at=FAR), verb="state")["reasons"] == ["malformed"]
    # what cannot be read has no address: it is dropped, and told as an event
    made.heard.publish("cmd/test_drive", b'{"req_id":"\\ud800"}')
    made.heard.publish("cmd/test_drive", b"{no json")
    made.heard.publish("cmd/test_drive", json.dumps(shop.body("x" * 513 * 1024)).encode())

    def told() -> list[list[str]]:
        return [one["data"]["reasons"] for one in made.heard.events if one.get("type") == "command_dropped"]

    made.heard.wait("both are told", lambda: told()[-3:] == [["malformed"], ["malformed"], ["too_large"]])
    assert made.status()["can_deliver"]
    check_nothing_was_kept(made)


def test_a_token_sent_again_gets_its_answer_and_its_id_serves_nobody_else(made: Stack, tmp_path: Path) -> None:
    shop = Messenger(made)
    claims = shop.claims()
    # a forger cannot use an id up: it is remembered only once the signature holds (4.3)
    forger = other_keys(tmp_path / "forger")
    assert shop.order(forger.token(claims, SHOP, shop.jwk))["reasons"] == ["bad_signature"]
    token = shop.token(claims)
    first = shop.order(token)
    assert first["ok"], first
    again = shop.order(token)
    assert (again["ok"], again["result"]) == (True, first["result"])
    assert shop.order(shop.token({**claims, "services": ["tyres"]}))["reasons"] == ["replayed"]
    hold = head("hold", OPS.iss, TOWER, CUSTOMER, claims["jti"])
    assert shop.ask(shop.body(shop.token(hold, OPS)), verb="hold")["reasons"] == ["replayed"]
    assert made.order_state(claims["jti"]) == "accepted"
    check_nothing_was_kept(made, orders=1)


def huge(jpeg: bytes) -> bytes:
    """The same picture, whose header speaks of 20000 × 10000."""
    at = max(jpeg.find(b"\xff\xc0"), jpeg.find(b"\xff\xc2"))
    return jpeg[: at + 5] + (10_000).to_bytes(2, "big") + (20_000).to_bytes(2, "big") + jpeg[at + 9 :]


def side_by_side() -> bytes:
    pictures = [cv2.imdecode(np.frombuffer(selfie(n), np.uint8), cv2.IMREAD_COLOR) for n in ("obama.jpg", "biden.jpg")]
    both = np.hstack([cv2.resize(picture, (480, 600)) for picture in pictures if picture is not None])
    return cv2.imencode(".jpg", both, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


@pytest.fixture
def seeing(tmp_path: Path) -> Iterator[Stack]:
    with stack(tmp_path, Options(photos=PHOTOS_DIR)) as made:
        made.start()
        made.until("the face worker", lambda: made.status()["face_available"])
        yield made


@needs_photos
def test_bad_selfies_are_refused_with_their_reason(seeing: Stack) -> None:
    shop = Messenger(seeing)
    daemon = seeing.daemon
    assert daemon is not None
    [worker] = daemon.children()
    blank = cv2.imencode(".jpg", np.full((600, 480, 3), 127, np.uint8))[1].tobytes()
    selfies = {
        "selfie_no_face": blank,
        "selfie_several_faces": side_by_side(),
        "selfie_bad_image text": b"GIF89a and no JPEG",
        "selfie_bad_image huge": huge(selfie("obama.jpg")),
    }
    for name, jpeg in selfies.items():
        answer = shop.order(shop.token(shop.claims(jpeg)))
        assert (answer["ok"], answer["reasons"]) == (False, [name.split()[0]]), name
    assert daemon.children() == [worker]
    assert seeing.status()["face_available"]
    check_nothing_was_kept(seeing)
