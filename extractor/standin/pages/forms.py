"""The three request forms; a page knows nothing but the fields that were posted to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from extractor.standin import addresses, places
from extractor.standin.controls import Rename, renaming
from extractor.standin.demand import Source
from extractor.standin.pages import layout
from extractor.standin.places import NULL, Option
from extractor.standin.variants import Variants

RELOAD: Final = "rafch"
"""`txtEtat` of a form that a select sends back; a submit says `valdr`."""

ACTE_TYPES: Final = tuple(
    Option(f"{position:02}", name)
    for position, name in enumerate(("Acte", "Avis d'adresse", "Radiation", "Acte divers"), start=1)
)
TITLES: Final[dict[Source, str]] = {
    "index": "Index des immeubles",
    "acte": "Acte, radiation ou avis d'adresse",
    "plan_cadastraux": "Plan cadastral",
}
_NOTHING_CHOSEN: Final = Option(NULL, "")
_RENOVATED: Final = Option(places.RENOVATED_CODE, places.RENOVATED_NAME)
_SCRIPT: Final = f"""<script type="text/javascript">
function fRafch(source) {{
  var form = source.form;
  form.txtEtat.value = "{RELOAD}";
  form.txtBoutn.value = source.name;
  form.submit();
}}
function fFormtLot(field) {{
  var lot = field.value.replace(/\\s/g, "");
  if (/^\\d{{7}}$/.test(lot)) field.value = " " + lot.replace(/^(\\d)(\\d{{3}})(\\d{{3}})$/, "$1 $2 $3");
}}
</script>
"""
_RELOADS: Final = 'onchange="fRafch(this)"'


@dataclass(frozen=True)
class FormPage:
    """One form with what the visitor has filled in so far (canonical names)."""

    source: Source
    fields: Mapping[str, str]
    variants: Variants

    def html(self, *, text: str = "", warned: bool = False, below: str = "") -> str:
        """Return the page; `warned` marks that its message may be submitted over."""
        rows = self._acte_rows() if self.source == "acte" else self._lot_rows()
        marks = {"txtEtat": "valdr", "txtBoutn": "btnSoumt"} | ({"txtInAvert": "O"} if warned else {})
        form = layout.form(addresses.FORMS[self.source], *rows, layout.hidden(**marks), self._button())
        parts = (layout.message(text), form, below)
        return layout.page(TITLES[self.source], *parts, head=_SCRIPT, logged_in=True)

    @property
    def _rename(self) -> Rename:
        return renaming(self.variants.renamed_ids)

    def _value(self, name: str) -> str:
        return self.fields.get(name, "")

    def _select(self, name: str, options: tuple[Option, ...], *, reloads: bool = False) -> str:
        attributes = _RELOADS if reloads else ""
        return layout.select(self._rename(name), options, chosen=self._value(name), attributes=attributes)

    def _button(self) -> str:
        name, text = ("btnRechr", "Rechercher") if self.source == "acte" else ("btnSoumt", "Soumettre")
        return layout.row("", layout.button(self._rename(name), text))

    def _circonscription(self, *, reloads: bool) -> str:
        options = (_NOTHING_CHOSEN, *places.circonscriptions())
        select = self._select("selCircnFoncr", options, reloads=reloads)
        return layout.row("Circonscription foncière", select)

    def _acte_rows(self) -> tuple[str, ...]:
        types = self._select("selTypeDocmn", (_NOTHING_CHOSEN, *ACTE_TYPES))
        number = self._number("txtNoReqst")
        return (
            layout.heading("Critères de recherche"),
            self._circonscription(reloads=self.variants.acte_postback),
            layout.row("Type de document", types),
            layout.row("Numéro d'inscription", number),
        )

    def _lot_rows(self) -> tuple[str, ...]:
        number = self._number("txtNumrtLot", 'onchange="fFormtLot(this)"')
        circonscription = self._circonscription(reloads=True)
        rows = (circonscription, self._cadastre(), self._designation(), layout.row("Numéro de lot", number))
        return (*rows, _ORDER) if self.source == "index" else rows

    def _number(self, name: str, attributes: str = "") -> str:
        if self.variants.number_length is not None:
            attributes += f' maxlength="{self.variants.number_length}"'
        return layout.text_field(self._rename(name), self._value(name), attributes=attributes)

    def _cadastre(self) -> str:
        options = cadastres_offered(self._value("selCircnFoncr"), self.variants)
        if options is None:
            return ""
        return layout.row("Cadastre", self._select("selCadst", options, reloads=True))

    def _designation(self) -> str:
        offered = cadastres_offered(self._value("selCircnFoncr"), self.variants) or ()
        options = places.designations(places.name_of(self._value("selCadst"), offered))
        if not options:
            return ""
        none = Option(self.variants.none_value, "Aucune")
        return layout.row("Désignation secondaire", self._select("selDesgnSecnd", (none, *options)))


_ORDER: Final = (
    layout.row("Modalité", layout.radio("rdModltConsl", NULL, checked=True) + " Toutes les inscriptions")
    + layout.row(
        "Ordre d'affichage",
        layout.radio("rdOrdreAffch", "C", checked=True)
        + " Chronologique "
        + layout.radio("rdOrdreAffch", "I")
        + " Inverse",
    )
    + layout.row("Période", layout.text_field("txtPerd"))
)


def cadastres_offered(circonscription: str, variants: Variants) -> tuple[Option, ...] | None:
    """Return the options of `#selCadst` for a circonscription's code; None when the page has no such list."""
    if name := places.name_of(circonscription, places.circonscriptions()):
        return (_NOTHING_CHOSEN, *places.cadastres(name))
    match variants.cadastre_select:
        case "filled_after":
            return (_NOTHING_CHOSEN, _RENOVATED)
        case "absent_until":
            return None
        case "empty_until":
            return ()
        case "filled_before":
            return (_NOTHING_CHOSEN, *places.every_cadastre())
