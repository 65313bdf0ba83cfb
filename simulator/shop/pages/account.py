"""Who is who: choosing a made-up account, what counts for it, and what of it can be taken back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import Form
from fastapi.responses import RedirectResponse
from nicegui import app, ui

from simulator.shop.desk import Desk
from simulator.shop.model import Account, Position, ShopError
from simulator.shop.pages.frame import COOKIE, Notice, Visit, frame, link_button, list_reasons, pairs, section, text
from simulator.shop.pages.texts import say

NEW = Account("", "", True, 720, date(2031, 4, 30), True, Position(32.06, 118.79))


def local(address: str) -> str:
    """An address of this shop; anything else leads to its front page."""
    return address if address.startswith("/") and not address.startswith(("//", "/\\")) else "/"


def facts_of(account: Account) -> list[tuple[str, str]]:
    """What the shop says of a customer to a tower."""
    licence = account.licence_until
    return [
        (say("account.member"), say("account.yes" if account.member else "account.no")),
        (say("account.score"), say("account.none") if account.credit_score is None else str(account.credit_score)),
        (say("account.licence"), say("account.none") if licence is None else f"{licence:%Y-%m-%d}"),
        (say("account.identity"), say("account.yes" if account.identity_checked else "account.no")),
    ]


def _short(account: Account) -> str:
    score = say("account.none") if account.credit_score is None else str(account.credit_score)
    return say("login.member" if account.member else "login.no_member", score=score)


def _accounts(desk: Desk, to: str) -> None:
    with ui.element("ul").classes("accounts"):
        for account in desk.people.accounts():
            with ui.element("li"), ui.element("form").props(f'method="post" action="/enter/{account.customer}"'):
                ui.element("input").props('type="hidden" name="to"').props["value"] = to
                with ui.element("button").props('type="submit"').classes("account"):
                    ui.icon("person").props('aria-hidden="true"')
                    text(account.name, "strong")
                    text(_short(account), "span", "facts")


class AccountForm:
    """The facts of a made-up account, to be changed: another score, no licence, and the tower says no."""

    def __init__(self, account: Account) -> None:
        """Shows the fields."""
        self._account = account
        with ui.element("div").classes("fields"):
            self._name = ui.input(say("account.name"), value=account.name).props("outlined dense")
            self._score = ui.number(say("account.score"), value=account.credit_score, precision=0).props(
                "outlined dense clearable"
            )
            self._licence = ui.input(
                say("account.licence_hint"), value=f"{account.licence_until or ''}", validation=_no_day
            ).props("outlined dense")
        self._member = ui.checkbox(say("account.is_member"), value=account.member)
        self._identity = ui.checkbox(say("account.is_identified"), value=account.identity_checked)

    @property
    def account(self) -> Account:
        """What was typed. Raises ShopError."""
        wrong = _no_day(self._licence.value)
        name = (self._name.value or "").strip()
        if wrong or not name:
            raise ShopError(wrong or say("account.name_missing"))
        return replace(
            self._account,
            name=name,
            member=bool(self._member.value),
            credit_score=None if self._score.value is None else int(self._score.value),
            licence_until=date.fromisoformat(self._licence.value) if self._licence.value else None,
            identity_checked=bool(self._identity.value),
        )


def _no_day(words: str | None) -> str | None:
    try:
        date.fromisoformat(words or "2000-01-01")
    except ValueError:
        return say("account.no_day")
    return None


def _standing(visit: Visit, who: Account) -> None:
    standing = visit.desk.people.standing(who.customer)
    pairs(
        [
            *facts_of(who),
            (say("account.drives"), say("account.of", count=standing.drives_60_days, limit=standing.drives_limit)),
            (say("account.cars_out"), str(standing.cars_out)),
        ]
    )
    if standing.against:
        text(say("account.against"), "h3")
        list_reasons(standing.against)
    else:
        text(say("account.nothing_against"), classes="ready")


def _change(visit: Visit, who: Account) -> None:
    text(say("account.change_lead"))
    form = AccountForm(who)
    notice = Notice()

    def save() -> None:
        with notice.trying():
            visit.desk.people.change(form.account)
            ui.navigate.reload()

    with ui.element("div").classes("actions"):
        ui.button(say("account.save"), on_click=save).props("no-caps unelevated")


def _consents(visit: Visit, who: Account) -> None:
    counter = visit.desk.counter
    given = [order for order in counter.orders(who.customer) if "withdraw_consent" in order.may]
    text(say("privacy.consent_lead" if given else "privacy.no_consent"))
    notice = Notice()

    async def withdraw() -> None:
        with notice.trying():
            for order in given:
                outcome = await asyncio.to_thread(counter.withdraw_consent, order.order)
                if outcome.answered and not outcome.ok:
                    notice.refused(outcome)
                    return
            ui.navigate.reload()

    if given:
        ui.button(say("privacy.withdraw", count=len(given)), on_click=withdraw).props("no-caps outline")


def _erase(visit: Visit, who: Account) -> None:
    text(say("privacy.erase_lead"))
    sure = ui.checkbox(say("privacy.sure"))
    notice = Notice()

    async def erase() -> None:
        with notice.trying():
            if not sure.value:
                raise ShopError(say("privacy.sure_missing"))
            left = await asyncio.to_thread(visit.desk.people.erase, who.customer)
            if left:
                notice.refuse(say("privacy.left"), left)
            else:
                ui.navigate.to("/leave")

    with ui.element("div").classes("actions"):
        ui.button(say("privacy.erase"), on_click=erase).props("no-caps outline color=negative")


def _enter(customer: str, to: Annotated[str, Form()] = "/") -> RedirectResponse:
    answer = RedirectResponse(local(to), status_code=303)
    answer.set_cookie(COOKIE, customer, httponly=True, samesite="lax")
    return answer


def _leave() -> RedirectResponse:
    answer = RedirectResponse("/", status_code=303)
    answer.delete_cookie(COOKIE)
    return answer


def add(desk: Desk) -> None:
    """The pages `/login` and `/account`, and the ways in and out."""
    app.post("/enter/{customer}")(_enter)
    app.get("/leave")(_leave)

    @ui.page("/login")
    def login(to: str = "/") -> None:
        with frame(desk, say("login.title"), "account"):
            text(say("login.lead"))
            _accounts(desk, local(to))
            with section(say("login.new")):
                form = AccountForm(NEW)
                notice = Notice()

                def create() -> None:
                    with notice.trying():
                        desk.people.create(form.account)
                        ui.navigate.reload()

                with ui.element("div").classes("actions"):
                    ui.button(say("login.create"), on_click=create).props("no-caps outline")

    @ui.page("/account")
    def account() -> None:
        with frame(desk, say("account.title"), "account") as visit:
            who = visit.somebody()
            text(who.name, "h2", "subject")
            _standing(visit, who)
            with ui.element("div").classes("actions"):
                link_button(say("account.orders"), "/orders")
                link_button(say("account.leave"), "/leave", primary=False)
            with section(say("account.change")):
                _change(visit, who)
            with section(say("privacy.consent")):
                _consents(visit, who)
            with section(say("privacy.erase_title")):
                _erase(visit, who)
