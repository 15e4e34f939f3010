"""A visitor of the stand-in without a browser: fills forms in and follows what comes."""

from __future__ import annotations

import io
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import httpx
import pypdf

from extractor.standin import addresses
from extractor.standin.demand import Source

from .html_page import Form, Page

USER, PASSWORD = "99X3315", "standin"
NUMBER_FIELD: dict[Source, str] = {
    "acte": "txtNoReqst",
    "index": "txtNumrtLot",
    "plan_cadastraux": "txtNumrtLot",
}


class Visitor:
    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, trust_env=False, verify=False)  # noqa: S501

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def get(self, address: str) -> Page:
        return Page(self.http.get(address))

    def post(self, address: str, fields: dict[str, str], *, encoding: str = "utf-8") -> Page:
        body = urlencode(fields, encoding=encoding)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Page(self.http.post(address, content=body, headers=headers))

    def log_in(self, user: str = USER, password: str = PASSWORD) -> Page:
        form = self.get(addresses.LOGIN).forms[0]
        return self.click(form, "btnSoumt", txtVaCodeUtils=user, txtMotPasse=password)

    def click(self, form: Form, button: str, **fields: str) -> Page:
        return self.post(form.action, form.fields | fields | {button: form.buttons[button]})

    def reload(self, form: Form, select: str, option: str) -> Page:
        """Choose an option of a select that posts its form back."""
        chosen = {select: form.options[select][option], "txtEtat": "rafch", "txtBoutn": select}
        return self.post(form.action, form.fields | chosen)

    def search(
        self,
        source: Source,
        number: str,
        *,
        circonscription: str = "Montréal",
        cadastre: str = "Cadastre du Québec",
        designation: str = "",
        acte_type: str = "Acte",
    ) -> Page:
        """Fill a form in as a browser does, with its reloads, and submit it."""
        page = self.get(addresses.FORMS[source])
        page = self.reload(page.forms[0], "selCircnFoncr", circonscription)
        typed = {NUMBER_FIELD[source]: number}
        if source == "acte":
            form = page.forms[0]
            chosen = form.options["selTypeDocmn"][acte_type]
            return self.click(form, "btnRechr", selTypeDocmn=chosen, **typed)
        page = self.reload(page.forms[0], "selCadst", cadastre)
        if designation:
            typed["selDesgnSecnd"] = page.forms[0].options["selDesgnSecnd"][designation]
        return self.click(page.forms[0], "btnSoumt", **typed)

    def frame(self, page: Page, name: str) -> Page:
        return self.get(page.frames[name])

    def save(self, page: Page) -> httpx.Response:
        """Click the save link of a document page."""
        link = page.links.get("Sauvegarder") or self.frame(page, "menu").links["Sauvegarder"]
        return self.http.get(link["href"])

    def confirm(self, page: Page) -> Page:
        assert page.url.path == addresses.CONFIRMATION
        return self.click(page.forms[0], "btnConfr")

    def choose(self, page: Page, row: int) -> Page:
        """Take one row of a list, the last form of its page."""
        return self.click(page.forms[-1], "btnSoumt", rdSelct=str(row))


def text_of(response: httpx.Response) -> str:
    """Read a saved document, which must be a sound PDF."""
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    assert 1 <= len(reader.pages) <= 3
    return reader.pages[0].extract_text()
