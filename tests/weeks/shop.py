"""The platform and the dealers as a tower hears them: tokens that hold, sent again as 3.4 asks until an answer comes."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Generator
from datetime import datetime, timedelta
from typing import Any

from tests.scenario.tower import record
from tests.support.orders_kit import claims, eligibility
from tests.support.token_kit import Keys
from tests.weeks.line import Message
from tests.weeks.tower import WeekTower

Waiting = Generator[float, None, Any]
"""Somebody's life: what is given is how long, s, nothing is done."""
AGAIN_S = (5.0, 5.0, 10.0, 30.0, 120.0, 600.0)
"""How long an answer is waited for before the token is sent again; the last as often as it takes."""
KID = {"stock_in": "dealer_1", "stock_out": "dealer_1", "condition": "dealer_1", "hold": "ops_1", "resume": "ops_1"}
ISS = {"shop_1": "shop.example", "dealer_1": "dealer.example", "ops_1": "ops.example"}
SELFIE = base64.b64encode(b"\xff\xd8 no real picture").decode()
PRICE = 21900000


def utc(at: datetime) -> str:
    """A time as claims bear it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def body(req_id: str, now: datetime, token: str) -> bytes:
    """The outer part of a command that expires in 50 s."""
    expires_at = (now + timedelta(seconds=50)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return json.dumps({"req_id": req_id, "expires_at": expires_at, "reply_to": "shop_7", "token": token}).encode()


def whole(kind: str, now: datetime, aud: str, /, **changes: Any) -> dict[str, Any]:
    """The example's claims, in time at `now`; a change to None leaves a claim out."""
    kid = KID.get(kind, "shop_1")
    times = {"iat": int(now.timestamp()), "exp": int(now.timestamp()) + 3600, "aud": aud, "iss": ISS[kid]}
    raw = claims(kind, **times)
    if "eligibility" in raw:
        raw["eligibility"] = eligibility(as_of=utc(now - timedelta(minutes=1)), cars_out=0, test_drives_60_days=0)
    if kind in ("test_drive", "collect"):
        raw.pop("slot", None)
        raw.pop("wait_until", None)
        raw["selfie"] = SELFIE
    raw |= changes
    return {name: value for name, value in raw.items() if value is not None}


class Shop:
    """Signs as shop, dealer and operator, and knows of a tower what it hears."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self.asked = 0
        self.sent: dict[str, dict[str, Any]] = {}
        self.verbs: dict[str, str] = {}
        self.answers: dict[str, list[Message]] = {}

    def fresh(self, prefix: str) -> str:
        """An id that was never used."""
        self.asked += 1
        return f"{prefix}_{self.asked}"

    def token(self, raw: dict[str, Any]) -> str:
        """Sealed and signed by whoever signs this kind."""
        return self._keys.token(raw, next(kid for kid, iss in ISS.items() if iss == raw["iss"]))

    def was_erased(self, sub: str) -> bool:
        """Whether this customer has asked to be forgotten: then no answer is remembered either."""
        return any(self.verbs[jti] == "erase" and raw["sub"] == sub for jti, raw in self.sent.items())

    def send(self, tower: WeekTower, verb: str, token: str) -> str:
        """Publish a command; the `req_id` that its answer will bear."""
        req_id = self.fresh("r")
        tower.broker.accept(verb, body(req_id, tower.now(), token))
        if tower.life is not None:
            tower.life.deliver()
        return req_id

    def ask(self, tower: WeekTower, kind: str, /, **changes: Any) -> Waiting:
        """A new token, until it is answered or not valid any more; gives the answer, or None."""
        now = tower.now()
        code = f"{self.asked:08d}" if kind in ("test_drive", "collect", "stock_in", "stock_out") else None
        raw = whole(kind, now, tower.name, **{"jti": self.fresh("o" if code else "t"), "code": code, **changes})
        self.sent[raw["jti"]], self.verbs[raw["jti"]] = raw, kind
        answer = yield from self.repeat(tower, raw["jti"])
        return {"jti": raw["jti"], "code": code, **(answer or {"ok": False, "reasons": ["no_answer"], "result": None})}

    def repeat(self, tower: WeekTower, jti: str) -> Waiting:
        """The same token under new requests, as long as no answer comes."""
        raw = self.sent[jti]
        token = self.token(raw)
        for tries in itertools.count():
            req_id = self.send(tower, self.verbs[jti], token)
            yield AGAIN_S[min(tries, len(AGAIN_S) - 1)]
            answer = tower.ear.answers.get(req_id)
            if answer is not None:
                self.answers.setdefault(jti, []).append(answer)
                if answer["reasons"] != ["busy"] and not self._came_late(answer, tower, raw):
                    return answer
            if tower.now().timestamp() > raw["exp"]:
                return None

    @staticmethod
    def _came_late(answer: Message, tower: WeekTower, raw: dict[str, Any]) -> bool:
        """The request lay at the broker for too long, the token is still good."""
        return answer["reasons"] == ["expired"] and tower.now().timestamp() <= raw["exp"]


def announced(number: int, **changes: Any) -> dict[str, Any]:
    """The record of a car that a dealer brings."""
    return record(number, **changes)
