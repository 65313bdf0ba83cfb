"""The forms: a test drive, and a car that is bought here and collected at the tower."""

from __future__ import annotations

import asyncio

from nicegui import ui

from simulator.shop.desk import Desk
from simulator.shop.model import CollectWish, DriveWish, Offer, Outcome, ShopError
from simulator.shop.pages import show
from simulator.shop.pages.frame import Notice, Visit, frame, pairs, text
from simulator.shop.pages.front import car_head, find_offer
from simulator.shop.pages.paying import PlanChooser
from simulator.shop.pages.steps import Steps, need
from simulator.shop.pages.texts import say
from simulator.shop.pages.wishes import FaceChoice, TermsChoice, TimeChoice


def tell_outcome(outcome: Outcome, notice: Notice) -> None:
    """Go to the order that was taken or is still being asked for; else say why there is none."""
    if outcome.order is not None and (outcome.ok or not outcome.answered):
        ui.navigate.to(f"/orders/{outcome.order.order}")
    elif not outcome.ok:
        notice.refuse(say("outcome.refused"), outcome.reasons)


class _Form:
    """What both forms ask, in the same order; the last step is their own."""

    def __init__(self, visit: Visit, offer: Offer, way: str) -> None:
        self.visit, self.offer, self.who = visit, offer, visit.somebody()
        self.time, self.face, self.terms = TimeChoice(visit, offer), FaceChoice(), TermsChoice(visit)
        self._way = way

    def show(self) -> None:
        """Every step."""
        text(say("order.for", name=self.who.name), classes="hint")
        steps = Steps(self._send, say(f"order.{self._way}_go"))
        steps.step(say("order.step_car"), self._car)
        steps.step(say("order.step_time"), self.time.build, self.time.check)
        steps.step(say("order.step_face"), self.face.build, self.face.check)
        steps.step(say("order.step_terms"), self.terms.build, self.terms.check)
        steps.step(say("order.step_pay"), self.pay, self.paid, last=True)
        self.answer = Notice()

    def _car(self) -> None:
        with car_head(self.visit, self.offer, self._way):
            pairs([(say("car.tower"), self.offer.tower_name), (say("car.ready"), show.availability(self.offer))])

    def meant(self) -> dict[str, str]:
        """Which car: the very one, or for who waits, the first of its kind."""
        if self.time.wait_until is None:
            return {"vehicle": self.offer.vehicle.id}
        return dict(zip(("make", "model", "colour"), self.offer.vehicle.kind, strict=True))

    async def _send(self) -> None:
        with self.answer.trying():
            if self.visit.desk.stage is not None and self.face.selfie is not None:
                self.visit.desk.stage.lend_face(self.who.customer, self.face.selfie)
            tell_outcome(await asyncio.to_thread(self.order), self.answer)

    def pay(self) -> None:
        """Show what is to be paid."""
        raise NotImplementedError

    def paid(self) -> None:
        """Raises ShopError where it is not paid."""
        raise NotImplementedError

    def order(self) -> Outcome:
        """Send the order; waits for the tower."""
        raise NotImplementedError


class DriveForm(_Form):
    """A test drive: a deposit, and a fee for who is no member of good credit."""

    def pay(self) -> None:
        """Show what is to be paid."""
        offer = self.offer
        text(say("order.made_up_money"), classes="hint")
        deposit = show.money(offer.drive_deposit or 0, offer.currency)
        self._deposit = ui.checkbox(say("order.deposit", amount=deposit))
        due = self.visit.desk.window.fee_due(offer, self.who.customer)
        self._fee = ui.checkbox(say("order.fee", amount=show.money(due, offer.currency))) if due else None
        if not due:
            text(say("order.no_fee"), classes="hint")

    def paid(self) -> None:
        """Raises ShopError where it is not paid."""
        need(self._deposit.value, say("order.deposit_missing"))
        need(self._fee is None or self._fee.value, say("order.fee_missing"))

    def order(self) -> Outcome:
        """Send the order; waits for the tower."""
        wish = DriveWish(
            **self.meant(),
            tower=self.offer.tower,
            slot=self.time.slot,
            wait_until=self.time.wait_until,
            selfie=self.face.selfie,
            face_consent=self.face.consent,
            terms_accepted=self.terms.accepted,
            deposit_paid=True,
            fee_paid=self._fee is not None,
            services=self.terms.services,
        )
        return self.visit.desk.counter.drive(self.who.customer, wish)


class CollectForm(_Form):
    """A car that is bought here and collected at the tower."""

    def pay(self) -> None:
        """Show what is to be paid."""
        if self.offer.purchase_price is None:
            raise ShopError(say("car.not_for_sale"))
        text(say("order.made_up_money"), classes="hint")
        self._plan = PlanChooser(self.visit.desk, self.offer.purchase_price, self.offer.currency)
        self._agreed = ui.checkbox(say("order.pay_now"))

    def paid(self) -> None:
        """Raises ShopError where it is not paid."""
        need(self._agreed.value and self._plan.plan, say("order.pay_missing"))

    def order(self) -> Outcome:
        """Send the order; waits for the tower."""
        wish = CollectWish(
            plan=self._plan.plan,
            **self.meant(),
            tower=self.offer.tower,
            slot=self.time.slot,
            wait_until=self.time.wait_until,
            selfie=self.face.selfie,
            face_consent=self.face.consent,
            terms_accepted=self.terms.accepted,
            services=self.terms.services,
        )
        return self.visit.desk.counter.collect(self.who.customer, wish)


def add(desk: Desk) -> None:
    """The pages `/order/…` and `/collect/…`."""

    @ui.page("/order/{tower}/{vehicle}")
    def order(tower: str, vehicle: str) -> None:
        with frame(desk, say("order.title"), "browse") as visit:
            visit.somebody()
            offer = find_offer(visit, tower, vehicle)
            text(show.title(offer.vehicle), "h2", "subject")
            DriveForm(visit, offer, "order").show()

    @ui.page("/collect/{tower}/{vehicle}")
    def collect(tower: str, vehicle: str) -> None:
        with frame(desk, say("order.collect_title"), "browse") as visit:
            visit.somebody()
            offer = find_offer(visit, tower, vehicle)
            text(show.title(offer.vehicle), "h2", "subject")
            CollectForm(visit, offer, "collect").show()
