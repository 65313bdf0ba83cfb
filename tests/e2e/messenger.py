"""Commands to the tower as anybody may write them, well made or not, and what the tower answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.platform import fresh_code, fresh_id
from simulator.purchaser import Wish, drive_claims, head, pick
from simulator.sealing import SHOP, Issuer, SigningKeys
from tests.e2e.stack import TOWER, Stack

CUSTOMER = "customer_of_bad_input"


class Messenger:
    """Signs with the platform's keys, seals to the tower's key, unless told otherwise."""

    def __init__(self, made: Stack) -> None:
        self._made = made
        self.keys = SigningKeys(made.folder / "platform")
        made.heard.wait("the tower's key", lambda: made.heard.topics.get("key"))
        made.heard.wait("a catalogue", lambda: made.heard.topics.get("catalogue", {}).get("vehicles"))
        self.jwk: dict[str, str] = made.heard.topics["key"]["jwk"]

    def claims(self, selfie_jpeg: bytes | None = None, **changes: Any) -> dict[str, Any]:
        """A test drive that would be taken; changes replace whole claims."""
        wish = Wish(CUSTOMER, fresh_code(), selfie_jpeg, changes=changes)
        order = str(changes.get("jti", fresh_id("o")))
        vehicle = pick(self._made.heard.topics["catalogue"], wish)
        return head("test_drive", SHOP.iss, TOWER, CUSTOMER, order) | drive_claims(vehicle, wish)

    def token(self, claims: Mapping[str, Any], issuer: Issuer = SHOP, jwk: Mapping[str, str] | None = None) -> str:
        return self.keys.token(claims, issuer, jwk or self.jwk)

    def body(self, token: str | None, **changes: Any) -> dict[str, Any]:
        """A command's body with an address of its own for the answer."""
        expires_at = (datetime.now(UTC) + timedelta(seconds=45)).isoformat(timespec="milliseconds")
        name = fresh_id("r")
        raw = {"req_id": name, "expires_at": expires_at.replace("+00:00", "Z"), "reply_to": name, "token": token}
        return {key: value for key, value in {**raw, **changes}.items() if value is not None}

    def ask(self, body: dict[str, Any], verb: str = "test_drive") -> dict[str, Any]:
        """Send a body; the answer."""
        self._made.heard.publish(f"cmd/{verb}", json.dumps(body).encode())
        return self.answer(body)

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """The answer to a body."""
        heard = self._made.heard
        answer: dict[str, Any] = heard.wait("an answer", lambda: heard.topics.get(f"rsp/{body['reply_to']}"), 10)
        return answer

    def order(self, token: str) -> dict[str, Any]:
        return self.ask(self.body(token))


def other_keys(folder: Path) -> SigningKeys:
    """Somebody else's keys under the same names."""
    return SigningKeys(folder)
