"""The three request forms: choose, type, submit. What follows the submit is `answers.py`."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from extractor.errors import NameNotMatched, SiteChanged
from extractor.matching import MatchRefused, Option, match
from extractor.models import Job, Source
from extractor.registry.visit import Visit


@dataclass(frozen=True)
class Request:
    """What a form is asked; a circonscription of None leaves the form's "none" in place."""

    source: Source
    number: str
    circonscription: str | None
    cadastre: str | None = None
    designation: str | None = None
    acte_type: str | None = None

    @classmethod
    def of(cls, job: Job) -> Request:
        """The request as the row states it."""
        return cls(
            source=job.source,
            number=job.document_number_normalized,
            circonscription=job.circonscription or None,
            cadastre=job.cadastre or None,
            designation=job.designation or None,
            acte_type=job.acte_type or None,
        )


@dataclass(frozen=True)
class Select:
    """A select as its page shows it."""

    options: tuple[Option, ...]
    chosen: str
    reloads: bool


def read_select(html: str, selector: str) -> Select | None:
    """Read a select from a page's HTML; None when the page has no such select."""
    node = LexborHTMLParser(html).css_first(selector)
    if node is None:
        return None
    nodes = node.css("option")
    options = tuple(Option(value=option.attributes.get("value") or "", text=option.text().strip()) for option in nodes)
    marked = [value.value for value, option in zip(options, nodes, strict=True) if "selected" in option.attributes]
    chosen = marked[-1] if marked else (options[0].value if options else "")
    return Select(options, chosen, reloads="onchange" in node.attributes)


class RequestForm:
    """One of the three forms, open and logged in."""

    def __init__(self, visit: Visit, source: Source) -> None:
        self._visit = visit
        self._source = source
        self._controls = visit.site.form

    def fill(self, request: Request) -> None:
        """Choose and type everything; raises NameNotMatched, SiteChanged. Nothing here can be charged."""
        controls = self._controls
        if request.circonscription:
            self._choose(controls.circonscription, request.circonscription, "circonscription_fonciere")
        if self._source is Source.ACTE:
            self._choose(controls.acte_type, request.acte_type or "", "acte_type")
            self._type(controls.inscription, request.number)
            return
        self._choose(controls.cadastre, request.cadastre or "", "cadastre")
        if request.designation:
            self._choose(controls.designation, request.designation, "designation_secondaire")
        self._type(controls.lot, request.number)

    def submit(self) -> None:
        """Press the form's button; the registry may charge from here on."""
        is_acte = self._source is Source.ACTE
        button = self._controls.submit_acte if is_acte else self._controls.submit
        self._visit.act(
            lambda: self._visit.page.click(button, no_wait_after=True),
            timeout=self._visit.pace.document_timeout,
        )

    def _choose(self, selector: str, wanted: str, column: str) -> None:
        select = read_select(self._visit.html(), selector)
        if select is None:
            raise NameNotMatched(f"{column}: the registry offers no choice here, and the row says “{wanted}”.")
        try:
            option = match(wanted, select.options)
        except MatchRefused as refusal:
            raise NameNotMatched(f"{column}: {refusal}") from refusal
        if option.value == select.chosen:
            return
        if select.reloads:
            self._visit.act(lambda: self._select(selector, option))
        else:
            self._select(selector, option)

    def _select(self, selector: str, option: Option) -> None:
        self._visit.page.select_option(selector, value=option.value, no_wait_after=True)

    def _type(self, selector: str, text: str) -> None:
        if LexborHTMLParser(self._visit.html()).css_first(selector) is None:
            raise SiteChanged(f"The form has no {selector}; see the [form] section of the site map.")
        self._visit.page.fill(selector, text)
