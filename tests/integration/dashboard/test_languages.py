"""The dashboard in the reader's language and zone, with texts that are complete in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

import extractor.api
from extractor.models import ClickKind, Source, WorkerState
from extractor.reports import Condition
from tests.integration.dashboard.conftest import FRENCH
from tests.support.dashboard import show, texts
from tests.support.rows import insert_job

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")

STATIC = Path(extractor.api.__file__).parent / "static"
# What a process, an account or an attempt may be, beside the enumerations: `process_state`, the bridge's modes, and
# the outcomes in migrations/0001_tables.sql.
STATES = {"silent", "listening", "polling", "completed", "retry", "snooze", "hold", "lost", "returned", "in progress"}
Texts = dict[str, str | dict[str, str]]


@pytest.mark.parametrize(("locale", "rows", "other"), [(FRENCH, "Lignes", "English"), ("de-DE", "Rows", "Français")])
def test_a_french_browser_gets_french_and_any_other_english(
    page: Page, client: httpx.Client, sql: psycopg.Connection, rows: str, other: str
) -> None:
    insert_job(sql)
    show(page, client)

    expect(page.locator("#rows h2")).to_have_text(rows)
    expect(page.locator("#language")).to_have_text(other)
    assert page.evaluate("document.documentElement.lang") == ("fr" if rows == "Lignes" else "en")


def test_the_language_is_switched_by_keyboard_and_kept_with_the_view(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    insert_job(sql, status="Erreur", error_code="paper_only")
    show(page, client, "?status=failed")

    page.locator("#language").focus()
    page.keyboard.press("Enter")

    expect(page.locator("#rows h2")).to_have_text("Lignes")
    expect(page.locator("#filters [name=status]")).to_have_value("failed")
    page.reload()
    expect(page.locator("#connection")).to_have_text("En direct")
    page.click("#language")
    expect(page.locator("#connection")).to_have_text("Live")


@pytest.mark.parametrize("locale", [FRENCH])
def test_the_whole_page_is_in_french(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    """No English word of the page is left, apart from what the API says itself."""
    job_id = insert_job(sql, status="Erreur", error_code="paper_only", error_message="Papier.")
    show(page, client, f"#{job_id}")
    page.click("#retry")
    expect(page.locator("#ask-yes")).to_have_text("Renvoyer")
    page.click("#ask button[value=no]")
    page.click("#details-close")
    page.click("#add")

    said = set(page.locator("[data-say]").all_text_contents()) | {
        page.locator(f"#{place}").inner_text() for place in ("connection", "as-of", "request-title", "request-price")
    }
    english = {value for value in _texts(page, "en").values() if isinstance(value, str)}
    french = {value for value in _texts(page, "fr").values() if isinstance(value, str)}
    assert said & (english - french) == set()
    assert "" not in said


def test_every_moment_is_in_the_viewers_zone_which_is_said(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    at = datetime(2026, 3, 1, 20, 30, tzinfo=UTC)
    shown = "2026-03-02 05:30"
    job_id = insert_job(
        sql, created_at=at, error_code="site_closed", error_message="Closed until 2026-03-01 15:30:00-05:00."
    )
    sql.execute(
        "UPDATE source_control SET paused = true, since = %s, reason = 'x' WHERE document_source = 'acte'", [at]
    )
    show(page, client)

    expect(page.locator("#as-of")).to_contain_text("Asia/Tokyo (UTC+09:00)")
    row = page.locator(f"#rows tr[data-key='{job_id}']")
    expect(row.locator("time")).to_have_text(shown)
    expect(row).to_contain_text(f"Closed until {shown}:00.")
    expect(page.locator("#hindrances")).to_contain_text(f"acte since {shown}:00 by")
    later = datetime.now(UTC) + timedelta(hours=3)
    sql.execute("UPDATE extraction_queue SET available_at = %s", [later])
    page.goto(f"{client.base_url}/#{job_id}")
    until = (later + timedelta(hours=9)).strftime("%Y-%m-%d %H:%M:%S")
    expect(page.locator("#why")).to_contain_text(f"until {until}, ")


def test_both_files_have_the_same_texts_with_the_same_values(chromium: Browser, client: httpx.Client) -> None:
    page = chromium.new_page()
    page.goto(str(client.base_url))
    english, french = _texts(page, "en"), _texts(page, "fr")
    page.context.close()

    assert english.keys() == french.keys()
    for key, text in english.items():
        assert _values(text) == _values(french[key]), key
        assert isinstance(text, str) == isinstance(french[key], str), key
        for form in (text, french[key]):
            assert "" not in _forms(form), key
            assert isinstance(form, str) or set(form) == {"one", "other"}, key


def test_every_text_is_used_and_every_used_text_is_there(chromium: Browser, client: httpx.Client) -> None:
    page = chromium.new_page()
    page.goto(str(client.base_url))
    keys = set(_texts(page, "en"))
    page.context.close()
    scripts = "\n".join(path.read_text() for path in STATIC.glob("*.js"))
    markup = (STATIC / "index.html").read_text()
    named = set(re.findall(r'data-(?:say|name|hint)="([^"]+)"', markup))
    literal = {text for text in re.findall(r'"([A-Za-z_.]+(?: work)?)"', scripts) if text in keys}
    built = set(re.findall(r"say\(`([a-zA-Z]+\.)\$\{", scripts))
    suffixes = {f"{action}{part}" for action in ("pause", "resume") for part in (".label", ".title", ".text", ".yes")}
    states = {f"state.{state}" for state in {*STATES, *Condition, *WorkerState}}
    clicks = {f"click.{kind}" for kind in ClickKind}

    assert named <= keys
    assert states | clicks | suffixes <= keys
    used = named | literal | states | clicks | suffixes
    assert {key for key in keys - used if not key.startswith(tuple(built))} == set()
    asked = set(re.findall(r'\bsay\("([^"]+)"', scripts))
    assert asked <= keys
    assert {"acte", "index", "plan_cadastraux"} == set(Source)


def _texts(page: Page, language: str) -> Texts:
    found: Any = page.evaluate(f"import('/dashboard/texts/{language}.js').then((texts) => texts.default)")
    return dict(found)


def _forms(text: str | dict[str, str]) -> list[str]:
    return [text] if isinstance(text, str) else [*text.values()]


def _values(text: str | dict[str, str]) -> set[str]:
    return {name for form in _forms(text) for name in re.findall(r"\{(\w+)\}", form)}


def test_numbers_and_amounts_are_grouped_as_in_quebec(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    sql.execute(
        "INSERT INTO extraction_queue (document_source, document_number, circonscription_fonciere, cadastre, status)"
        " SELECT 'index', '1', 'Montréal', 'Cadastre du Québec', 'Erreur' FROM generate_series(1, 1234)"
    )
    show(page, client)
    assert texts(page, "#sources tbody tr")[1].startswith("index 0 0 0 1 234")
