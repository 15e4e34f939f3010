"""A paid document is refused only when it says that it is another one; one that proves itself is `checked`."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.documents.identity import check_identity
from extractor.errors import WrongDocument
from extractor.matching.request import Request
from extractor.models import Identity, Source

CHECKED, UNCHECKED, OTHER = Identity.CHECKED, Identity.UNCHECKED, "another document"
HIPPOLYTE = {"circonscription": "Terrebonne", "cadastre": "Paroisse de Saint-Hippolyte"}
QUEBEC = {"circonscription": "Montréal", "cadastre": "Cadastre du Québec"}
HEAD = "Index des immeubles\nCirconscription foncière : {}\nCadastre : {}\nLot : {}\n"
CERTIFIED = "Je certifie que la réquisition présentée le 2018-05-03 à 9 h a été publiée\nsous le numéro 25 616 321."
RENOVATED = HEAD.format("Montréal", "Cadastre du Québec", "2 784 195")


def index(number: str, **place: str) -> Request:
    return Request(Source.INDEX, number, place.get("circonscription"), cadastre=place.get("cadastre"))


def plan(number: str, **place: str) -> Request:
    return Request(Source.PLAN_CADASTRAUX, number, place.get("circonscription"), cadastre=place.get("cadastre"))


def acte(number: str, acte_type: str = "Acte", circonscription: str | None = "Montréal") -> Request:
    return Request(Source.ACTE, number, circonscription, acte_type=acte_type)


INDEXES: dict[str, tuple[Request, str, Any]] = {
    "its label": (index("2784195", **QUEBEC), RENOVATED, CHECKED),
    "its code": (index("2784195", circonscription="65", cadastre="000001"), RENOVATED, CHECKED),
    "its code beside it": (
        index("2784195", circonscription="Montréal (65)", cadastre="Cadastre du Québec (000001)"),
        RENOVATED,
        CHECKED,
    ),
    "code of another cadastre": (index("2784195", circonscription="Montréal", cadastre="050460"), RENOVATED, OTHER),
    "no text": (index("2784195"), "", UNCHECKED),
    "text without a number": (index("2784195"), "Index des immeubles\n2005-05-03 Vente", UNCHECKED),
    "among inscriptions": (index("2784195"), "Lot: 2 784 195\n3 770 292 Vente\n25 616 321 Hypothèque", CHECKED),
    "label in capitals, without accents": (
        index("2784195", **QUEBEC),
        "CIRCONSCRIPTION FONCIERE : MONTREAL\nCADASTRE : CADASTRE DU QUEBEC\nNUMERO DE LOT : 2784195",
        CHECKED,
    ),
    "no-break blanks": (index("2784195"), "Lot\u00a0:\u00a02\u202f784\u00a0195", CHECKED),
    "value on the next line": (index("2784195"), "Lot :\n2 784 195\nDate", CHECKED),
    "label without a colon, value below": (index("227"), "Lot\n227\nDate", CHECKED),
    "odd blanks": (index("2784195"), "Lot: 2 784 1 95\n3 770 292 Vente", CHECKED),
    "all on one line": (
        index("2784195", **QUEBEC),
        "Circonscription foncière : Montréal Cadastre : Cadastre du Québec Lot : 2 784 195 Date : 2026-01-01",
        CHECKED,
    ),
    "date behind the lot": (index("227"), "Lot : 227 1994-03-21", CHECKED),
    "old lot": (index("399-184"), "Lot: 399-184\n53850 Vente", CHECKED),
    "old lot with blanks": (index("399-184"), "Lot : 399 - 184", CHECKED),
    "lot with a letter": (index("24A"), "Lot : 24 A", CHECKED),
    "lot with a letter inside": (index("10A-77"), "No de lot : 10A-77", CHECKED),
    "the sign N°": (index("227"), "N° de lot : 227", CHECKED),
    "en dash": (index("399-184"), "Lot : 399\u2013184", CHECKED),
    "hyphen that PDFium found at a line's end": (index("399-184"), "Lot : 399\ufffe184", CHECKED),
    "label of the concordance below": (index("2784195"), "Lot : 2 784 195\nConcordance - Lot : 227", CHECKED),
    "former lot above": (index("2784195"), "Ancien lot : 227\nLot : 2 784 195", CHECKED),
    "short lot on a line of its own": (index("227"), "Index\n227\n25 616 321 Vente", CHECKED),
    "short lot in a price": (index("227"), "Index\n2005-05-03 Vente 227 000 $", UNCHECKED),
    "short lot in a civic number": (index("227"), "227 rue Principale\nVente", UNCHECKED),
    "renovated lot in a title": (index("2784195"), "Index du lot 2 784 195", CHECKED),
    "part of a lot": (index("227"), "Lot : Ptie 227", UNCHECKED),
    "bare number": (index("2784195"), "Numéro: 2784195\nCadastre: Cadastre du Québec", CHECKED),
    "place spelt otherwise": (
        index("227", **HIPPOLYTE),
        HEAD.format("TERREBONNE", "SAINT-HIPPOLYTE, PAROISSE DE", "227"),
        CHECKED,
    ),
    "place with its preamble": (
        index("227", **HIPPOLYTE),
        HEAD.format("Terrebonne", "Cadastre de la paroisse de St-Hippolyte", "227"),
        CHECKED,
    ),
    "row is dirty, label is not": (
        index("227", circonscription="terrebone", cadastre="P. St Hippolyte"),
        HEAD.format("Terrebonne", "Paroisse de Saint-Hippolyte", "227"),
        CHECKED,
    ),
    "row without a kind": (
        index("227", circonscription="Terrebonne", cadastre="St-Hippolyte"),
        HEAD.format("Terrebonne", "Paroisse de Saint-Hippolyte", "227"),
        CHECKED,
    ),
    "place on the next line": (index("2784195", **QUEBEC), "Cadastre :\nCadastre du Québec\nLot :\n2 784 195", CHECKED),
    "place wrapped over two lines": (
        index("227", cadastre="Paroisse de Saint-Louis-de-Gonzague"),
        "Cadastre : Paroisse de Saint-Louis-\nde-Gonzague\nLot : 227",
        CHECKED,
    ),
    "place that nobody knows": (index("227", **HIPPOLYTE), HEAD.format("?", "Territoire de X", "227"), CHECKED),
    "reading without a circonscription": (index("2784195", cadastre="Cadastre du Québec"), RENOVATED, CHECKED),
    # Another document:
    "another lot": (index("2784195"), "Lot: 2 784 196\n3 770 292 Vente", OTHER),
    "another lot, no label": (index("2784195"), "Cadastre du Québec 2 784 196\n25 616 321 Vente", OTHER),
    "another part": (index("399-184"), "Lot: 399-185", OTHER),
    "before its division": (index("399"), "Lot: 399-184", OTHER),
    "after its division": (index("399-184"), "Lot: 399", OTHER),
    "digits elsewhere": (index("227"), "Lot: 399-184\nVente 25 616 227", OTHER),
    "digits on a line of their own elsewhere": (index("227"), "Lot: 399-184\n227\nVente", OTHER),
    "24 and 24A": (index("24"), "Lot : 24A", OTHER),
    "24 and 24 A": (index("24"), "Lot : 24 A\nVente", OTHER),
    "24A and 24": (index("24A"), "Lot : 24", OTHER),
    "a price has the lot": (index("227"), "Lot : 228\nVente 227 000 $", OTHER),
    "lot that begins with it": (index("2784"), "Lot : 2 784 195", OTHER),
    "lot that ends with it": (index("195"), "Lot : 2 784 195", OTHER),
    "concordance names the asked lot": (index("227"), "Lot : 2 784 195\nConcordance - Lot : 227", OTHER),
    "asked lot as the former one": (index("227"), "Ancien lot : 227\nLot : 2 784 195", OTHER),
    "label in capitals, no-break blanks": (index("2784195"), "NUMÉRO DE LOT\u00a0:\u00a02\u00a0784\u00a0196", OTHER),
    "other lot on the next line": (index("227"), "LOT :\n228\n227", OTHER),
    "another bare number": (index("2784195"), "Numéro: 2784196\nType: index", OTHER),
    "another cadastre": (
        index("227", **HIPPOLYTE),
        HEAD.format("Terrebonne", "Paroisse de Saint-Jérôme", "227"),
        OTHER,
    ),
    "another cadastre, folded": (
        index("227", **HIPPOLYTE),
        "CADASTRE\u00a0:\u00a0PAROISSE DE SAINT-JEROME\nLOT : 227",
        OTHER,
    ),
    "another cadastre on the next line": (
        index("227", **HIPPOLYTE),
        "Cadastre :\nParoisse de Saint-Jérôme\nLot :\n227",
        OTHER,
    ),
    "village for parish": (
        index("227", cadastre="Paroisse de Saint-Jérôme"),
        "Cadastre : Village de Saint-Jérôme\nLot : 227",
        OTHER,
    ),
    "another circonscription": (
        index("227", **HIPPOLYTE),
        HEAD.format("Laval", "Paroisse de Saint-Hippolyte", "227"),
        OTHER,
    ),
}
PLANS: dict[str, tuple[Request, str, Any]] = {
    "its neighbours too": (plan("2784195"), "2 784 194   2 784 196   2 784 195", UNCHECKED),
    "only neighbours": (plan("2784195"), "2 784 194   2 784 196", UNCHECKED),
    "labelled": (plan("227"), "PLAN CADASTRAL\nLot : 227\n228 229", CHECKED),
    "one of several": (plan("2784195"), "Lot(s) : 2 784 194, 2 784 195 et 2 784 196", CHECKED),
    "one of several labels": (plan("228"), "Lot : 227\nLot : 228", CHECKED),
    "another, bare": (plan("2784195"), "Numéro: 2784418", OTHER),
    "another that shows it": (plan("227"), "Lot : 228\n227\n229", OTHER),
    "several others": (plan("2784199"), "Lots : 2 784 194, 2 784 195 et 2 784 196", OTHER),
    "another cadastre": (plan("227", **HIPPOLYTE), "Lot : 227\nCadastre : Paroisse de Saint-Jérôme", OTHER),
}
ACTES: dict[str, tuple[Request, str, Any]] = {
    "scan": (acte("25616321"), "", UNCHECKED),
    "its label": (acte("25616321"), "Numéro d'inscription : 25 616 321", CHECKED),
    "its label with a curly apostrophe": (acte("25616321"), "Numéro d’inscription : 25 616 321", CHECKED),
    "label in capitals": (acte("25616321"), "NUMERO D'INSCRIPTION :\n25616321", CHECKED),
    "number of registration": (acte("53850"), "No d'enregistrement : 53850", CHECKED),
    "a date behind it": (acte("25616321"), "Numéro inscription : 25 616 321 2005-05-03 09:00", CHECKED),
    "on its second page": (acte("25616321"), "Acte de vente\nNo 25 616 321", CHECKED),
    "certificate at its end": (
        acte("25616321"),
        "Vente publiée sous le numéro 5 123 456.\nNUMERO : 4512 DE MES MINUTES\n" + CERTIFIED,
        CHECKED,
    ),
    "quotes lots and an earlier deed": (
        acte("25616321"),
        "Le lot 2 784 195 du cadastre du Québec, acte publié sous le numéro 5 123 456; prix: 250 000 $",
        UNCHECKED,
    ),
    "minutes": (acte("25616321"), "NUMERO : 4512 DE MES MINUTES\nVENTE", UNCHECKED),
    "minutes on two lines": (acte("25616321"), "NUMERO : 45123\nDE MES MINUTES", UNCHECKED),
    "minutes of many numbers": (acte("25616321"), "DEVANT Me X, notaire\nNUMÉRO : 451234", UNCHECKED),
    "minute before": (acte("25616321"), "MINUTE\nNUMÉRO : 45123", UNCHECKED),
    "file": (acte("25616321"), "Dossier\nNuméro : 1234567", UNCHECKED),
    "file on one line": (acte("25616321"), "Numéro de dossier : 12345678", UNCHECKED),
    "client": (acte("25616321"), "Client Numéro : 12345678", UNCHECKED),
    "civic number": (acte("25616321"), "Numéro civique : 45123", UNCHECKED),
    "number and street": (acte("25616321"), "Numéro : 4512 rue Saint-Denis", UNCHECKED),
    "minutes that equal the asked number": (acte("45123"), "NUMERO : 45123 DE MES MINUTES", UNCHECKED),
    "file that equals the asked number": (acte("25616321"), "Dossier 25 616 321", UNCHECKED),
    "amount that equals the asked number": (acte("25616321"), "Prix : 25 616 321 $", UNCHECKED),
    "short number on its own line": (acte("53850"), "VENTE\n53850\nDevant", CHECKED),
    "short number in a sentence": (acte("53850"), "VENTE de 53850 pieds", UNCHECKED),
    "T with a blank": (acte("T14454660", "Radiation"), "Numéro: T 14 454 660", CHECKED),
    "T left out by the label": (acte("T14454660", "Radiation"), "Numéro inscription : 14 454 660", CHECKED),
    "T left out by the row": (acte("14454660", "Radiation"), "Numéro d'inscription : T 14 454 660", CHECKED),
    "radiation with its quote": (
        acte("T14454660", "Radiation"),
        "RADIATION\nNuméro d'inscription : T 14 454 660\nde l'hypothèque inscrite sous le numéro 25 616 321",
        CHECKED,
    ),
    "type of its own": (acte("25616321"), "Numéro: 25616321\nType: Acte", CHECKED),
    "acte divers": (acte("25616321", "Acte divers"), "Numéro: 25616321\nType: Acte divers", CHECKED),
    # Another document:
    "next number": (acte("25616321"), "Numéro d'inscription : 25 616 322", OTHER),
    "next number, certified": (acte("25616321"), "Numéro inscription : 12 345 678 2005-05-03 09:00", OTHER),
    "number that contains it": (acte("53850"), "Numéro: 538501", OTHER),
    "label against digits": (acte("25616321"), "Numéro d'inscription : 25 616 322\nVoir\n25 616 321", OTHER),
    "certificate against its label": (
        acte("5123456"),
        "Numéro d'inscription : 5 123 456\nJe certifie que la réquisition a été publiée sous le numéro 25 616 321.",
        OTHER,
    ),
    "T too much": (acte("14454660"), "Numéro d'inscription : T 14 454 660", OTHER),
    "T too much, glued": (acte("14454660"), "Numéro d'inscription : T14454660", OTHER),
    "an acte for the T": (acte("T14454660", "Radiation"), "Numéro d'inscription : 14 454 660\nType : Acte", OTHER),
    "radiation that quotes it": (
        acte("25616321"),
        "RADIATION\nNuméro d'inscription : T 14 454 660\nde l'hypothèque inscrite sous le numéro 25 616 321",
        OTHER,
    ),
    "radiation that quotes it by a label": (
        acte("25616321"),
        "Numéro d'inscription : T 14 454 660\nDroit radié\nNuméro d'inscription : 25 616 321",
        OTHER,
    ),
    "radiation without a number of its own": (
        acte("25616321"),
        "RÉQUISITION D'INSCRIPTION D'UNE RADIATION\nde l'hypothèque inscrite sous le numéro 25 616 321",
        OTHER,
    ),
    "radiation by its label": (acte("25616321"), "Nature : Radiation\nVise : 25 616 321", OTHER),
    "another type": (acte("25616321"), "Numéro: 25616321\nType: Avis d'adresse", OTHER),
}


@pytest.mark.parametrize(
    ("request_", "text", "expected"),
    [case for table in (INDEXES, PLANS, ACTES) for case in table.values()],
    ids=[f"{kind}: {name}" for kind, table in (("index", INDEXES), ("plan", PLANS), ("acte", ACTES)) for name in table],
)
def test_identity(request_: Request, text: str, expected: Any) -> None:
    if expected == OTHER:
        with pytest.raises(WrongDocument, match="another document"):
            check_identity([text], request_)
    else:
        assert check_identity([text], request_) is expected


LONG_TEXTS = [
    "Lot : " + "1 " * 50_000,
    "A" * 200_000,
    "CERTIFIE " * 20_000,
    "NUMERO : " * 20_000,
    "CADASTRE : " * 20_000,
    "PAGE 1 LOT : 227 " * 10_000,
    "Lots : " + "1 234 567, " * 20_000,
    "25 616 321\n" * 20_000,
    "SOUS\n" * 50_000,
]


@pytest.mark.parametrize("text", LONG_TEXTS)
@pytest.mark.timeout(10)
def test_no_text_takes_long(text: str) -> None:
    for request_ in (index("2784195", **QUEBEC), plan("2784195", **QUEBEC), acte("25616321")):
        try:
            check_identity([text], request_)
        except WrongDocument:
            continue
