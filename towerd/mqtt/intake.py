"""From a received command to an event (orders-if.md 3 and 4).

The outer part is read at once; the token is opened in one worker thread, so that the loop never waits for it; the selfie
is looked at by the face worker; then the event is posted, in the order of arrival. Each step takes the next command while the
ones before it are further on; only what names the same order or the same person waits until they are in the tables. `hold`
and `resume` have a lane of their own: they do not wait behind a selfie. Selfie and code end here: events carry a ciphertext
and a MAC.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import structlog

from towerd.errors import Refusal
from towerd.fsm.commands import Answer
from towerd.fsm.events import CommandRefused, OrderRequested
from towerd.fsm.reply import NOWHERE, ReplyTo
from towerd.mqtt.floods import Floods
from towerd.mqtt.people import MOTION, Veiled, veil
from towerd.mqtt.request import Asked, Dropped, read_request
from towerd.mqtt.topics import Topics
from towerd.mqtt.wire import Received
from towerd.orders.claims import OF_DEALERS, WITH_CODE, StockIn, TestDrive
from towerd.orders.keys import IssuerKeys, TowerKey, code_mac
from towerd.orders.rates import OrderRates
from towerd.orders.tokens import EXPIRED, OpenedToken, open_token
from towerd.ports import Customers, Enrolment, FaceMatcher, Inbox

log = structlog.get_logger(__name__)

Done = Callable[[], None]
BACKLOG = 32
"""Commands of a lane that are not in the tables yet; more are answered `busy`."""
UNPROVEN_BACKLOG = BACKLOG // 4
"""How many of them no signature may have held for (`floods.py`)."""
ENROL_WITHIN_S = 0.8
"""What the contract's one second leaves for the selfie (4.5)."""
IN_A_ROW_S = 0.5
"""Selfies that follow each other so closely are in a row, and each is done as quickly as it can be."""
STOPS = "hold"
BUSY = ("busy",)
UNREADABLE = ("malformed",)
"""The reason where taking a command in has failed in a way that nobody foresaw. Without an answer and an acknowledgement
the broker would send it again and again."""


@dataclass(frozen=True, slots=True)
class IntakeParts:
    """What the intake works with.

    `key` gives the tower's key and `issuers` the key set, as last loaded. `now` gives aware UTC, or None while the clock is unsure (4.4).
    `known` tells whether a token id has been used: then its selfie is not looked at again. `digest` gives what is kept of a payload's
    SHA-256 and its token's end, s since 1970.
    """

    topics: Topics
    key: Callable[[], TowerKey]
    secret: bytes
    issuers: Callable[[], IssuerKeys]
    now: Callable[[], datetime | None]
    known: Callable[[str], bool]
    inbox: Inbox
    matcher: FaceMatcher
    customers: Customers
    digest: Callable[[str, int], str]
    rates: OrderRates = field(default_factory=OrderRates)


@dataclass(frozen=True, slots=True)
class _Face:
    outcome: Literal["enrolled", "none", "unavailable", "refused"]
    reasons: tuple[str, ...] = ()
    sha256: str | None = None
    sealed: bytes | None = None


NO_FACE = _Face("none")


@dataclass(frozen=True, slots=True)
class _Waiting:
    asked: Asked
    done: Done
    proven: bool


@dataclass(slots=True)
class _Lane:
    """Commands in the order of their arrival. `waiting`: how many of them are not in the tables yet; `unproven`: how many of
    these are of senders that no signature has held for lately. `named`: whom and what those name that are looked at or posted.
    `looked_mono_s`: when the newest selfie was looked at.
    """

    asked: asyncio.Queue[_Waiting] = field(default_factory=asyncio.Queue)
    opened: asyncio.Queue[tuple[_Waiting, OpenedToken | Refusal]] = field(default_factory=lambda: asyncio.Queue(1))
    waiting: int = 0
    unproven: int = 0
    named: list[frozenset[str]] = field(default_factory=list)
    applied: asyncio.Event = field(default_factory=asyncio.Event)
    looked_mono_s: float = float("-inf")

    def put(self, command: _Waiting) -> None:
        """One more waits."""
        self.waiting += 1
        self.unproven += not command.proven
        self.asked.put_nowait(command)

    async def get(self) -> tuple[_Waiting, OpenedToken | Refusal, Done]:
        """The next, once it is opened and nothing that it names is still on its way; and what to call when it is in the tables."""
        command, token = await self.opened.get()
        names = _names(token)
        while any(names & others for others in self.named):
            self.applied.clear()
            await self.applied.wait()
        self.named.append(names)

        def done() -> None:
            self.named.remove(names)
            self.waiting -= 1
            self.unproven -= not command.proven
            command.done()
            self.applied.set()

        return command, token, done

    def in_a_row(self) -> bool:
        """Whether others wait behind the selfie that is looked at now, or one came just before it."""
        now_s = _mono_s()
        close = now_s - self.looked_mono_s < IN_A_ROW_S
        self.looked_mono_s = now_s
        return close or self.waiting > len(self.named)


def _names(token: OpenedToken | Refusal) -> frozenset[str]:
    """What a command reads and changes beyond its own: the answer under its id, and the keys of the people whom it names."""
    if isinstance(token, Refusal):
        return frozenset()
    claims = token.claims
    people = {claims.sub, claims.vehicle.owner} if isinstance(claims, StockIn) else {claims.sub}
    return frozenset({f"token {claims.jti}", *(f"person {one}" for one in people)})


def _mono_s() -> float:
    return asyncio.get_running_loop().time()


def _face(enrolment: Enrolment) -> _Face:
    if enrolment.outcome == "enrolled":
        return _Face("enrolled", sha256=enrolment.sha256, sealed=enrolment.sealed)
    return _Face(enrolment.outcome, enrolment.reasons)


class Intake:
    """Takes commands; `run` works them off until cancelled."""

    def __init__(
        self, parts: IntakeParts, show_state: Callable[[ReplyTo, datetime], None], answer: Callable[[Answer], None]
    ) -> None:
        """`show_state` answers the verb `state`, given until when the request counts; `answer` is for what the core never hears of."""
        self._parts = parts
        self._show_state, self._answer = show_state, answer
        self._floods = Floods()
        self._orders, self._motion = _Lane(), _Lane()

    def receive(self, received: Received, done: Done) -> None:
        """Take a command; `done` is called once it is durable, or needs no durability."""
        try:
            asked = read_request(self._parts.topics, received, self._parts.now())
        except Exception:
            log.exception("a command could not be read: it is refused", topic=received.topic)
            asked = Dropped("", UNREADABLE, NOWHERE, None)
        if isinstance(asked, Dropped):
            self._refuse(asked.verb, asked.reasons, asked.reply, asked.expires_at, done)
        elif asked.token is None:
            self._show_state(asked.reply, asked.expires_at)
            done()
        else:
            self._queue(asked, done)

    def _queue(self, asked: Asked, done: Done) -> None:
        lane = self._motion if asked.verb in MOTION else self._orders
        proven = self._floods.proven(asked.reply.address, _mono_s())
        full = lane.waiting >= BACKLOG or (not proven and lane.unproven >= UNPROVEN_BACKLOG)
        # whoever stops the tower is never told to come back later
        if full and asked.verb != STOPS:
            self._refuse(asked.verb, BUSY, asked.reply, asked.expires_at, done)
        else:
            lane.put(_Waiting(asked, done, proven))

    def _refuse(
        self, verb: str, reasons: tuple[str, ...], reply: ReplyTo, expires_at: datetime | None, done: Done
    ) -> None:
        if not self._floods.may_tell(_mono_s()):
            # each event is a commit: in a flood of them the tower would come to nothing else
            self._answer(Answer(reply, False, BUSY, None))
            done()
            return
        log.info("command dropped", verb=verb, reasons=reasons, req_id=reply.req_id)
        self._parts.inbox.post(CommandRefused(verb, reasons, reply, expires_at), None, done)

    async def run(self) -> None:
        """Work both lanes off until cancelled."""
        with ThreadPoolExecutor(1, thread_name_prefix="tokens") as pool:
            async with asyncio.TaskGroup() as lanes:
                lanes.create_task(self._work(self._orders, pool), name="intake-orders")
                lanes.create_task(self._work(self._motion, pool), name="intake-motion")

    async def _work(self, lane: _Lane, pool: ThreadPoolExecutor) -> None:
        """Open one token while the selfie of the one before it is looked at, and those before it are on their way to the tables."""
        async with asyncio.TaskGroup() as stages:
            stages.create_task(self._open(lane, pool))
            stages.create_task(self._apply(lane))

    async def _open(self, lane: _Lane, pool: ThreadPoolExecutor) -> None:
        loop, parts = asyncio.get_running_loop(), self._parts
        while True:
            command = await lane.asked.get()
            text, reply = command.asked.token or "", command.asked.reply
            token: OpenedToken | Refusal
            try:
                token = await loop.run_in_executor(
                    pool, open_token, text, parts.key(), parts.issuers(), parts.topics.tower, parts.now()
                )
            except Exception:
                log.exception("a token could not be opened: it is refused", req_id=reply.req_id)
                token = Refusal(UNREADABLE, "")
            await lane.opened.put((command, token))

    async def _apply(self, lane: _Lane) -> None:
        """One after the other, as the face worker does: a second one's time would run meanwhile."""
        while True:
            command, token, done = await lane.get()
            await self._take(command.asked, token, done, lane)

    async def _take(self, asked: Asked, token: OpenedToken | Refusal, done: Done, lane: _Lane) -> None:
        if isinstance(token, Refusal):
            self._refuse(asked.verb, token.reasons, asked.reply, asked.expires_at, done)
            return
        self._floods.prove(asked.reply.address, _mono_s())
        if token.public["kind"] != asked.verb:
            self._refuse(asked.verb, ("kind_not_allowed",), asked.reply, asked.expires_at, done)
        elif token.late and not self._parts.known(token.claims.jti):
            self._refuse(asked.verb, EXPIRED, asked.reply, asked.expires_at, done)
        else:
            await self._take_verified(asked, token, done, lane)

    async def _take_verified(self, asked: Asked, token: OpenedToken, done: Done, lane: _Lane) -> None:
        try:
            limited = self._is_limited(token)
            making = not (limited or token.late)
            async with asyncio.TaskGroup() as beside:
                people = beside.create_task(veil(self._parts.customers, token, making=making))
                # asked here and now: as a task it would wait for the turn that the one before has just been posted to
                face = await self._look(token, lane) if making else NO_FACE
            event = replace(self._event(asked, token, face, people.result()), limited=limited)
        except Exception:
            log.exception("a command could not be taken in: it is refused", req_id=asked.reply.req_id)
            self._refuse(asked.verb, UNREADABLE, asked.reply, asked.expires_at, done)
        else:
            self._parts.inbox.post(event, face.sealed, done)

    def _is_limited(self, opened: OpenedToken) -> bool:
        """Whether an order is one too many of its sender's. The same token again is not another order."""
        claims, kind = opened.claims, opened.public["kind"]
        if kind not in WITH_CODE or self._parts.known(claims.jti):
            return False
        return not self._parts.rates.take(claims.iss, claims.sub, _mono_s(), dealer=kind in OF_DEALERS)

    def _event(self, asked: Asked, opened: OpenedToken, face: _Face, whom: Veiled) -> OrderRequested:
        return OrderRequested(
            verb=asked.verb,
            claims=whom.claims,
            payload_sha256=self._parts.digest(opened.payload_sha256, opened.claims.exp),
            reply=asked.reply,
            code_mac=code_mac(self._parts.secret, opened.code) if opened.code else None,
            face=face.outcome,
            face_reasons=face.reasons,
            face_sha256=face.sha256,
            expires_at=asked.expires_at,
            known=whom.known,
            keys=whom.keys,
            late=opened.late,
        )

    async def _look(self, opened: OpenedToken, lane: _Lane) -> _Face:
        """Enrol the selfie, where the customer consents and the token is new."""
        claims = opened.claims
        consents = isinstance(claims, TestDrive) and claims.consent is not None and claims.consent.face
        if not consents or opened.selfie is None or self._parts.known(claims.jti):
            return NO_FACE
        hurried = lane.in_a_row()
        try:
            async with asyncio.timeout(ENROL_WITHIN_S):
                return _face(await self._parts.matcher.enrol(claims.jti, opened.selfie, hurried=hurried))
        except TimeoutError:
            # A key that the worker may still make for it would belong to nothing.
            self._parts.matcher.destroy_key(claims.jti)
            log.warning("selfie not looked at in time", order=claims.jti)
            return _Face("unavailable")
