"""The three request forms: choose, type, and prove what the form says. What follows the submit is `answers.py`."""

from __future__ import annotations

from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser

from extractor.errors import InvalidRequest, NameNotMatched, SiteChanged
from extractor.language.sentences import Sentence
from extractor.matching import MatchRefused, Option, match
from extractor.matching.numbers import compact
from extractor.matching.request import Request
from extractor.models import Source
from extractor.registry.dead_ends import error_of
from extractor.registry.page import PageKind, PageState
from extractor.registry.site_map import SiteMap
from extractor.registry.visit import Visit


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


def is_form(state: PageState, source: Source) -> bool:
    """Whether the page is that source's form, without a message."""
    return state.kind is PageKind.FORM and state.source is source


def submit_button(site: SiteMap, source: Source) -> str:
    """The control that submits a source's form."""
    return site.form.submit_acte if source is Source.ACTE else site.form.submit


def option_for(wanted: str | None, select: Select, *, none_values: tuple[str, ...], column: str) -> Option:
    """What a row's column means in a select, or, for None, the option that says "none"; raises NameNotMatched."""
    return _none_of(select, none_values, column) if wanted is None else _match(wanted, select, column)


class RequestForm:
    """One of the three forms, open and logged in. Nothing here can be charged."""

    opened_ahead = False
    """Whether it was opened before its row was known: its login may have ended since."""

    def __init__(self, visit: Visit, source: Source) -> None:
        self._visit = visit
        self._source = source
        self._controls = visit.site.form
        self._entered: dict[str, str] = {}

    @property
    def _texts(self) -> tuple[str, str]:
        """The fields that are typed into: a browser cuts off what is longer than their `maxlength`."""
        return self._controls.inscription, self._controls.lot

    @property
    def button(self) -> str:
        """The control that submits the form; the registry may charge when it is pressed."""
        return submit_button(self._visit.site, self._source)

    def fill(self, request: Request) -> None:
        """Choose and type everything, then read it back.

        Raises NameNotMatched, InvalidRequest, SiteError, SessionExpired.
        """
        controls = self._controls
        self._entered.clear()
        self._choose("circonscription", request.circonscription, column="circonscription_fonciere")
        if self._source is Source.ACTE:
            self._choose("acte_type", request.acte_type or "", column="acte_type")
            self._type(controls.inscription, request.number)
        else:
            self._choose("cadastre", request.cadastre or "", column="cadastre")
            self._choose("designation", request.designation, column="designation_secondaire")
            self._type(controls.lot, request.number)
        self._read_back()

    def _choose(self, control: str, wanted: str | None, *, column: str) -> None:
        """Choose what a row's column says, or, for None, the option that says "none"."""
        selector = getattr(self._controls, control)
        select = read_select(self._visit.html(), selector)
        if select is None:
            self._miss(control, wanted, column)
            return
        option = option_for(wanted, select, none_values=self._controls.none_values, column=column)
        self._entered[selector] = option.value
        if option.value != select.chosen:
            self._expect_form(self._visit.select(selector, option.value, reloads=select.reloads))

    def _miss(self, control: str, wanted: str | None, column: str) -> None:
        """A select that may be absent: the désignation always, the cadastre before a circonscription is chosen."""
        if wanted is None:
            return
        is_optional = control == "designation"
        is_early = (
            control == "cadastre" and self._entered.get(self._controls.circonscription) in self._controls.none_values
        )
        strangers = self._unknown_selects()
        if is_optional and strangers:
            raise SiteChanged(
                Sentence(
                    "The {source} form has no {designation} (form.designation in the site map), but"
                    " {strangers}, which the site map does not know.",
                    source=self._source,
                    designation=self._controls.designation,
                    strangers=", ".join(strangers),
                )
            )
        if is_optional or is_early:
            raise NameNotMatched(
                Sentence(
                    "{column}: the registry offers no choice here, and the row says “{wanted}”.",
                    column=column,
                    wanted=wanted,
                )
            )
        selector = getattr(self._controls, control)
        raise SiteChanged(
            Sentence(
                "The {source} form has no {selector} (form.{control} in the site map).",
                source=self._source,
                selector=selector,
                control=control,
            )
        )

    def _unknown_selects(self) -> list[str]:
        """The ids of selects that the site map does not name: perhaps one that it names, under another id."""
        known = [value for _, value in self._controls]
        nodes = LexborHTMLParser(self._visit.html()).css("select[id]")
        return [f"#{node.id}" for node in nodes if f"#{node.id}" not in known]

    def _type(self, selector: str, text: str) -> None:
        self._entered[selector] = text
        self._visit.type(selector, text)

    def _expect_form(self, state: PageState) -> None:
        """A reload may lead to another page. A message beside the form is judged with the answer to the submit."""
        if state.source is not self._source or state.kind not in (PageKind.FORM, PageKind.MESSAGE):
            raise error_of(state)

    def _read_back(self) -> None:
        """The last check before the paid click: a late reload, or a script, may have changed what was entered."""
        for selector, entered in self._entered.items():
            shown = self._visit.value(selector)
            if compact(shown) != compact(entered):
                if shown and compact(entered).startswith(compact(shown)) and selector in self._texts:
                    raise InvalidRequest(
                        Sentence(
                            "document_number: the registry's form takes only “{shown}” of “{entered}”, so it has no"
                            " such number. Nothing was charged; correct the row.",
                            shown=shown,
                            entered=entered,
                        )
                    )
                raise SiteChanged(
                    Sentence(
                        "The {source} form holds “{shown}” in {selector}, where “{entered}” was entered.",
                        source=self._source,
                        shown=shown,
                        selector=selector,
                        entered=entered,
                    )
                )


def _match(wanted: str, select: Select, column: str) -> Option:
    try:
        return match(wanted, select.options)
    except MatchRefused as refusal:
        raise NameNotMatched(Sentence("{column}: {refusal}", column=column, refusal=refusal)) from refusal


def _none_of(select: Select, none_values: tuple[str, ...], column: str) -> Option:
    """The option for a column that the row leaves empty; when the form requires a choice, the client does not guess."""
    none = [option for option in select.options if option.value in none_values]
    chosen = [option for option in none if option.value == select.chosen]
    if none or not select.options:
        return (chosen or none or [Option("", "")])[0]
    offered = " · ".join(option.text for option in select.options)
    raise NameNotMatched(
        Sentence(
            "{column}: the row says nothing, and the registry wants one of: {offered}.", column=column, offered=offered
        )
    )
