"""A bare Playwright script: the clicks of one document, and nothing that this program does around them.

`python -m bench.plain_script` logs in, and then buys what each line of its input asks for. It keeps no record, checks
nothing, and would pay twice after a crash. Where a line says so, it posts what it posted for that source before, with
another number: the form and its reloads are left out, and every page after them is there.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Browser, Page, Request, sync_playwright

from bench.line import answer, requests

CIRCONSCRIPTION, CADASTRE, ACTE_TYPE = "Montréal", "Cadastre du Québec", "Acte"
FORMS = {
    "index": "/Sirf/Script/13_01_11/pf_13_01_11_02_indx_immbl.asp",
    "acte": "/Sirf/Script/13_01_11/pf_13_01_11_08_reqst.asp",
    "plan_cadastraux": "/Sirf/Script/13_01_11/pf_13_01_11_10_plan_cadst.asp",
}
NUMBERS = {"index": "txtNumrtLot", "acte": "txtNoReqst", "plan_cadastraux": "txtNumrtLot"}
POST = """([address, fields]) => {
    const form = document.createElement("form")
    Object.assign(form, {method: "post", action: address})
    for (const [name, value] of fields)
        form.append(Object.assign(document.createElement("input"), {type: "hidden", name, value}))
    document.documentElement.append(form)
    form.submit()
}"""
LOGIN = "/Sirf/Script/14_06_01-02/pf_14_06_01_reglr.asp"


def main() -> None:
    """The browser is the one that the product uses, unless CHANNEL names an installed Chromium."""
    site, target = os.environ["SITE"], Path(os.environ["TARGET"])
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["BROWSER_EXECUTABLE"])
        page = log_in(browser, site)
        posted: list[Request] = []
        page.on("request", lambda request: posted.append(request) if request.method == "POST" else None)
        submits: dict[str, Request] = {}
        answer(ready_at=time.time())
        for request in requests():
            source, number = request["source"], request["number"]
            started = time.perf_counter()
            if request.get("by_form", True):
                fill_form(page, site, source, number)
                submits[source] = posted[-1]  # those before it chose from a select
            else:
                post(page, submits[source], NUMBERS[source], number)
            finish(page, target)
            answer(seconds=time.perf_counter() - started, size=target.stat().st_size)
        browser.close()


def log_in(browser: Browser, site: str) -> Page:
    """A page with a session."""
    page = browser.new_page(locale="fr-CA")
    page.goto(site + LOGIN)
    page.fill("input[name=txtVaCodeUtils]", os.environ["ACCOUNT"])
    page.fill("input[name=txtMotPasse]", "standin")
    with page.expect_navigation():
        page.click("input[type=submit]")
    page.goto(site + FORMS["index"])
    page.wait_for_selector("#selCircnFoncr")
    return page


def fill_form(page: Page, site: str, source: str, number: str) -> None:
    """The clicks of one form, up to its submit."""
    page.goto(site + FORMS[source], wait_until="domcontentloaded")
    if source == "acte":
        page.select_option("#selCircnFoncr", label=CIRCONSCRIPTION)
        page.select_option("#selTypeDocmn", label=ACTE_TYPE)
        page.fill("#txtNoReqst", number)
        _press(page, "input[type=submit][value=Rechercher]")
    else:
        _choose(page, "#selCircnFoncr", CIRCONSCRIPTION)
        _choose(page, "#selCadst", CADASTRE)
        page.fill("#txtNumrtLot", number)
        _press(page, "input[type=submit][value=Soumettre]")


def post(page: Page, earlier: Request, field: str, number: str) -> None:
    """What a form posted before, with another number."""
    fields = parse_qsl(earlier.post_data or "", keep_blank_values=True, encoding="latin-1")
    with page.expect_navigation():
        page.evaluate(POST, [earlier.url, [(name, number if name == field else value) for name, value in fields]])


def finish(page: Page, target: Path) -> None:
    """The clicks behind the form, and the file."""
    if "selct_plan" in urlsplit(page.url).path:
        page.locator("input[type=radio]").first.check()
        _press(page, "input[type=submit][value=Soumettre]")
    if "confr_demnd" in urlsplit(page.url).path:
        _press(page, "#btnConfr")
    with page.expect_download() as download:
        page.frame_locator("frame[name=menu]").locator("a[href*=impri_sauvg]").click()
    download.value.save_as(target)


def _choose(page: Page, selector: str, label: str) -> None:
    """Choose an option whose script reloads the page."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.select_option(selector, label=label)


def _press(page: Page, selector: str) -> None:
    with page.expect_navigation():
        page.click(selector)


if __name__ == "__main__":
    main()
