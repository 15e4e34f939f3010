"""A form as the browser would post it now, and a copy of a learned form, which asks the site for nothing.

The copy is shown at the form's own address, so that the browser itself writes the body, Referer and Origin of its
submit. `single_post.py` sends that submit, once, as it sends every click that may be charged.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error as PlaywrightError

from extractor.errors import SiteUnavailable
from extractor.language.sentences import Sentence
from extractor.models import Source
from extractor.registry.learned_request import Field, FormBody, KnownRequest, NotLearned, Observation, Offered, Slot
from extractor.registry.page_reader import READING_TIMEOUT
from extractor.registry.single_post import Sent
from extractor.registry.visit import Visit

# The button of the copy.
BUTTON = "#learned-request-submit"
# A value of this length without a blank is what sites give a session: it is kept by no database.
TOKEN_CHARACTERS = 16
# No hidden field that says something is longer.
MAX_CHARACTERS = 100

_REFERRER_POLICIES = {"full": "strict-origin-when-cross-origin", "origin": "origin", "none": "no-referrer"}

_READ = """(button, selectors) => {
    const form = button.form
    if (!form) return "null"
    const found = Object.entries(selectors).map(([slot, selector]) => [slot, document.querySelector(selector)])
    const slotOf = control => (found.find(([, element]) => element === control) ?? [null])[0]
    const isPosted = control => control.name && !control.matches(":disabled") && (
        control === button || !["button", "reset", "submit", "image", "fieldset", "output", "object"]
            .includes(control.type)) && (!["checkbox", "radio"].includes(control.type) || control.checked)
    const posted = [...form.elements].filter(isPosted)
    const lists = found.filter(([, element]) => element?.tagName === "SELECT").map(([slot, element]) => [
        slot, [...element.options].map(option => [option.getAttribute("value") ?? "", option.text.trim()])])
    const number = found.find(([slot]) => slot === "number")?.[1]
    return JSON.stringify({
        fields: posted.map(control => [control.name, control.value, control === button ? "button" : slotOf(control)]),
        odd: posted.some(control => ["file", "image", "select-multiple"].includes(control.type)),
        lists: Object.fromEntries(lists),
        number: number ? {longest: number.maxLength, isChecked: number.type !== "text" || number.pattern !== ""
            || number.minLength > 0, isInForm: number.form === form} : null,
        page: location.href.split("#")[0], action: form.action, method: form.method, enctype: form.enctype,
        accepts: form.acceptCharset, target: form.target, charset: document.characterSet,
        overrides: ["formaction", "formmethod", "formenctype", "formtarget"].filter(name => button.hasAttribute(name)),
    })
}"""


def read_form(visit: Visit, source: Source, button: str) -> dict[str, Any] | None:
    """What the filled form would post now, and how; None when the page does not say so in time."""
    controls = visit.site.form
    is_acte = source is Source.ACTE
    selectors = {
        Slot.CIRCONSCRIPTION: controls.circonscription,
        Slot.NUMBER: controls.inscription if is_acte else controls.lot,
    } | (
        {Slot.ACTE_TYPE: controls.acte_type}
        if is_acte
        else {Slot.CADASTRE: controls.cadastre, Slot.DESIGNATION: controls.designation}
    )
    try:
        shown = visit.page.locator(button).first.evaluate(_READ, selectors, timeout=READING_TIMEOUT * 1000)
    except PlaywrightError:  # nothing is learned then; what became of the page shows at the press
        return None
    read: dict[str, Any] | None = json.loads(shown)
    return read


def observe(
    source: Source, shown: Mapping[str, Any], sent: Sent, *, base_url: str, secrets: Iterable[str]
) -> Observation:
    """Compare what the form showed with what was posted; raises NotLearned where a copy could not do the same."""
    fields = [Field(name=name, value=value, slot=slot) for name, value, slot in shown["fields"]]
    slots = {field.slot: field.value for field in fields if field.slot is not None}
    _refuse_odd(shown, slots)
    typed = slots[Slot.NUMBER]
    posted = _posted(shown["charset"], sent)
    number = _compare(fields, posted)
    body = FormBody(
        page=_below(base_url, shown["page"]),
        action=_below(base_url, sent.url),
        charset=shown["charset"],
        referrer=_referrer(shown["page"], sent.headers),
        fields=tuple(_without_request(field) for field in fields),
        longest=shown["number"]["longest"] if shown["number"]["longest"] >= 0 else None,
    )
    if sent.url.split("#")[0] != shown["action"].split("#")[0]:
        raise NotLearned("the form was sent to another address than it names")
    _refuse_secrets(body, secrets)
    lists = {
        Slot(slot): tuple(Offered(value=value, text=text) for value, text in options)
        for slot, options in shown["lists"].items()
    }
    chosen = {slot: value for slot, value in slots.items() if slot not in (Slot.NUMBER, Slot.BUTTON)}
    return Observation(
        source=source,
        body=body,
        lists=lists,
        chosen=chosen,
        typed=typed,
        posted=number,
    )


def show_copy(visit: Visit, known: KnownRequest) -> None:
    """Show the learned form, filled in, at its own address; nothing is asked of the site.

    Raises SiteUnavailable when the browser shows anything else.
    """
    visit.show(visit.base_url + known.body.page, _html(known, visit.base_url).encode("ascii"), known.body.charset)
    if BUTTON[1:] not in visit.html():
        raise SiteUnavailable(Sentence("The browser did not show the copy of the form."))


def _html(known: KnownRequest, base_url: str) -> str:
    body = known.body
    controls = [_control(field, known.values) for field in body.fields]
    if not any(field.slot is Slot.BUTTON for field in body.fields):  # a button without a name posts nothing
        controls.append(f'<input type="submit" id="{BUTTON[1:]}">')
    page = (
        f'<!DOCTYPE html><html><head><meta name="referrer" content="{_REFERRER_POLICIES[body.referrer]}">'
        f'<title>Registre</title></head><body><form method="post" action="{escape(base_url + body.action)}"'
        f">{''.join(controls)}</form></body></html>"
    )
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _control(field: Field, values: Mapping[Slot, str]) -> str:
    is_button = field.slot is Slot.BUTTON
    value = values.get(field.slot, "") if field.slot and not is_button else field.value
    kind = f'type="submit" id="{BUTTON[1:]}"' if is_button else 'type="hidden"'
    return f'<input {kind} name="{escape(field.name)}" value="{escape(value)}">'


def _refuse_odd(shown: Mapping[str, Any], slots: Mapping[Slot, str]) -> None:
    if shown["odd"] or shown["overrides"]:
        raise NotLearned("the form has a field or a button of a kind that no copy can have")
    if shown["method"] != "post" or shown["enctype"] != "application/x-www-form-urlencoded" or shown["accepts"]:
        raise NotLearned("the form is not sent as a plain POST")
    if shown["target"] not in ("", "_self", "_top"):
        raise NotLearned("the form is sent into another window")
    if Slot.NUMBER not in slots or shown["number"] is None or not shown["number"]["isInForm"]:
        raise NotLearned("the number's field is not part of the form")
    if shown["number"]["isChecked"]:
        raise NotLearned("the form itself checks the number")


def _posted(charset: str, sent: Sent) -> list[tuple[str, str]]:
    try:
        codec = codecs.lookup(charset).name
        return parse_qsl((sent.body or b"").decode("ascii"), keep_blank_values=True, encoding=codec, errors="strict")
    except (LookupError, ValueError) as error:
        raise NotLearned(f"what was posted cannot be read as {charset}") from error


def _compare(fields: list[Field], posted: list[tuple[str, str]]) -> str:
    """The number as it was posted. Whatever else differs was changed by the page's script at the submit."""
    if [field.name for field in fields] != [name for name, _ in posted]:
        raise NotLearned("the page posts other fields than its form shows")
    number = ""
    for field, (name, value) in zip(fields, posted, strict=True):
        if field.slot is Slot.NUMBER:
            number = value
            if "".join(value.split()) != "".join(field.value.split()):
                raise NotLearned(f"the page's script changes the number in {name} at the submit")
        elif value != field.value:
            raise NotLearned(f"the page's script changes {name} at the submit")
    return number


def _below(base_url: str, address: str) -> str:
    if not address.startswith(base_url + "/"):
        raise NotLearned("the form leads to another site")
    return address.removeprefix(base_url)


def _referrer(page: str, headers: Mapping[str, str]) -> str:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(page))
    known = {page: "full", f"{origin}/": "origin", None: "none"}
    referrer = known.get(headers.get("referer"))
    if referrer is None:
        raise NotLearned("the browser named another page as the form's")
    return referrer


def _without_request(field: Field) -> Field:
    """A slot's value is the request's own, but for the button."""
    return field if field.slot in (None, Slot.BUTTON) else field.model_copy(update={"value": ""})


def _refuse_secrets(body: FormBody, secrets: Iterable[str]) -> None:
    """What is kept in the database must hold nothing of an account or a session."""
    kept = {field.name: field.value for field in body.fields} | {"address": body.page + " " + body.action}
    for name, value in kept.items():
        if any(secret and secret.casefold() in value.casefold() for secret in secrets):
            raise NotLearned(f"{name} holds something of the account or its session")
    for field in body.fields:
        is_token = len(field.value) >= TOKEN_CHARACTERS and " " not in field.value
        if field.slot is None and (is_token or len(field.value) > MAX_CHARACTERS):
            raise NotLearned(f"the field {field.name} looks like the token of a session")
