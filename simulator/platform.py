"""A stand-in for the order platform: shop, dealer and operator in one, over MQTT (orders-if.md).

`python -m simulator.platform order --selfie me.jpg --tower demo-1 --json`. Nothing of towerd is imported: what it knows
of a tower comes over the broker, and its keys are its own.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from simulator.purchaser import Wish, drive_claims, head, pick
from simulator.sealing import OPS, SHOP, Issuer, SigningKeys, issuer_for, thumbprint

ANSWER_WITHIN_S = 5.0
"""Without an answer for so long the same token is sent again (3.4)."""
VALID_S = 45
"""How far ahead a command's `expires_at` is; the contract allows 60."""
TRIES = 3

Answer = dict[str, Any]


class PlatformError(Exception):
    """The tower cannot be asked; the text says why and what to do."""


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


class Platform:
    """One connection to one tower. Blocking; for use from a thread or a script."""

    def __init__(self, folder: Path, tower: str, port: int, host: str = "127.0.0.1", root: str = "towerd") -> None:
        """`folder` holds the platform's own keys, pinned thumbprints and orders. Raises OSError."""
        self.keys = SigningKeys(folder)
        self._folder, self._tower, self._address = folder, tower, (host, port)
        self._prefix = f"{root}/v1/{tower}/"
        self._name = f"p{secrets.token_hex(6)}"
        self._news = threading.Condition()
        self._retained: dict[str, bytes] = {}
        self._answers: dict[str, Answer] = {}
        self._watchers: list[Callable[[str, bytes], None]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._name, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_connect = self._connected
        self._client.on_message = lambda _c, _u, message: self._heard(message)

    def connect(self, within_s: float = 10.0) -> Self:
        """Connect, and wait for the tower's retained topics. Raises PlatformError."""
        try:
            self._client.connect(*self._address)
        except OSError as error:
            raise PlatformError(f"no broker at {self._address[0]}:{self._address[1]}: {error}") from error
        self._client.loop_start()
        if not self._wait(lambda: "state" in self._retained and "key" in self._retained, within_s):
            self.close()
            raise PlatformError(f"the tower {self._tower} has published nothing under {self._prefix}: is it running?")
        return self

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self.connect()

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _connected(self, *_: Any) -> None:
        self._client.subscribe(f"{self._prefix}#", options=SubscribeOptions(qos=1))

    def _heard(self, message: paho.MQTTMessage) -> None:
        topic = message.topic.removeprefix(self._prefix)
        if topic.startswith("cmd/"):
            return
        with self._news:
            if topic == f"rsp/{self._name}":
                with suppress(ValueError, KeyError):
                    answer = json.loads(message.payload)
                    self._answers[str(answer["req_id"])] = answer
            elif message.payload:
                self._retained[topic] = bytes(message.payload)
            else:
                self._retained.pop(topic, None)
            self._news.notify_all()
        for watcher in list(self._watchers):
            watcher(topic, bytes(message.payload))

    def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        with self._news:
            return self._news.wait_for(condition, within_s)

    def topic(self, name: str, within_s: float = 5.0) -> Any:
        """The newest value of a topic of the tower. Raises PlatformError where there is none in time."""
        if not self._wait(lambda: name in self._retained, within_s):
            raise PlatformError(f"the tower {self._tower} has not published {name}")
        payload = self._retained[name]
        return json.loads(payload) if payload.startswith(b"{") else payload.decode()

    def wait_order(self, order: str, states: frozenset[str], within_s: float) -> str:
        """Wait until an order is in one of `states`. Raises PlatformError where it is not in time."""
        name = f"order/{order}"

        def reached() -> bool:
            return json.loads(self._retained.get(name, b'{"state": null}'))["state"] in states

        if not self._wait(reached, within_s):
            raise PlatformError(f"order {order} is not {' or '.join(sorted(states))} within {within_s:g} s")
        return str(json.loads(self._retained[name])["state"])

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

    def send(
        self, verb: str, claims: Mapping[str, Any] | None, issuer: Issuer | None = None, tries: int = TRIES
    ) -> Answer:
        """Send a command and give the tower's answer; without one the same token is sent again (3.4).

        Raises PlatformError where the tower never answers.
        """
        signed_by = issuer or (None if claims is None else issuer_for(verb))
        token = None if signed_by is None else self.keys.token(claims or {}, signed_by, self.tower_key())
        for _ in range(tries):
            req_id = fresh_id("r")
            self._publish(verb, req_id, token)
            if self._wait(lambda wanted=req_id: wanted in self._answers, ANSWER_WITHIN_S):  # type: ignore[misc]
                return self._answers.pop(req_id)
        raise PlatformError(f"the tower {self._tower} has not answered {tries} times within {ANSWER_WITHIN_S:g} s each")

    def _publish(self, verb: str, req_id: str, token: str | None) -> None:
        expires_at = datetime.now(UTC) + timedelta(seconds=VALID_S)
        body = {"req_id": req_id, "expires_at": expires_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")}
        body |= {"reply_to": self._name} | ({} if token is None else {"token": token})
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ResponseTopic = f"{self._prefix}rsp/{self._name}"
        properties.CorrelationData = req_id.encode()
        properties.MessageExpiryInterval = VALID_S
        self._client.publish(f"{self._prefix}cmd/{verb}", json.dumps(body), 1, retain=False, properties=properties)

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

    def cancel(self, order: str, reason: str = "changed_mind", customer: str | None = None) -> Answer:
        """Cancel an order. Raises LookupError where its customer is not known."""
        who = customer or self._notes().get(order)
        if who is None:
            raise LookupError(f"order {order} was not made here: name its customer")
        return self.send(
            "cancel", head("cancel", SHOP.iss, self._tower, who, fresh_id("t")) | {"order": order, "reason": reason}
        )

    def hold(self, reason: str, operator: str = "operator_1") -> Answer:
        """Stop the tower's motion."""
        return self.send("hold", head("hold", OPS.iss, self._tower, operator, fresh_id("t")) | {"reason": reason})

    def resume(self, operator: str = "operator_1") -> Answer:
        """Let the tower go on, if it was held over MQTT."""
        return self.send("resume", head("resume", OPS.iss, self._tower, operator, fresh_id("t")))

    def state(self) -> Answer:
        """Ask for the state; needs no token."""
        return self.send("state", None)

    def watch(self, show: Callable[[str, bytes], None], for_s: float | None = None) -> None:
        """Call `show` with every message of the tower: topic below its prefix, payload. Ends after `for_s`."""
        self._watchers.append(show)
        for topic, payload in list(self._retained.items()):
            show(topic, payload)
        try:
            ends_s = None if for_s is None else time.monotonic() + for_s
            while ends_s is None or time.monotonic() < ends_s:
                threading.Event().wait(0.2)
        finally:
            self._watchers.remove(show)


if __name__ == "__main__":
    from simulator.platform_cli import app

    app()
