"""The dashboard in a real browser, over a real API and database."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, expect

import extractor.api
from tests.support.api import api_settings, calling
from tests.support.dashboard import show, texts
from tests.support.rows import column, insert_account, insert_job, record_clicks

# All these tests share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")

KEY = "clé-secrète"
STATIC = Path(extractor.api.__file__).parent / "static"
HOSTILE = "<img src=x onerror=document.title='taken'>"
# Longer than the page waits between two requests, and after a failure.
LATER_MS = 6_000


def insert_system(sql: psycopg.Connection) -> None:
    """A worker with its account, a bridge that listens, one consultation."""
    account, job = insert_account(sql, "99X0001"), insert_job(sql, status="En traitement", worker_id="bureau-1-1")
    sql.execute(
        "INSERT INTO worker_status (worker_id, status, queues, account_id, current_job_id)"
        " VALUES ('bureau-1-1', 'busy', '{acte,index}', %s, %s)",
        [account, job],
    )
    sql.execute(
        "INSERT INTO bridge_status (bridge_id, host, pid, mode, proven_at)"
        " VALUES ('bureau-9', 'bureau', 9, 'listening', now())"
    )
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
        " VALUES (%s, 'index', 'bureau-1-1', now())",
        [job],
    )
    record_clicks(sql)


def test_it_shows_what_the_tables_hold_and_follows_them(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_system(sql)
    job_id = insert_job(sql, document_number="1 234 567", error_message=HOSTILE, cadastre=HOSTILE, doubt=HOSTILE)
    sql.execute("UPDATE extraction_queue SET doubted_key = request_key")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    show(page, client)

    assert page.locator("#hindrances li").all_inner_texts() == ["Nothing is paused or broken."]
    sources = texts(page, "#sources tbody tr")
    assert sources[::2] == ["acte 0 0 0 0 pause", "plan_cadastraux 0 0 0 0 pause"]
    assert re.fullmatch(r"index 1 1 0 0 \d s pause", sources[1])
    (worker,) = texts(page, "#workers tbody tr")
    assert re.fullmatch(r"bureau-1-1 acte, index row [0-9a-f]{8} busy beat \d s ago 99•••01 0 0", worker)
    (bridge,) = texts(page, "#bridges tbody tr")
    assert re.fullmatch(r"bureau-9 listening heard \d s ago 0", bridge)
    assert texts(page, "#accounts tbody tr") == ["99•••01 usable"]
    assert texts(page, "#money dd") == ["1 consultation, 1,50 $"] * 3

    # Text that came from outside is shown as text
    row = page.locator(f"#rows tr[data-key='{job_id}']")
    expect(row).to_contain_text(
        f"En attente 1 234 567 index Montréal {HOSTILE} {HOSTILE} {HOSTILE} 0/3", use_inner_text=True
    )
    assert page.title() == "registre-extractor"
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390

    # Changes appear without a reload
    sql.execute("UPDATE extraction_queue SET status = 'Erreur', error_code = 'paper_only' WHERE id = %s", [job_id])
    sql.execute("UPDATE source_control SET paused = true, paused_by = 'marie', reason = 'Closed.'")
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at)"
        " SELECT %s, 'index', 'bureau-1-1', now() FROM generate_series(2, 100)",
        [job_id],
    )
    record_clicks(sql)
    page.clock.fast_forward(LATER_MS)
    expect(row).to_contain_text(f"Erreur 1 234 567 index Montréal {HOSTILE} {HOSTILE} paper_only", use_inner_text=True)
    expect(page.locator("#hindrances li").first).to_have_text("paused acte by marie: Closed.")
    expect(page.locator("#hindrances")).to_contain_text(
        "DAILY_CONSULTATION_LIMIT=100 is reached: rows wait until tomorrow, or for a higher limit: extractor spend"
    )

    assert [url for url in asked if not url.startswith(str(client.base_url))] == []

    # And when the API does not answer, the page says that its data is old
    page.context.set_offline(True)
    page.clock.fast_forward(LATER_MS)
    expect(page.locator("#connection")).to_contain_text("The data is old. The API does not answer.")
    assert page.locator("body").get_attribute("data-state") == "old"
    page.context.set_offline(False)
    page.clock.fast_forward(LATER_MS)
    expect(page.locator("#connection")).to_have_text("Live")


def test_page_asks_for_the_key_and_keeps_it_in_the_tab_alone(
    page: Page, shared_url: str, sql: psycopg.Connection, tmp_path: Path
) -> None:
    job_id = insert_job(sql)
    with calling(api_settings(shared_url, tmp_path, api_key=KEY)) as client:
        page.goto(str(client.base_url))
        for key, said in (("", "The API asks for its key."), ("another", "That is not the key.")):
            if key:
                page.fill("#key-input", key)
                page.keyboard.press("Enter")
            expect(page.locator("#connection")).to_have_text(said)
            expect(page.locator("#board")).to_be_hidden()

        page.fill("#key-input", KEY)
        page.keyboard.press("Enter")
        expect(page.locator(f"#rows tr[data-key='{job_id}']")).to_be_visible()
        page.reload()
        expect(page.locator(f"#rows tr[data-key='{job_id}']")).to_be_visible()

        assert page.context.storage_state() == {"cookies": [], "origins": []}
        other = page.context.new_page()
        other.goto(str(client.base_url))
        expect(other.locator("#key")).to_be_visible()


def test_page_explains_retries_and_cancels_a_row_and_pauses_its_source(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="document_not_found", error_message="Aucun document.")
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, finished_at, outcome, error_code)"
        " VALUES (%s, 'index', 'bureau-1-1', now(), 'hold', 'document_not_found')",
        [job_id],
    )
    show(page, client)
    why, outcome = page.locator("#why"), page.locator("#details-outcome")

    page.click("#rows tbody a")
    expect(why).to_have_text("It stopped at Erreur (document_not_found): Aucun document.")
    expect(page.locator("#why-command")).to_have_text(f"extractor edit {job_id} --number NUMBER")
    assert texts(page, "#attempts tbody tr")[0].endswith("bureau-1-1 0 s hold document_not_found")

    # Nothing happens before the person confirms
    page.click("#retry")
    page.click("#ask button[value=no]")
    assert column(sql, job_id, "status") == "Erreur"
    page.click("#retry")
    page.click("#ask-yes")
    expect(outcome).to_have_text("The row is En attente.")
    expect(why).to_contain_text("No bridge is running")
    page.click("#cancel")
    page.click("#ask-yes")
    expect(outcome).to_have_text("Cancelled: the row is at Erreur.")
    assert column(sql, job_id, "error_code") == "cancelled"

    # The page's address names the row
    page.reload()
    expect(why).to_have_text(re.compile("It was cancelled"))
    page.click("#details-close")
    expect(page).to_have_url(f"{client.base_url}/")  # the dialog tells its closing a moment later

    page.click("[aria-label='pause index']")
    page.fill("#ask-why-input", "Closed until Monday.")
    page.keyboard.press("Enter")
    expect(page.locator("#hindrances")).to_contain_text("by the dashboard: Closed until Monday.")
    page.click("[aria-label='resume index']")
    page.click("#ask-yes")
    expect(page.locator("#hindrances")).not_to_contain_text("paused")


def test_page_finds_rows_turns_pages_and_opens_documents(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path
) -> None:
    (files_directory / "index").mkdir(exist_ok=True)
    (files_directory / "index" / "a.pdf").write_bytes(b"%PDF-1.7")
    day = datetime.now(UTC) - timedelta(days=1)
    done = insert_job(sql, document_number="7 654 321", status="Complété", supabase_path="index/a.pdf", created_at=day)
    for _ in range(25):
        insert_job(sql)
    rows, number = page.locator("#rows tbody tr"), page.locator("#filters [name=find]")
    show(page, client)

    def only_the_finished_one() -> None:
        expect(rows).to_have_count(1)
        expect(rows).to_have_attribute("data-key", str(done))

    expect(rows).to_have_count(25)
    page.click("#older")
    only_the_finished_one()
    page.click("#latest")
    expect(rows).to_have_count(25)
    page.click("#older")
    only_the_finished_one()
    page.select_option("[name=status]", label="En attente")  # the filter begins at the first page again
    expect(rows).to_have_count(25)
    page.select_option("[name=status]", label="Complété")
    only_the_finished_one()
    number.fill("7654")
    number.press("Enter")
    only_the_finished_one()
    number.fill(str(uuid4()))
    number.press("Enter")
    expect(page.locator("#rows-say")).to_contain_text("There is no row")
    number.fill(done)
    number.press("Enter")
    only_the_finished_one()
    for other in ("#42", "#Dossier_7.PDF", "#a b"):  # ids of other types; 42 alone would be a part of a number
        number.fill(other)
        number.press("Enter")
        expect(page.locator("#rows-say")).to_have_text(f"There is no row {other[1:]} in extraction_queue.")
    number.fill(f"#{done}")
    number.press("Enter")
    only_the_finished_one()

    with page.context.expect_event("response", lambda answer: "/api/documents/" in answer.url) as opened:
        rows.get_by_role("button", name="PDF").click()
    assert opened.value.status == 200


def test_page_and_its_parts_need_no_key_and_send_their_policy(shared_url: str, tmp_path: Path) -> None:
    with calling(api_settings(shared_url, tmp_path, api_key=KEY)) as client:
        page = client.get("/")
        parts = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.*") if path.name != "index.html"]
        answers = [page, *(client.get(f"/dashboard/{part}") for part in parts)]

    assert {"main.js", "style.css", "texts/fr.js"} <= set(parts)
    assert {answer.status_code for answer in answers} == {200}
    policies = {answer.headers["content-security-policy"] for answer in answers}
    assert len(policies) == 1
    assert "unsafe" not in policies.pop()
    assert re.findall(r"<script(?! type=\"module\" src)|<style|style=| on[a-z]+=", page.text) == []


def test_rows_of_a_reference_or_a_batch_are_found(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    batch = str(uuid4())
    wanted = insert_job(sql, reference="Dossier 2026-118", batch_id=batch)
    insert_job(sql)
    show(page, client)
    rows = page.locator("#rows tbody tr")

    for text in ("Dossier 2026-118", batch):
        page.get_by_label("Dossier").fill(text)
        page.get_by_role("button", name="Search").click()
        expect(rows).to_have_count(1)
        expect(rows).to_have_attribute("data-key", str(wanted))
        expect(rows).to_contain_text("Dossier 2026-118")
        page.get_by_label("Dossier").fill("")
        page.get_by_role("button", name="Search").click()
        expect(rows).to_have_count(2)
