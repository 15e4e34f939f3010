"""The line to the site is cut, pages and files are not as they should be: one click, one charge, and its document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from extractor.models import Source
from extractor.operations.sources import resume
from extractor.postgres.database import Database
from tests.chaos.machine import FLEET, SESSIONS
from tests.chaos.scenario import COMPLETED, FAILED, Scenario, fresh_number
from tests.support.line_cut import LineCut, Lines, Moment
from tests.support.system import eventually

SUBMIT = b"btnSoumt=Soumettre"
# Requests that cost nothing, by how they begin: a cut costs another look, and no money.
FREE = {
    "login": b"POST /Sirf/Script/14_06_01-02/",
    "form": b"GET /Sirf/Script/13_01_11/",
    "document": b"GET /Sirf/Script/13_01_13/pf_13_01_13_afich.asp",
    "menu": b"GET /Sirf/Script/13_01_13/pf_13_01_13_menu.asp",
    "file": b"GET /Sirf/Script/13_01_13/pf_13_01_13_impri_sauvg.asp",
}


@pytest.fixture
def site(scenario: Scenario) -> Iterator[Scenario]:
    yield scenario
    scenario.machine.servers.site.heal()


@pytest.mark.parametrize("moment", ["forwarded", "halfway"])
@pytest.mark.parametrize("step", FREE)
def test_line_is_cut_at_a_step_that_costs_nothing(site: Scenario, step: str, moment: Moment) -> None:
    site.logins = 6
    if step == "login":
        site.standin.expire_sessions()
    cut = site.machine.servers.site.cut_line(LineCut(beginning=FREE[step], moment=moment))
    job_id = site.row()
    eventually(lambda: cut.struck == 1, "the line is cut", 40)

    site.finish()

    assert site.bought(job_id) == 1


@pytest.mark.parametrize(("moment", "seconds", "lines"), [
    ("answered", 0, "warm"), ("answered", 3, "warm"), ("answered", 0, "cold"), ("halfway", 0, "any"),
])  # fmt: skip
def test_line_is_cut_after_the_charge(site: Scenario, moment: Moment, seconds: float, lines: Lines) -> None:
    # Given a click that the site bills, and whose answer is lost
    site.logins = 4
    proxy = site.machine.servers.site
    if lines == "cold":
        proxy.cool(0.1)
    cut = proxy.cut_line(
        LineCut(containing=SUBMIT, moment=moment, after_seconds=seconds, lines="any" if lines == "warm" else lines)
    )
    job_id = site.row(max_consultations=1, ends=(COMPLETED, FAILED))

    site.finish()

    assert cut.struck == 1
    assert site.bought(job_id) == 1


def test_waiting_pages_of_unknown_shape_are_waited_out(site: Scenario) -> None:
    shapes = ("blank_script", "foreign_frame", "foreign_frame_mute", "interstitial", "error_503", "empty", "mute")
    numbers = {shape: fresh_number("413") for shape in shapes}
    site.standin.set_variants(
        rules=[{"number": number, "waiting": shape} for shape, number in numbers.items()], waiting_seconds=3
    )
    jobs = [site.row(document_number=number) for number in numbers.values()]

    site.finish()

    assert [site.bought(job_id) for job_id in jobs] == [1] * len(jobs)


def test_file_that_fails_for_a_while_is_fetched_until_it_is_whole(site: Scenario) -> None:
    faults = ("status_503", "cut", "length_too_long", "type_html", "whole_500", "half", "empty")
    numbers = {fault: fresh_number() for fault in faults}
    site.standin.set_variants(
        rules=[{"number": number, "file_fault": fault, "file_fault_times": 3} for fault, number in numbers.items()]
    )
    jobs = [site.row(document_number=number) for number in numbers.values()]

    site.finish()

    assert [site.bought(job_id) for job_id in jobs] == [1] * len(jobs)


def test_document_of_a_dead_session_is_found_where_its_click_led_to(site: Scenario) -> None:
    numbers = {step: fresh_number() for step in ("document", "download")}
    site.standin.set_variants(
        rules=[{"number": number, "expire_at": step} for step, number in numbers.items()],
        document_belongs_to="account",
    )
    site.logins = 6
    jobs = [site.row(document_number=number, max_consultations=1) for number in numbers.values()]

    site.finish()

    assert [site.bought(job_id) for job_id in jobs] == [1, 1]


def test_odd_files_are_stored_as_they_came_and_flagged(site: Scenario) -> None:
    flagged = ("junk_before", "html_behind", "no_eof", "broken_xref", "unknown_encryption", "password")
    faults = (*flagged, "zeros_behind", "open_encryption")  # no reader finds anything odd about the last two
    numbers = {fault: fresh_number() for fault in faults}
    site.standin.set_variants(rules=[{"number": number, "file_fault": fault} for fault, number in numbers.items()])
    jobs = [site.row(document_number=number) for number in numbers.values()]

    site.finish()

    assert [site.bought(job_id) for job_id in jobs] == [1] * len(jobs)
    warnings = {fault: site.column(job_id, "document_warning") for fault, job_id in zip(faults, jobs, strict=True)}
    assert {fault for fault, warning in warnings.items() if warning} == set(flagged)


def test_site_that_charges_and_delivers_nothing_is_stopped(site: Scenario) -> None:
    # Given a fleet that stops after three consultations without a document, and a site that sends none
    limit, rows, machine = 3, 9, site.machine
    machine.stop(FLEET)
    machine.worker(FLEET, sessions=SESSIONS, PAID_WITHOUT_DOCUMENT_LIMIT=str(limit))
    numbers = [fresh_number() for _ in range(rows)]
    site.standin.set_variants(rules=[{"number": number, "charge_then": "502"} for number in numbers])
    jobs = [site.row(document_number=number, max_consultations=1, ends=(COMPLETED, FAILED)) for number in numbers]
    stopped = "SELECT reason FROM source_control WHERE document_source = 'index' AND paused AND money_stopped"
    eventually(lambda: bool(site.sql.execute(stopped).fetchone()), "the source is paused for a person", 60)
    eventually(lambda: not running(site), "no row of it runs", 40)

    # Then each session may have had one row in its paid wait, and the other rows wait for a person
    paid = [job_id for job_id in jobs if site.bought(job_id)]
    assert limit <= len(paid) < limit + SESSIONS
    assert {site.column(job_id, "status") for job_id in set(jobs) - set(paid)} == {"En attente"}

    # When a person has read why and lets it go on
    site.standin.set_variants()
    with closing(Database(machine.servers.database_url)) as database:
        resume(database, [Source.INDEX])
    site.finish()
    assert {site.column(job_id, "status") for job_id in set(jobs) - set(paid)} == {COMPLETED}
    machine.stop(FLEET)
    machine.worker(FLEET, sessions=SESSIONS)


def running(site: Scenario) -> bool:
    return bool(site.sql.execute("SELECT 1 FROM extraction_queue WHERE status = 'En traitement'").fetchone())
