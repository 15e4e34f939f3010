"""The form of the dashboard that adds a row or corrects one."""

from __future__ import annotations

import httpx
import psycopg
import pytest
from playwright.sync_api import Page, Route, expect

from tests.integration.dashboard.conftest import FRENCH
from tests.support.dashboard import show
from tests.support.rows import column, insert_job, statuses

# All tests of the dashboard share one browser, so one process runs them.
pytestmark = pytest.mark.xdist_group("dashboard")


def suggested(page: Page, name: str) -> list[str]:
    values: list[str] = page.locator(f"#{name} option").evaluate_all("options => options.map((it) => it.value)")
    return values


def test_a_row_is_added_by_keyboard_with_suggested_places(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    show(page, client)
    page.locator("#add").press("Enter")
    expect(page.locator("#request-price")).to_have_text("The document may cost about 1,50\u00a0$.")
    expect(page.locator("#circonscriptions option")).to_have_count(73)
    assert "Terrebonne" in suggested(page, "circonscriptions")

    page.locator("[name=document_number]").press("2")
    page.keyboard.press("Tab")
    page.keyboard.type("terrebonne")  # however it is spelled
    page.keyboard.press("Tab")
    expect(page.locator("#cadastres option").first).to_be_attached()
    assert "Paroisse de Saint-Hippolyte" in suggested(page, "cadastres")
    page.keyboard.type("Paroisse de Saint-Hippolyte")
    page.locator("#request [name=reference]").fill("Dossier 9")
    page.keyboard.press("Enter")

    expect(page.locator("#details-outcome")).to_have_text("The row is added.")
    ((job_id, number, cadastre),) = sql.execute("SELECT id, document_number, cadastre FROM extraction_queue")
    assert (number, cadastre, column(sql, job_id, "reference")) == ("2", "Paroisse de Saint-Hippolyte", "Dossier 9")
    expect(page).to_have_url(f"{client.base_url}/#{job_id}")
    expect(page.locator("#details-title")).to_have_text("index 2")


@pytest.mark.parametrize("locale", [FRENCH])
def test_an_equal_row_is_named_and_the_source_decides_what_is_asked(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    acte: dict[str, object] = {"document_source": "acte", "document_number": "25 616 321", "acte_type": "Acte"}
    insert_job(sql, **acte, cadastre=None)
    show(page, client)
    page.click("#add")
    expect(page.locator("[name=acte_type]")).to_be_hidden()
    page.select_option("[name=document_source]", "acte")
    for name in ("cadastre", "designation_secondaire"):
        expect(page.locator(f"#request [name={name}]")).to_be_hidden()
    assert suggested(page, "acte-types") == ["Acte", "Avis d'adresse", "Radiation", "Acte divers"]
    page.fill("[name=document_number]", "25 616 321")
    page.fill("[name=circonscription_fonciere]", "Montréal")
    page.fill("[name=acte_type]", "Acte")
    page.click("#request-yes")

    said = "La ligne est ajoutée. 1 autre ligne demande le même document\u00a0: annulez celle-ci si c'est une erreur."
    expect(page.locator("#details-outcome")).to_have_text(said)


def test_a_refused_row_stays_in_the_form_with_its_sentence_and_field(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    show(page, client)
    page.click("#add")
    page.fill("[name=document_number]", "1")
    page.click("#request-yes")
    assert page.evaluate("document.activeElement.name") == "cadastre"  # required for an index
    page.fill("#request [name=cadastre]", "N/A")
    page.click("#request-yes")

    expect(page.locator("#request-problem")).to_contain_text("cadastre")
    expect(page.locator("#request [aria-invalid=true]")).to_have_attribute("name", "cadastre")
    assert page.evaluate("document.activeElement.name") == "cadastre"
    assert statuses(sql) == {}
    page.fill("#request [name=cadastre]", "Cadastre du Québec")
    page.click("#request-yes")
    expect(page.locator("#details-outcome")).to_have_text("The row is added.")


def test_an_answer_that_is_lost_makes_no_second_row(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    show(page, client)
    page.click("#add")
    page.fill("[name=document_number]", "1")
    page.fill("#request [name=cadastre]", "Cadastre du Québec")

    def lose(route: Route) -> None:
        route.fetch()  # the API made the row
        route.abort()

    page.route("**/api/extractions", lose, times=1)
    page.click("#request-yes")
    expect(page.locator("#request-problem")).to_have_text("The API does not answer.")
    page.click("#request-yes")
    expect(page.locator("#details-outcome")).to_have_text("The row is added.")
    assert statuses(sql) == {"En attente": 1}


def test_a_row_is_corrected_and_sent_again(page: Page, client: httpx.Client, sql: psycopg.Connection) -> None:
    job_id = insert_job(sql, status="Erreur", error_code="name_not_matched", cadastre="Québec", reference="D 1")
    show(page, client, f"#{job_id}")
    page.click("#correct")
    expect(page.locator("#request-title")).to_have_text("Correct the row")
    expect(page.locator("#request [name=cadastre]")).to_have_value("Québec")
    expect(page.locator("#request [name=reference]")).to_be_hidden()
    expect(page.locator("#request-price")).to_contain_text("1,50")
    page.fill("#request [name=cadastre]", "Cadastre du Québec")
    page.click("#request-yes")

    expect(page.locator("#details-outcome")).to_have_text("The row is corrected.")
    expect(page.locator("#columns")).to_contain_text("Cadastre du Québec")
    told = [column(sql, job_id, name) for name in ("status", "cadastre", "reference", "document_number")]
    assert told == ["En attente", "Cadastre du Québec", "D 1", "2 784 195"]


def test_a_correction_of_a_row_in_work_is_refused_in_the_form(
    page: Page, client: httpx.Client, sql: psycopg.Connection
) -> None:
    job_id = insert_job(sql)
    show(page, client, f"#{job_id}")
    page.click("#correct")
    sql.execute(
        "UPDATE extraction_queue SET status = 'En traitement', worker_id = 'bureau-1-1',"
        " lease_expires_at = now() + interval '1 h'"
    )
    page.fill("#request [name=cadastre]", "Paroisse de Saint-Hippolyte")
    page.click("#request-yes")

    expect(page.locator("#request-problem")).to_contain_text("is being processed by bureau-1-1")
    assert column(sql, job_id, "cadastre") == "Cadastre du Québec"
