"""Texts as scans and columns give them. The right document is not refused, and a wrong one is never `checked`."""

from __future__ import annotations

from typing import Any

import pytest

from extractor.documents.identity import check_identity
from extractor.errors import WrongDocument
from extractor.matching.request import Request
from extractor.models import Identity
from tests.unit.documents.test_identity import CHECKED, HIPPOLYTE, OTHER, QUEBEC, UNCHECKED, acte, index, plan

DEED, RADIATION = acte("25616321"), acte("T14454660", "Radiation")
RENOVATED, RENOVATED_PLAN = index("2784195", **QUEBEC), plan("2784195", **QUEBEC)
OLD = index("227", **HIPPOLYTE)
LAVAL = index("2784195", circonscription="Laval", cadastre="Cadastre du Québec")
OWN = "Numéro d'inscription : 25 616 321"

RIGHT_ACTES = {
    "a quoted label in a sentence": (
        DEED,
        "25 616 321\nVENTE\nun acte ayant pour numéro d'inscription 12 345 678",
        CHECKED,
    ),
    "a quoted label in brackets": (
        DEED,
        "Hypothèque (numéro d'inscription 12 345 678)\nNuméro d'inscription : 25 616 321",
        CHECKED,
    ),
    "the seller's title": (
        DEED,
        "Titre du vendeur - No d'inscription : 12 345 678\nNo d'inscription : 25 616 321",
        CHECKED,
    ),
    "the title under its heading": (
        DEED,
        "Titre du vendeur\nNo d'inscription : 12 345 678\nVente\nNo d'inscription : 25 616 321",
        CHECKED,
    ),
    "a sentence that a line's end cuts before the label": (
        DEED,
        "25 616 321\nVENTE\nl'hypothèque portant\nnuméro d'inscription 12 345 678",
        CHECKED,
    ),
    "a notary certifies a copy of another deed": (
        DEED,
        f"{OWN}\nJe, notaire, certifie que la copie est conforme à l'acte publié sous le numéro 12 345 678",
        CHECKED,
    ),
    "another label that looks like its own": (
        DEED,
        "Numéro d'inscription : 12 345 678\nVente\nNuméro d'inscription : 25 616 321",
        UNCHECKED,
    ),
    "date and time between label and number": (DEED, "Numéro d'inscription :\n2019-05-03 10:32\n25 616 321", CHECKED),
    "date in words": (DEED, "Numéro d'inscription :\n3 mai 2019 à\n25 616 321", CHECKED),
    "time as people write it": (DEED, "Numéro d'inscription :\n3 mai 2019 10 h 32\n25 616 321", CHECKED),
    "telephone between them": (DEED, "Numéro d'inscription :\n514 873-1234\n25 616 321", CHECKED),
    "telephone with brackets": (DEED, "Numéro d'inscription :\n(514) 873-1234\n25 616 321", CHECKED),
    "year between them": (DEED, "Numéro d'inscription :\n2019\n25 616 321", CHECKED),
    "letter for a digit": (DEED, "Numéro d'inscription : 25 616 32I", UNCHECKED),
    "letter for a digit in the middle": (DEED, "Numéro d'inscription : 25 6l6 321", UNCHECKED),
    "amount behind it": (DEED, "Numéro d'inscription : 25 616 321 100 $", CHECKED),
    "page behind it": (DEED, "Numéro d'inscription : 25 616 321 1 de 7", CHECKED),
    "a lease's bare number": (DEED, "25 616 321\nBail\nNuméro : 123456", UNCHECKED),
    "a company's bare number": (DEED, "Compagnie ABC\nNuméro : 1145236\nVENTE\n25 616 321", UNCHECKED),
    "mainlevée without its T": (RADIATION, "Nature : Mainlevée\nNuméro d'inscription : 14 454 660", CHECKED),
    "quittance without its T": (RADIATION, "Nature : Quittance\nNuméro d'inscription : 14 454 660", CHECKED),
    "another nature without its T": (RADIATION, "Nature : Vente\nNuméro d'inscription : 14 454 660", UNCHECKED),
    "nature on the same line": (RADIATION, "Nature : Radiation Numéro d'inscription : T 14 454 660", CHECKED),
    "words in the other order": (DEED, "Inscription no : 25 616 321", CHECKED),
    "words in the other order, no colon": (DEED, "INSCRIPTION N° 25 616 321", CHECKED),
    "letters apart": (DEED, "N u m é r o  d ' i n s c r i p t i o n : 2 5 6 1 6 3 2 1", CHECKED),
    "letters apart, one blank between words": (DEED, "N U M E R O D ' I N S C R I P T I O N : 25 616 321", CHECKED),
    "apostrophe lost": (DEED, "NUMERO D INSCRIPTION ; 25 616 321", CHECKED),
    "no-break blanks": (DEED, "No\u00a0d’inscription\u00a0:\u00a025\u202f616\u202f321\u00a0", CHECKED),
    "label in a column, values below": (
        DEED,
        "Circonscription foncière :\nNuméro d'inscription :\nMontréal\n25 616 321",
        CHECKED,
    ),
    "its label behind another field": (
        DEED,
        "DHM de présentation : 2019-05-03 10:32 Numéro inscription : 25 616 321",
        CHECKED,
    ),
    "its type on the same line": (DEED, "Type : Acte Numéro d'inscription : 25 616 321", CHECKED),
}
WRONG_ACTES = {
    "words in the other order": (DEED, "Inscription no : 25 616 399\nVente, titre 25 616 321", OTHER),
    "words in the other order, no sign": (DEED, "Inscription : 25 616 399\n25 616 321", OTHER),
    "letters apart": (DEED, "N u m é r o  d ' i n s c r i p t i o n : 25 616 399\nVoir 25 616 321", OTHER),
    "letters and digits apart": (
        DEED,
        "N u m é r o  d ' i n s c r i p t i o n : 2 5 6 1 6 3 9 9\n25 616 321",
        OTHER,
    ),
    "quote over two lines": (
        DEED,
        "MAINLEVEE TOTALE\nl'acte d'hypothèque publié à Montréal sous\nle numéro 25 616 321 est radié",
        UNCHECKED,
    ),
    "quote over two lines, number alone": (
        DEED,
        "QUITTANCE\nde l'hypothèque publiée à Montréal sous le numéro\n25 616 321\nest radiée",
        UNCHECKED,
    ),
    "quote over three lines": (DEED, "MAINLEVEE\nacte publié sous\nle numéro\n25 616 321", UNCHECKED),
    "label in a quote": (DEED, "QUITTANCE\nde l'acte portant le\nnuméro d'inscription 25 616 321", UNCHECKED),
    "title": (DEED, "VENTE\nTitre : acte reçu devant Me Roy, 25 616 321 à Montréal", UNCHECKED),
    "title on the line above": (DEED, "VENTE\nTitre :\n25 616 321", UNCHECKED),
    "see": (DEED, "VENTE\nVoir\n25 616 321", UNCHECKED),
    "file on the line above": (DEED, "VENTE\nDossier\n25 616 321", UNCHECKED),
    "two numbers alone": (DEED, "VENTE\n25 616 399\n25 616 321", UNCHECKED),
    "far below the top": (DEED, "VENTE\n" + "Il est convenu\n" * 9 + "Hypothèque\n25 616 321", UNCHECKED),
    "its label behind a title": (DEED, "VENTE Numéro d'inscription : 25 616 399\n25 616 321", UNCHECKED),
    "bare number": (DEED, "Numéro : 25 616 399\nTitre 25 616 321", OTHER),
    "label with an amount behind it": (DEED, "Numéro d'inscription : 25 616 399 100 $\n25 616 321", OTHER),
    "later label of what it ends": (
        DEED,
        "RADIATION\nNuméro d'inscription : 14 454 660\nDroit\nNuméro d'inscription : 25 616 321",
        OTHER,
    ),
    "certificate of another": (
        DEED,
        "Nous certifions que la présente réquisition a été inscrite\nsous le no 25 616 399\nVoir 25 616 321",
        OTHER,
    ),
    "an index": (DEED, "INDEX DES IMMEUBLES\nLot : 2 784 195\n2019-05-03 25 616 321 Vente", UNCHECKED),
    "radiation's own T": (
        DEED,
        "Numéro d'inscription : T 14 454 660\nInscription no : 25 616 321",
        OTHER,
    ),
    "vente for a radiation": (RADIATION, "Type : Acte divers\nInscription no 14 454 660", OTHER),
}
RIGHT_LOTS = {
    "date between label and lot": (RENOVATED, "Lot :\n2026-11-24\n2 784 195", CHECKED),
    "time between them": (RENOVATED, "Lot :\n10:32\n2 784 195", CHECKED),
    "replaced lot above": (RENOVATED, "Remplace lot : 227\nLot : 2 784 195", CHECKED),
    "replaced lot's heading above": (RENOVATED, "Remplace\nLot : 227\nDate : 1994\nLot : 2 784 195", CHECKED),
    "provenance above": (RENOVATED, "Provenance - Lots : 227, 228\nLot : 2 784 195", CHECKED),
    "former circonscription above": (
        LAVAL,
        "Ancienne circonscription foncière : Montréal\nCirconscription foncière : Laval\nLot : 2 784 195",
        CHECKED,
    ),
    "short forms on one line": (
        RENOVATED,
        "Circ. foncière: Montréal Cadastre: Québec Lot: 2784195",
        CHECKED,
    ),
    "lot in a wrapped sentence": (
        RENOVATED,
        "Immeuble connu comme étant une partie du\nlot 2 784 196 du cadastre\nLot : 2 784 195",
        CHECKED,
    ),
    "bullet": (RENOVATED, "• Lot : 2 784 195", CHECKED),
    "colon read as another sign": (RENOVATED, "LOT; 2 784 195", CHECKED),
    "immeuble": (RENOVATED, "Immeuble : 2 784 195\n2019 vente", CHECKED),
    "address behind immeuble": (RENOVATED, "Immeuble : 123 rue Principale\nLot : 2 784 195", CHECKED),
    "cadastre of the concordance below": (
        RENOVATED,
        "Cadastre du Québec\nLot : 2 784 195\nConcordance\nCadastre : Paroisse de Saint-Jérôme\nLot : 12-345",
        CHECKED,
    ),
    "its places in a column": (
        RENOVATED,
        "Circonscription foncière :\nCadastre :\nLot :\nMontréal\nCadastre du Québec\n2 784 195",
        UNCHECKED,
    ),
    "cadastre in a title": (OLD, "Cadastre de la paroisse de St-Hippolyte\nLot : 227", CHECKED),
    "labels without colons": (OLD, "Cadastre\nParoisse de Saint-Hippolyte\nLot\n227", CHECKED),
    "letter for a digit": (RENOVATED, "Lot : 2 784 l95", UNCHECKED),
    "page": (OLD, "Lot : 227 - 1 page", CHECKED),
    "page of pages": (OLD, "Lot : 227 Page 1 de 3", CHECKED),
    "date": (OLD, "Lot : 227 - 2026-11-24", CHECKED),
    "date with slashes": (OLD, "Lot : 227 24/11/2026", CHECKED),
    "initials": (OLD, "Lot : 227 C.F. Terrebonne", CHECKED),
    "area": (OLD, "Lot : 227 557,4 m²", UNCHECKED),
    "area behind a dash": (OLD, "Lot : 227 - 557,4 m²", CHECKED),
    "amount": (OLD, "Lot : 227 450 000 $", UNCHECKED),
    "a word of one letter": (OLD, "Lot : 227 À jour au 2026-11-24", UNCHECKED),
    "a letter before a word": (OLD, "Lot : 227 B Rang III", UNCHECKED),
}
WRONG_LOTS = {
    "no colon": (RENOVATED, "Lot 2 784 196\nVoir 2 784 195", OTHER),
    "no": (RENOVATED, "Lot no 2 784 196\nVoir 2 784 195", OTHER),
    "number sign": (RENOVATED, "Lot # 2 784 196\n2 784 195", OTHER),
    "dash": (RENOVATED, "Lot – 2 784 196\nVoir 2 784 195", OTHER),
    "wide colon, capitals": (RENOVATED, "LOT： 2784196\n2784195", OTHER),
    "immeuble": (RENOVATED, "Immeuble : 2 784 196\n2019 vente voir 2 784 195", OTHER),
    "letters apart": (RENOVATED, "L o t : 2 784 196\n2 784 195", OTHER),
    "title": (RENOVATED, "INDEX DES IMMEUBLES DU LOT 2 784 196\n2 784 195", OTHER),
    "table's rule": (RENOVATED, "| Lot : 2 784 196\n2 784 195", OTHER),
    "city for the Cadastre du Québec": (RENOVATED, "Cadastre : Cité de Québec\nLot : 2 784 195", OTHER),
    "former lot under its heading": (index("227"), "Ancien lot\nLot : 227\nLot : 2 784 195", OTHER),
    "replaced lot": (index("227"), "Remplace lot : 227\nLot : 2 784 195", OTHER),
    "lot of the concordance's block": (index("12-345"), "Lot : 2 784 195\nConcordance\nDate :\nLot : 12-345", OTHER),
    "former circonscription": (
        index("2784195", circonscription="Montréal", cadastre="Cadastre du Québec"),
        "Ancienne circonscription foncière : Montréal\nCirconscription foncière : Laval\nLot : 2 784 195",
        OTHER,
    ),
    "cadastre in a column": (
        OLD,
        "Circonscription foncière :\nCadastre :\nLot :\nTerrebonne\nParoisse de Saint-Jérôme\n227",
        UNCHECKED,
    ),
    "a mention in a remark": (RENOVATED, "Index des immeubles\nVente, voir lot 2 784 195", UNCHECKED),
    "a letter behind it": (OLD, "Lot : 227 B\nRang III", OTHER),
    "a letter and a full stop behind it": (OLD, "Lot : 227 B.", OTHER),
    "cadastre in a title": (OLD, "Cadastre de la paroisse de Saint-Jérôme\nLot : 227", OTHER),
    "cadastre in a title without `de`": (OLD, "Cadastre Paroisse de Saint-Jérôme\nLot 227", OTHER),
    "cadastre below its label without a colon": (OLD, "Cadastre\nParoisse de Saint-Jérôme\nLot\n227", OTHER),
    "cadastre in short": (OLD, "Cad. : Paroisse de Saint-Jérôme\nLot : 227", OTHER),
    "label without a readable value": (OLD, "Lot : P-228\n227", UNCHECKED),
    "page above its label": (OLD, "Page\nLot : 228\n227", OTHER),
    "part in brackets": (OLD, "Lot : 227 (ptie)", UNCHECKED),
    "bis": (OLD, "Lot : 227 bis", UNCHECKED),
    "part": (OLD, "Lot : 227 ptie", UNCHECKED),
    "preposition for a letter": (index("227A", **HIPPOLYTE), "Lot : 227 À jour au 2026-11-24", UNCHECKED),
    "area that begins with it": (index("228"), "Lot : 228 557,4 m²\n228", UNCHECKED),
    "row of a table below an empty label": (index("227"), "Lot :\n227 rue Principale", UNCHECKED),
    "lots alone": (index("227"), "Index\n228\n227", UNCHECKED),
    "civic number": (index("227"), "Numéro civique\n227", UNCHECKED),
}
RIGHT_PLANS = {
    "list on lines": (RENOVATED_PLAN, "Lots : 2 784 190\n2 784 195\n2 784 199", UNCHECKED),
    "list with blanks": (RENOVATED_PLAN, "Lots : 2 784 190 2 784 195 2 784 199", CHECKED),
    "list with semicolons over lines": (RENOVATED_PLAN, "Lots : 2 784 190; 2 784 191;\n2 784 195", CHECKED),
    "range": (RENOVATED_PLAN, "Lots : 2 784 190 à 2 784 199", UNCHECKED),
    "the lot that it replaces": (RENOVATED_PLAN, "Lots : 1 234 567\nremplacé par 2 784 195", UNCHECKED),
    "the lot of the older cadastre": (
        RENOVATED_PLAN,
        "Cadastre : Paroisse de Montréal\nLot : 227\n2 784 195\nCadastre du Québec",
        UNCHECKED,
    ),
    "older cadastre that is known": (
        RENOVATED_PLAN,
        "Cadastre : Paroisse de Saint-Jérôme\nLot : 227\nCadastre : Cadastre du Québec\nLot : 2 784 195",
        CHECKED,
    ),
    "title": (RENOVATED_PLAN, "Lots originaires : 227, 228\nPlan du lot 2 784 195", CHECKED),
}
WRONG_PLANS = {
    "title": (RENOVATED_PLAN, "Plan du lot 2 784 196\n2 784 196", OTHER),
    "neighbours": (RENOVATED_PLAN, "PLAN CADASTRAL\nLot : 2 784 196\nLots voisins : 2 784 195", OTHER),
    "replaced": (RENOVATED_PLAN, "PLAN CADASTRAL\nLot : 2 784 196\nLot remplacé : 2 784 195", OTHER),
    "drawing below its label": (RENOVATED_PLAN, "Lot : 2 784 196\n2 784 195\n2 784 197", OTHER),
    "drawing below its labels": (RENOVATED_PLAN, "Lots : 2 784 196\n2 784 197\n2 784 195", UNCHECKED),
    "older lots without the wanted one": (RENOVATED_PLAN, "Lots : 227, 228", OTHER),
}
Cases = dict[str, tuple[Request, str, Any]]
TABLES: tuple[Cases, ...] = (RIGHT_ACTES, WRONG_ACTES, RIGHT_LOTS, WRONG_LOTS, RIGHT_PLANS, WRONG_PLANS)
KINDS = ("right acte", "wrong acte", "right index", "wrong index", "right plan", "wrong plan")
CASES = [(f"{kind}: {name}", *case) for kind, table in zip(KINDS, TABLES, strict=True) for name, case in table.items()]


@pytest.mark.parametrize(
    ("request_", "text", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_odd_text(request_: Any, text: str, expected: Identity | str) -> None:
    try:
        said: Identity | str = check_identity([text], request_)
    except WrongDocument:
        said = OTHER
    assert said == expected


def test_a_right_document_is_never_refused_and_a_wrong_one_never_checked() -> None:
    for kind, table in zip(KINDS, TABLES, strict=True):
        forbidden = OTHER if kind.startswith("right") else CHECKED
        assert forbidden not in [expected for _, _, expected in table.values()]
