"""The dashboard on a wide and on a narrow screen, for people who use a keyboard or a screen reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.integration.dashboard.conftest import AXE, ENGLISH, FRENCH, NARROW, WIDE
from tests.support.dashboard import show, texts, violations
from tests.support.evidence import insert_attempt, keep_evidence
from tests.support.rows import insert_account, insert_job, record_clicks

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")


def insert_everything(sql: psycopg.Connection, directory: Path) -> str:
    """A bit of everything that the page shows; the id of a row that failed with evidence."""
    account = insert_account(sql)
    insert_account(sql, "99X0002", failure_count=3, last_error="99X0002 is refused")
    failed = insert_job(
        sql, status="Erreur", error_code="paper_only", error_message="Sur papier.", reference="Dossier 7"
    )
    insert_attempt(sql, failed, account_id=account, consultation_at=datetime.now(UTC), outcome="hold",
                             evidence_path=str(keep_evidence(directory, "7-failed")))  # fmt: skip
    record_clicks(sql)
    insert_job(sql, error_code="site_closed", error_message="Fermé.", doubt="will be refused")
    insert_job(sql, status="Complété", supabase_path="index/a.pdf", document_bytes=4096, document_pages=2)
    insert_job(sql, status="En traitement", worker_id="bureau-1-1")
    sql.execute(
        "INSERT INTO worker_status (worker_id, status) VALUES ('bureau-1-1', 'idle'), ('bureau-1-2', 'offline')"
    )
    sql.execute(
        "UPDATE source_control SET paused = true, paused_by = 'marie', reason = 'x' WHERE document_source = 'acte'"
    )
    return failed


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("locale", [ENGLISH, FRENCH])
def test_axe_finds_no_fault_and_nothing_is_wider_than_the_screen(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path, size: ViewportSize
) -> None:
    insert_everything(sql, files_directory)
    show(page, client, "?group=Dossier%207")
    expect(page.locator("#group-actions")).to_be_visible()
    page.click("#days summary")
    page.click("#gone summary")

    assert violations(page, AXE) == []
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["1440", "390"])
@pytest.mark.parametrize("locale", [ENGLISH, FRENCH])
def test_axe_finds_no_fault_in_the_dialogs(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path, size: ViewportSize
) -> None:
    job_id = insert_everything(sql, files_directory)
    show(page, client)
    page.click("#add")
    expect(page.locator("#request-price")).to_contain_text("1,50")
    assert violations(page, AXE) == []
    page.keyboard.press("Escape")
    page.goto(f"{client.base_url}/#{job_id}")
    page.click("#attempts button")
    expect(page.locator("#evidence-picture")).to_be_visible()
    assert violations(page, AXE) == []
    assert page.evaluate("document.querySelector('#details').scrollWidth") <= size["width"]
    page.click("#retry")
    expect(page.locator("#ask-yes")).to_be_visible()
    assert violations(page, AXE) == []


@pytest.mark.parametrize("size", [NARROW], ids=["390"])
def test_on_a_narrow_screen_the_rows_come_first_and_trouble_is_one_press_away(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path
) -> None:
    insert_everything(sql, files_directory)
    show(page, client)

    tops = {name: page.locator(f"#{name}").bounding_box() for name in ("rows", "hindrances", "sources", "beside")}
    order = sorted(tops, key=lambda name: (tops[name] or {"y": 0})["y"])
    assert order == ["rows", "hindrances", "sources", "beside"]
    expect(page.locator("#rows tbody tr").first).to_be_in_viewport()
    expect(page.locator("#hindrances li").first).not_to_be_in_viewport()
    expect(page.locator("#alarm")).to_have_text("2 obstacles")
    page.locator("#alarm").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#hindrances li").first).to_be_in_viewport()


def test_everything_is_reached_by_keyboard(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="document_timeout", error_message="Late.")
    show(page, client)

    page.locator("#filters [name=find]").focus()
    page.keyboard.type("2 784 195")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{client.base_url}/?find=2+784+195")
    page.locator(f"#rows a[href='#{job_id}']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#details")).to_be_visible()
    tabbed = set()
    for _ in range(3):
        page.keyboard.press("Tab")
        tabbed.add(page.evaluate("document.activeElement.id"))
    assert {"retry", "correct"} <= tabbed
    page.locator("#retry").press("Enter")
    expect(page.locator("#ask-text")).to_contain_text("about 1,50 $")
    assert page.evaluate("document.activeElement.value") == "no"  # the harmless answer is the one at hand
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("#details")).to_be_hidden()
    expect(page).to_have_url(f"{client.base_url}/?find=2+784+195")
    assert page.evaluate("document.activeElement.getAttribute('href')") == f"#{job_id}"


def test_processes_that_are_gone_are_folded_away(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    sql.execute(
        "INSERT INTO worker_status (worker_id, status, last_heartbeat) VALUES ('lives', 'idle', now()),"
        " ('left', 'offline', now()), ('silent-lately', 'idle', now() - interval '5 min'),"
        " ('dead', 'busy', now() - interval '2 h')"
    )
    sql.execute(
        "INSERT INTO bridge_status (bridge_id, host, pid, mode, last_heartbeat)"
        " VALUES ('old-bridge', 'bureau', 9, 'listening', %s)",
        [datetime.now(UTC) - timedelta(days=3)],
    )
    show(page, client)

    assert [text.split()[0] for text in texts(page, "#workers tbody tr")] == ["lives", "silent-lately"]
    assert texts(page, "#bridges tbody tr") == []
    expect(page.locator("#hindrances")).to_contain_text("bridge none is running")
    expect(page.locator("#gone summary")).to_have_text("3 processes are gone")
    expect(page.locator("#gone li").first).to_be_hidden()
    page.click("#gone summary")
    assert [text.split()[0] for text in texts(page, "#gone li")] == ["old-bridge", "dead", "left"]
