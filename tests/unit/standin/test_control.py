from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from extractor.standin.app import create_app
from tests.support.standin_client import StandinClient

from .visitor import Visitor


def test_accounts_replace_the_default_rule(stranger: Visitor, standin: StandinClient) -> None:
    standin.set_accounts({"99X3456": "secret"})
    assert not stranger.log_in().is_logged_in
    assert stranger.log_in("99X3456", "secret").is_logged_in

    standin.set_accounts({})
    assert stranger.log_in().is_logged_in
    assert [entry.account for entry in standin.refused_logins()] == ["99X3315"]


@pytest.mark.parametrize("user", ["", "3OF3315", "30F331", "standin"])
def test_default_rule_wants_a_well_formed_user_code(stranger: Visitor, user: str) -> None:
    assert not stranger.log_in(user).is_logged_in


def test_variants_replace_each_other(standin: StandinClient) -> None:
    standin.set_variants(entry="area", rules=[{"number": "1", "closed": True}])
    assert standin.variants().entry == "area"
    standin.set_variants(closed=True)

    assert (standin.variants().entry, standin.variants().rules) == ("other_url", ())


def test_wrong_variant_is_refused_with_its_reason(standin: StandinClient) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        standin.set_variants(waiting="for ever")


def test_reset_forgets_everything(visitor: Visitor, standin: StandinClient) -> None:
    standin.set_variants(closed=True)
    standin.reset()

    assert standin.ledger() == []
    assert not standin.variants().closed
    assert not visitor.get("/Sirf/").is_logged_in


def test_health(base_url: str) -> None:
    assert httpx.get(f"{base_url}/_standin/health", trust_env=False).json() == {"status": "ok"}


def test_control_is_for_this_machine_only() -> None:
    transport = httpx.ASGITransport(create_app(), client=("203.0.113.7", 5000))

    async def ask_from_outside() -> list[int]:
        async with httpx.AsyncClient(transport=transport, base_url="http://standin") as http:
            answers = [
                await http.get("/Sirf/"),
                await http.get("/_standin/ledger"),
                await http.put("/_standin/accounts", json={}),
            ]
            return [answer.status_code for answer in answers]

    # In a thread of its own: a page test's Playwright may keep a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(asyncio.run, ask_from_outside()).result() == [200, 403, 403]
