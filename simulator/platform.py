"""A stand-in for the order platform: shop, dealer and operator in one, over MQTT (orders-if.md).

`python -m simulator.platform order --selfie me.jpg --tower demo-1 --json`. Nothing of towerd is imported: what it knows
of a tower comes over the broker, and its keys are its own.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.purchaser import Wish, drive_claims, head, pick, utc
from simulator.sealing import OPS, SHOP, Issuer, SigningKeys, issuer_for, thumbprint
from simulator.tower_link import Answer, PlatformError, TowerLink, Where

ANSWER_WITHIN_S = 5.0
"""Without an answer for so long the same token is sent again (3.4)."""
TRIES = 3


@dataclass(frozen=True, slots=True)
class Placed:
    """An order as sent, and the tower's answer. `code` is the customer's own secret."""

    order: str
    customer: str
    code: str
    answer: Answer

    @property
    def ok(self) -> bool:
        """Whether the tower took it."""
        return bool(self.answer["ok"])

    @property
    def number(self) -> str | None:
        """The four digits to type at the kiosk."""
        return str(self.answer["result"]["number"]) if self.ok else None

    def as_json(self) -> dict[str, Any]:
        """For scripts: the answer with what the customer knows besides."""
        return {"order": self.order, "customer": self.customer, "code": self.code, **self.answer}


def fresh_id(prefix: str) -> str:
    """An id that was never used."""
    return f"{prefix}_{secrets.token_urlsafe(9)}"


def fresh_code() -> str:
    """Eight random digits."""
    return f"{secrets.randbelow(10**8):08d}"


class Platform(TowerLink):
    """The platform as one tower knows it. Blocking; for use from a thread or a script."""

    def __init__(self, folder: Path, where: Where) -> None:
        """`folder` holds the platform's own keys, pinned thumbprints and orders. Raises OSError."""
        super().__init__(where)
        self.keys = SigningKeys(folder)
        self._folder, self._tower = folder, where.tower

    def tower_key(self) -> Mapping[str, str]:
        """The tower's key, if it is the one that was pinned; the first one seen is pinned. Raises PlatformError."""
        published = self.topic("key")
        seen = thumbprint(published["jwk"])
        pin = self._folder / f"{self._tower}.thumbprint"
        if not pin.exists():
            pin.write_text(seen + "\n", encoding="ascii")
        pinned = pin.read_text(encoding="ascii").strip()
        if not seen == pinned == published["thumbprint"]:
            raise PlatformError(f"the key of {self._tower} has the thumbprint {seen}; {pinned} is pinned in {pin}")
        return dict(published["jwk"])

    def seal(self, claims: Mapping[str, Any], issuer: Issuer | None = None) -> str:
        """A token for this tower, signed by who may sign its kind (4.1). Raises PlatformError without the tower's key."""
        return self.keys.token(claims, issuer or issuer_for(claims["kind"]), self.tower_key())

    def send(
        self, verb: str, claims: Mapping[str, Any] | None, issuer: Issuer | None = None, tries: int = TRIES
    ) -> Answer:
        """Send a command and give the tower's answer; without one the same token is sent again (3.4).

        Raises PlatformError where the tower never answers.
        """
        token = None if claims is None else self.seal(claims, issuer)
        for _ in range(tries):
            answer = self.ask(verb, fresh_id("r"), token, ANSWER_WITHIN_S)
            if answer is not None:
                return answer
        raise PlatformError(f"the tower {self._tower} has not answered {tries} times within {ANSWER_WITHIN_S:g} s each")

    def order(self, wish: Wish) -> Placed:
        """Order a test drive. Raises LookupError where nothing fits, PlatformError where the tower never answers."""
        vehicle = pick(self.topic("catalogue"), wish)
        order = fresh_id("o")
        claims = head("test_drive", SHOP.iss, self._tower, wish.customer, order) | drive_claims(vehicle, wish)
        self._note(order, wish.customer)
        return Placed(order, wish.customer, wish.code, self.send("test_drive", claims))

    def _notes(self) -> dict[str, str]:
        path = self._folder / "orders.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def _note(self, order: str, customer: str) -> None:
        notes = {**self._notes(), order: customer}
        (self._folder / "orders.json").write_text(json.dumps(notes), encoding="utf-8")

    def _about(self, kind: str, order: str, customer: str | None) -> dict[str, Any]:
        who = customer or self._notes().get(order)
        if who is None:
            raise LookupError(f"order {order} was not made here: name its customer")
        return head(kind, SHOP.iss, self._tower, who, fresh_id("t")) | {"order": order}

    def cancel(self, order: str, reason: str = "changed_mind", customer: str | None = None) -> Answer:
        """Cancel an order. Raises LookupError where its customer is not known."""
        return self.send("cancel", self._about("cancel", order, customer) | {"reason": reason})

    def eta(self, order: str, in_s: float, sd_s: float = 30.0, customer: str | None = None) -> Answer:
        """Say that an order's customer arrives in so many seconds. Raises LookupError where the customer is not known."""
        arrives_at = utc(datetime.now(UTC) + timedelta(seconds=in_s))
        word = {"arrives_at": arrives_at, "sd_s": sd_s, "source": "app"}
        return self.send("eta", self._about("eta", order, customer) | word)

    def hold(self, reason: str, operator: str = "operator_1") -> Answer:
        """Stop the tower's motion."""
        return self.send("hold", head("hold", OPS.iss, self._tower, operator, fresh_id("t")) | {"reason": reason})

    def resume(self, operator: str = "operator_1") -> Answer:
        """Let the tower go on, if it was held over MQTT."""
        return self.send("resume", head("resume", OPS.iss, self._tower, operator, fresh_id("t")))

    def state(self) -> Answer:
        """Ask for the state; needs no token."""
        return self.send("state", None)


if __name__ == "__main__":
    from simulator.platform_cli import app

    app()
