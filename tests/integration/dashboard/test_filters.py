"""The filters of the dashboard: in its address, over all rows, and for the download of what they find."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.integration.dashboard.conftest import FRENCH, NARROW
from tests.support.api import api_settings, calling
from tests.support.dashboard import show
from tests.support.rows import insert_job

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")
KEY = "planted-key"


def insert_documents(sql: psycopg.Connection, directory: Path) -> None:
    """Two stored documents, of which one belongs to a dossier."""
    (directory / "index").mkdir(exist_ok=True)
    for name, reference in (("one", "Dossier 118 Tremblay"), ("two", None)):
        (directory / "index" / f"{name}.pdf").write_bytes(b"%PDF-1.7 " + name.encode())
        insert_job(sql, status="Complété", supabase_path=f"index/{name}.pdf", reference=reference)


def test_a_view_is_its_address_and_back_leads_to_the_one_before(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_job(sql, status="Erreur", error_code="paper_only")
    insert_job(sql, document_source="plan_cadastraux", reference="Dossier 118 Tremblay")
    rows = page.locator("#rows tbody tr")
    show(page, client, "?status=failed&source=index&error_code=paper_only")
    expect(rows).to_have_count(1)
    for name, value in (("status", "failed"), ("source", "index"), ("error_code", "paper_only")):
        expect(page.locator(f"#filters [name={name}]")).to_have_value(value)

    page.click("#reset")
    expect(page).to_have_url(f"{client.base_url}/")
    expect(rows).to_have_count(2)
    page.fill("#filters [name=find]", "tremblay")  # a part of the reference
    page.keyboard.press("Enter")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(f"{client.base_url}/?find=tremblay")
    page.go_back()  # what was typed was one step
    expect(rows).to_have_count(2)
    page.go_forward()
    expect(rows).to_have_count(1)
    page.click("#rows tbody a")
    page.click("#details-close")
    expect(page).to_have_url(f"{client.base_url}/?find=tremblay")
    page.reload()
    expect(rows).to_contain_text(["Dossier 118 Tremblay"])
    page.select_option("#filters [name=source]", "index")
    expect(page.locator("#rows-say")).to_have_text("No such row.")
    page.go_back()
    expect(rows).to_have_count(1)
    expect(page.locator("#filters [name=source]")).to_have_value("")
    page.goto(f"{client.base_url}/?status=nonsense&error_code=gone")  # an old or a broken link
    expect(page.locator("#filters [name=error_code]")).to_have_value("gone")
    expect(page.locator("#filters [name=status]")).to_have_value("all")


def test_what_is_filtered_is_downloaded(
    page: Page, client: httpx.Client, sql: psycopg.Connection, files_directory: Path
) -> None:
    insert_documents(sql, files_directory)
    show(page, client, "?find=tremblay&source=index&status=completed")
    expect(page.locator("#rows tbody tr")).to_have_count(1)
    assert page.get_attribute("#download", "href") == (
        "/api/extractions/archive?status=completed&document_source=index&search=tremblay"
    )
    with page.expect_download() as downloading:
        page.locator("#download").press("Enter")
    assert_one_pdf(downloading.value.path())


@pytest.mark.parametrize(("locale", "size"), [(FRENCH, NARROW)])
def test_with_a_key_the_page_shows_it_for_the_download(
    page: Page, shared_url: str, sql: psycopg.Connection, files_directory: Path, size: ViewportSize
) -> None:
    assert size["width"] == 390
    insert_documents(sql, files_directory)
    with calling(api_settings(shared_url, files_directory, api_key=KEY)) as client:
        page.goto(f"{client.base_url}/?find=tremblay")
        page.fill("#key-input", KEY)
        page.keyboard.press("Enter")
        with page.expect_download() as downloading:
            page.click("#download")
        assert_one_pdf(downloading.value.path())
        expect(page.locator("#rows-outcome")).to_have_text("Le ZIP est complet.")


def assert_one_pdf(path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        pdfs = [name for name in archive.namelist() if name.endswith(".pdf")]
        assert [archive.read(name) for name in pdfs] == [b"%PDF-1.7 one"]
