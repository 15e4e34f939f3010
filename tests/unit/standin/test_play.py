"""Variants by rule and by dice, seen from outside."""

from __future__ import annotations

import pytest

from extractor.standin import addresses
from extractor.standin.demand import Source
from tests.support.standin_client import StandinClient

from .visitor import USER, Visitor, text_of


@pytest.mark.parametrize(
    ("rule", "path"),
    [
        ({"number": "2 784 195"}, addresses.CONFIRMATION),
        ({"number": "2784196"}, addresses.FRAMESET),
        ({"account": USER}, addresses.CONFIRMATION),
        ({"source": "index"}, addresses.FRAMESET),
    ],
)
def test_rule_changes_only_its_requests(
    visitor: Visitor, standin: StandinClient, rule: dict[str, str], path: str
) -> None:
    standin.set_variants(plan_confirmation=False, rules=[rule | {"plan_confirmation": True}])

    assert visitor.search("plan_cadastraux", "2784195").url.path == path


def test_rule_follows_its_number_to_the_document(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(rules=[{"number": "2784411", "save_link": "top", "expire_at": "download"}])
    page = visitor.search("plan_cadastraux", "2784411")
    page = visitor.choose(page, 2)
    page = visitor.confirm(page)

    assert "Sauvegarder" in page.links
    assert visitor.save(page).url.path == addresses.LOGIN


@pytest.mark.parametrize("source", ["acte", "index", "plan_cadastraux"])
def test_random_play_still_sells_the_right_document(visitor: Visitor, standin: StandinClient, source: Source) -> None:
    pinned = {"expire_at": None, "error_status": None, "cadastre_select": "filled_after", "slow_pages_ms": 0}
    pinned |= {"every_document_waits": False, "file_fault": None, "down_seconds": 0}
    standin.set_variants(random=True, seed=7, delivery="attachment", **pinned)
    for number in ("2784501", "2784502", "2784503"):
        encoding = visitor.http.get(addresses.FORMS[source]).charset_encoding
        assert encoding in ("utf-8", "iso-8859-1")
        page = visitor.search(source, number)
        page = visitor.confirm(page) if page.url.path == addresses.CONFIRMATION else page
        assert f"Numéro: {number}" in text_of(visitor.save(page))

    assert len(standin.consultations()) == 3


def test_rule_for_an_account_holds_from_its_login_on(stranger: Visitor, standin: StandinClient) -> None:
    standin.set_variants(rules=[{"account": "99X1111", "personal_question": True}])

    assert not stranger.log_in("99X1111").is_logged_in
    assert stranger.log_in("99X2222").is_logged_in
