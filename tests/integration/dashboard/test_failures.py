"""Failures by code on the dashboard, with what a person does to all rows of one, and the price of a retry."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

from tests.integration.dashboard.conftest import FRENCH
from tests.support.dashboard import show, texts
from tests.support.evidence import insert_attempt
from tests.support.rows import column, insert_account, insert_job, record_clicks, statuses

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")


def insert_failures(sql: psycopg.Connection) -> None:
    for _ in range(3):
        insert_job(sql, status="Erreur", error_code="document_timeout", error_message="Late.")
    insert_job(sql, status="Erreur", error_code="paper_only", error_message="Paper.")
    insert_job(sql, error_code="site_closed", error_message="Closed.")
    insert_job(sql, error_code="site_closed", error_message="Closed.")


def test_rows_of_a_code_are_shown_and_sent_again_after_their_price_is_named(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_failures(sql)
    show(page, client)
    groups = {text.split()[0]: text for text in texts(page, "#failures tbody tr")}
    assert groups["document_timeout"].startswith("document_timeout Late. Send again 3 0 ")
    assert groups["site_closed"].startswith("site_closed Closed. Cancel 0 2 ")

    page.click("#failures a >> text=document_timeout")
    expect(page).to_have_url(f"{client.base_url}/?error_code=document_timeout")
    expect(page.locator("#rows tbody tr")).to_have_count(3)
    retry = page.get_by_role("button", name="send rows with document_timeout again")
    retry.click()
    expect(page.locator("#ask-title")).to_have_text("Send 3 rows again?")
    asked = "Of code document_timeout. Together they may cost about 4,50\u00a0$."
    expect(page.locator("#ask-text")).to_have_text(asked)
    page.keyboard.press("Enter")  # the harmless answer has the focus
    assert statuses(sql)["Erreur"] == 4
    retry.click()
    page.click("#ask-yes")
    expect(page.locator("#failures-outcome")).to_have_text("3 rows are sent again.")
    expect(retry).to_be_hidden()
    assert statuses(sql) == {"Erreur": 1, "En attente": 5}


@pytest.mark.parametrize("locale", [FRENCH])
def test_rows_that_are_tried_again_are_cancelled_together(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_failures(sql)
    show(page, client)
    page.get_by_role("button", name="annuler les lignes site_closed").click()
    expect(page.locator("#ask-text")).to_contain_text("Toutes les lignes de code site_closed qui attendent")
    page.click("#ask-yes")
    expect(page.locator("#failures-outcome")).to_contain_text("2 arrêtées, 0 s'arrêteront")
    assert statuses(sql) == {"Erreur": 6}


def test_rows_of_a_dossier_are_sent_again_or_cancelled_together(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_failures(sql)
    waits = insert_job(sql, reference="Dossier 7")
    failed = insert_job(sql, reference="Dossier 7", status="Erreur", error_code="document_timeout")
    show(page, client)
    expect(page.locator("#group-actions")).to_be_hidden()
    page.get_by_label("Dossier").fill("Dossier 7")
    page.keyboard.press("Enter")
    page.click("#group-cancel")
    expect(page.locator("#ask-text")).to_contain_text("All rows of reference Dossier 7 that wait or run.")
    page.click("#ask-yes")
    expect(page.locator("#rows-outcome")).to_contain_text("1 stopped")
    page.click("#group-retry")
    expect(page.locator("#ask-title")).to_have_text("Send 1 row again?")
    page.click("#ask-yes")
    expect(page.locator("#rows-outcome")).to_have_text("1 row is sent again.")
    assert column(sql, waits, "error_code") == "cancelled"
    assert column(sql, failed, "status") == "En attente"
    assert statuses(sql) == {"Erreur": 5, "En attente": 3}


def test_one_more_consultation_is_allowed_only_by_a_person_who_was_told(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="document_timeout", max_consultations=1)
    insert_attempt(sql, job_id, consultation_at=datetime.now(UTC), account_id=insert_account(sql))
    record_clicks(sql)
    show(page, client, f"#{job_id}")
    page.click("#retry")
    expect(page.locator("#ask-text")).to_contain_text("look at the account's billing history first")
    expect(page.locator("#ask-text")).to_contain_text("1,50\u00a0$")
    page.click("#ask-yes")
    expect(page.locator("#details-outcome")).to_have_text("The row is En attente.")
    assert column(sql, job_id, "max_consultations") == 2


def test_a_row_that_is_bought_already_costs_nothing_more(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="storage")
    sql.execute(
        "UPDATE extraction_queue SET spooled_on = gen_random_uuid(), spooled_until = now() + interval '1 h'"
        " WHERE id = %s",
        [job_id],
    )
    show(page, client, f"#{job_id}")
    page.click("#retry")
    expect(page.locator("#ask-text")).to_contain_text("costs nothing")
