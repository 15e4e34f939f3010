"""The last 30 days on the dashboard, and the evidence of an attempt, each shown in place."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.integration.dashboard.conftest import ENGLISH, FRENCH, NARROW, WIDE
from tests.support.dashboard import show, texts
from tests.support.evidence import HEIGHT, WIDTH, insert_attempt, keep_evidence
from tests.support.rows import insert_account, insert_job, record_clicks

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")


@pytest.mark.parametrize(
    ("locale", "size", "spent"),
    [(ENGLISH, WIDE, "Spent: 2 consultations"), (FRENCH, NARROW, "Dépenses\u00a0: 2 consultations")],
)
def test_throughput_and_cost_are_bars_with_words_and_figures(
    page: Page, client: httpx.Client, sql: psycopg.Connection, size: ViewportSize, spent: str
) -> None:
    now = datetime.now(UTC)
    account = insert_account(sql)
    for number in range(2):
        job_id = insert_job(sql, status="Complété", completed_at=now, supabase_path=f"index/{number}.pdf")
        insert_attempt(sql, job_id, consultation_at=now, account_id=account)
    insert_job(sql, status="Erreur", completed_at=now, error_code="paper_only")
    record_clicks(sql)
    show(page, client)

    ((today,),) = sql.execute("SELECT (now() AT TIME ZONE 'America/Toronto')::date::text")
    charts = page.locator("#days svg")
    expect(charts).to_have_count(2)
    expect(charts.last).to_have_attribute("aria-label", f"{spent}, 3,00\u00a0$")
    expect(page.locator("#chart-spent figcaption")).to_have_text(f"{spent}, 3,00\u00a0$")
    for chart in charts.all():
        assert chart.locator("rect.ground").count() == 30
    good, bad = (page.locator(f"#chart-rows rect.{name}").bounding_box() for name in ("good", "bad"))
    assert good is not None
    assert bad is not None
    assert good["height"] == pytest.approx(2 * bad["height"], rel=0.01)
    assert bad["y"] + bad["height"] == pytest.approx(good["y"], abs=0.5)  # one on the other
    assert good["x"] + good["width"] <= size["width"]
    tip = page.locator("#chart-rows title").last.text_content() or ""
    assert re.fullmatch(rf"{today}\s?: 2 Complété, 1 Erreur", tip)
    page.click("#days summary")
    assert texts(page, "#figures tbody tr") == [f"{today} 2 1 2 3,00 $"]


@pytest.mark.parametrize(("locale", "size"), [(ENGLISH, WIDE), (FRENCH, NARROW)])
def test_the_page_at_which_an_attempt_failed_is_shown_in_place(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path
) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="site_changed")
    insert_attempt(sql, job_id, evidence_path=str(keep_evidence(files_directory, "9-failed")))
    insert_attempt(sql, job_id, evidence_path="/var/lib/elsewhere/10-failed")
    insert_attempt(sql, job_id)
    show(page, client, f"#{job_id}")

    expect(page.locator("#attempts button")).to_have_count(2)
    page.locator("#attempts button").first.press("Enter")
    picture = page.locator("#evidence-picture")
    expect(picture).to_be_visible()
    drawn = picture.evaluate("(it) => [it.width, it.height, ...it.getContext('2d').getImageData(1, 1, 1, 1).data]")
    assert drawn == [WIDTH, HEIGHT, 255, 0, 0, 255]
    expect(page.locator("#evidence-text")).to_have_text("Fermé\nDemain")
    assert page.evaluate("document.activeElement.id") == "evidence-title"
    page.click("#evidence-source summary")
    expect(page.locator("#evidence-html")).to_contain_text("<h1>Fermé</h1>")

    page.locator("#attempts button").last.click()
    expect(page.locator("#details-outcome")).to_contain_text("/var/lib/elsewhere/10-failed")
