"""What a submit teaches, and which requests are known by it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from extractor.models import Source
from extractor.registry.learned_form import observe
from extractor.registry.learned_request import (
    FRESH,
    NotLearned,
    Observation,
    Offered,
    Place,
    Slot,
    difference,
    known_request,
    learned,
    written_like,
)
from extractor.registry.single_post import Sent

BASE = "http://registry.test"
FORM = f"{BASE}/form.asp"
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
CHOSEN = {Slot.CIRCONSCRIPTION: "65", Slot.CADASTRE: "000001"}


def shown(lot: str = "2784195", **changed: Any) -> dict[str, Any]:
    """What a page says of its form."""
    return {
        "fields": [
            ["selCircnFoncr", "65", "circonscription"],
            ["selCadst", "000001", "cadastre"],
            ["txtNumrtLot", lot, "number"],
            ["txtEtat", changed.pop("state", "valdr"), None],
            ["btnSoumt", "Soumettre", "button"],
        ],
        "odd": False,
        "overrides": [],
        "lists": {"circonscription": [["65", "Montréal"]], "cadastre": [["000001", "Cadastre du Québec"]]},
        "number": {"longest": -1, "isChecked": False, "isInForm": True},
        "page": FORM,
        "action": FORM,
        "method": "post",
        "enctype": "application/x-www-form-urlencoded",
        "accepts": "",
        "target": "",
        "charset": "windows-1252",
        "html": "<html><script>1</script></html>",
    } | changed


def body(number: str = "+2+784+195", state: str = "valdr", more: str = "") -> bytes:
    return f"selCircnFoncr=65&selCadst=000001&txtNumrtLot={number}&txtEtat={state}&btnSoumt=Soumettre{more}".encode()


def seen(
    page: Mapping[str, Any] | None = None, posted: bytes | None = None, referer: str | None = FORM, secrets: str = ""
) -> Observation:
    headers = {"referer": referer} if referer else {}
    sent = Sent(FORM, headers, body() if posted is None else posted)
    return observe(Source.INDEX, page or shown(), sent, base_url=BASE, secrets=[secrets])


def taught() -> Place:
    return learned(learned(None, seen(), NOW), seen(shown("2784196"), body("+2+784+196")), NOW)


def test_two_numbers_teach_a_request_that_is_written_as_the_form_writes_it() -> None:
    known = known_request(taught(), Source.INDEX, CHOSEN, "1234567", NOW)

    assert known is not None
    assert known.values == {**CHOSEN, Slot.NUMBER: " 1 234 567"}


def test_the_same_number_twice_teaches_nothing_new() -> None:
    place = learned(learned(None, seen(), NOW), seen(), NOW)

    assert known_request(place, Source.INDEX, CHOSEN, "1234567", NOW) is None


@pytest.mark.parametrize(
    ("chosen", "number", "at"),
    [
        (CHOSEN, "399-184", NOW),
        ({**CHOSEN, Slot.DESIGNATION: "01"}, "1234567", NOW),
        (CHOSEN, "1234567", NOW + FRESH + timedelta(seconds=1)),
    ],
    ids=["shape", "combination", "age"],
)
def test_what_was_not_seen_or_too_long_ago_is_unknown(chosen: Mapping[Slot, str], number: str, at: datetime) -> None:
    assert known_request(taught(), Source.INDEX, chosen, number, at) is None


def test_a_number_that_the_field_would_cut_off_is_unknown() -> None:
    short = taught().model_copy(update={"body": taught().body.model_copy(update={"longest": 9})})

    assert known_request(short, Source.INDEX, CHOSEN, "1234567", NOW) is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        (seen(shown(state="autre"), body(state="autre")), "the field txtEtat changes from page to page"),
        (seen(referer=None), "the form is sent in another way"),
    ],
    ids=["field", "referrer"],
)
def test_a_form_that_changed_begins_again(changed: Observation, why: str) -> None:
    assert difference(taught(), changed) == why
    assert learned(taught(), changed, NOW).agreed == 1


def test_a_list_of_this_place_that_changed_begins_again() -> None:
    lists = {Slot.DESIGNATION: (Offered(value="01", text="Rang 5"),)}

    assert difference(taught(), seen().model_copy(update={"lists": lists})) == "the options of a list changed"


REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "changed_field": ({}, {"posted": body(state="x")}, "the page's script changes txtEtat at the submit"),
    "changed_number": ({}, {"posted": body("2784190")}, "the page's script changes the number in txtNumrtLot"),
    "added_field": ({}, {"posted": body(more="&a=1")}, "the page posts other fields than its form shows"),
    "other_page": ({}, {"referer": "http://registry.test/other.asp"}, "the browser named another page as the form's"),
    "user_code": ({}, {"secrets": "VALDR"}, "txtEtat holds something of the account or its session"),
    "token": ({"state": "0123456789abcdef"}, {"posted": body(state="0123456789abcdef")}, "looks like the token of a"),
    "window": ({"target": "_blank"}, {}, "the form is sent into another window"),
    "get": ({"method": "get"}, {}, "the form is not sent as a plain POST"),
    "other_site": ({"page": "http://other.test/a"}, {"referer": "http://other.test/a"}, "leads to another site"),
    "pattern": ({"number": {"longest": -1, "isChecked": True, "isInForm": True}}, {}, "the form itself checks"),
    "file": ({"odd": True}, {}, "a field or a button of a kind that no copy can have"),
    "not_latin": ({}, {"posted": b"selCircnFoncr=%81"}, "what was posted cannot be read as windows-1252"),
}


@pytest.mark.parametrize(("page", "submit", "why"), REFUSED.values(), ids=REFUSED)
def test_what_a_copy_could_not_post_is_not_learned(page: dict[str, Any], submit: dict[str, Any], why: str) -> None:
    with pytest.raises(NotLearned, match=why):
        seen(shown(**page), **submit)


@pytest.mark.parametrize(
    ("example", "number", "written"),
    [(" 1 234 567", "2784195", " 2 784 195"), ("399-184", "123-456", "123-456"), ("1234567", "1 234 567", "1234567")],
)
def test_a_number_gets_the_blanks_of_its_example(example: str, number: str, written: str) -> None:
    assert written_like(example, number) == written
