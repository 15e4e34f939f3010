from __future__ import annotations

import pytest

from extractor.matching import normalise
from extractor.matching.readings import MAX_READINGS, readings
from extractor.matching.request import Request
from extractor.models import Source


def lot(
    *,
    number: str = "227",
    circonscription: str | None = "Terrebonne",
    cadastre: str | None = "Cadastre du Québec",
    designation: str | None = None,
) -> tuple[Request, ...]:
    return readings(Request(Source.INDEX, number, circonscription, cadastre, designation))


def acte(acte_type: str | None, *, designation: str | None = None) -> list[str | None]:
    asked = Request(Source.ACTE, "T 14 454 660", "Laval", designation=designation, acte_type=acte_type)
    found = readings(asked)
    return [reading.acte_type for reading in found]


def places(found: tuple[Request, ...]) -> list[tuple[str | None, str | None, str | None]]:
    return [(reading.circonscription, reading.cadastre, reading.designation) for reading in found]


def test_the_row_as_asked_comes_first_with_its_blanks_tidied() -> None:
    found = lot(cadastre="\u00a0Paroisse  de Saint-Hippolyte ", designation=" ", number=" 227 ")

    assert found == (Request(Source.INDEX, "227", "Terrebonne", "Paroisse de Saint-Hippolyte", why="as asked"),)


@pytest.mark.parametrize(
    ("designation", "cadastre", "rest"),
    [
        ("Paroisse de Saint-Hippolyte", "Paroisse de Saint-Hippolyte", None),
        ("Par. St-Hippolyte", "Par. St-Hippolyte", None),
        ("Saint-Hippolyte, Paroisse de", "Saint-Hippolyte, Paroisse de", None),
        ("Rang 5 Canton Abercrombie", "Canton Abercrombie", "Rang 5"),
        ("Canton Abercrombie, Rang 5", "Canton Abercrombie", "Rang 5"),
        ("Rang 5 (canton Abercrombie)", "canton Abercrombie", "Rang 5"),
        ("5e rang du canton d'Abercrombie", "canton d'Abercrombie", "5e rang"),
        ("Municipalité de la paroisse de Montréal", "Municipalité de la paroisse de Montréal", None),
        ("Cité de Montréal (quartier Sainte-Marie)", "Cité de Montréal (quartier Sainte-Marie)", None),
    ],
)
def test_the_cadastre_is_found_in_the_designation(designation: str, cadastre: str, rest: str | None) -> None:
    assert places(lot(designation=designation))[1:] == [("Terrebonne", cadastre, rest)]


@pytest.mark.parametrize("designation", [None, "", "Rang 5", "Lot 24A", "Village", "Saint-Hippolyte"])
def test_a_designation_that_names_no_cadastre_gives_no_other_reading(designation: str | None) -> None:
    assert len(lot(designation=designation)) == 1


def test_a_renovated_lot_is_looked_for_in_the_cadastre_du_quebec_and_without_circonscription() -> None:
    found = lot(number="2 784\u00a0195", cadastre="Paroisse de Saint-Hippolyte", designation="Rang 5")

    assert places(found)[1:] == [
        ("Terrebonne", "Cadastre du Québec", None),
        (None, "Cadastre du Québec", None),
    ]


def test_an_older_lot_is_never_looked_for_in_the_cadastre_du_quebec() -> None:
    for number in ("227", "399-184", "10A-77", "24A", "278419", "27841950"):
        assert (
            lot(number=number, cadastre="Paroisse de Saint-Hippolyte")
            == lot(number=number, cadastre="Paroisse de Saint-Hippolyte")[:1]
        )


@pytest.mark.parametrize(
    ("number", "other", "why"),
    [
        ("0227", "227", "the number without the zeros before it"),
        ("0399-184", "399-184", "the number without the zeros before it"),
        ("P-227", "227", "P-227 is a part of lot 227"),
        ("p227", "227", "P227 is a part of lot 227"),
        ("Ptie du lot 227", "227", "PTIE227 is a part of lot 227"),
        ("227 ptie", "227", "227PTIE is a part of lot 227"),
        ("227-P", "227", "227-P is a part of lot 227"),
        ("227 (ptie)", "227", "227PTIE is a part of lot 227"),
        ("24A pte", "24A", "24APTE is a part of lot 24A"),
    ],
)
def test_a_part_or_zeros_before_a_number_are_a_reading_of_its_own(number: str, other: str, why: str) -> None:
    found = lot(number=number)

    assert [(one.number, one.why) for one in found] == [(number, "as asked"), (other, why)]


@pytest.mark.parametrize("number", ["227", "24A", "10A-77", "399-184", "000", "P", "T14454660", "27P4"])
def test_a_number_without_them_has_no_other(number: str) -> None:
    assert [one.number for one in lot(number=number)] == [number]


def test_an_inscription_has_no_part() -> None:
    found = readings(Request(Source.ACTE, "0053850P", "Laval", acte_type="Acte"))

    assert [one.number for one in found] == ["0053850P", "53850P"]


@pytest.mark.parametrize("nothing", ["nan", "N/A", "-", "NULL", "aucune", "S/O", " \u2014 "])
def test_a_word_for_an_empty_cell_is_one(nothing: str) -> None:
    (found,) = lot(circonscription=nothing, designation=nothing)

    assert (found.circonscription, found.designation) == (None, None)


def test_equal_readings_are_given_once() -> None:
    assert places(lot(number="2784195", cadastre="CADASTRE DU QUEBEC")) == [
        ("Terrebonne", "CADASTRE DU QUEBEC", None),
        (None, "Cadastre du Québec", None),
    ]
    assert len(lot(number="2784195", circonscription=None)) == 1


def test_there_are_never_more_than_three() -> None:
    found = lot(
        number="2784195",
        cadastre="Paroisse de Sainte-Sophie",
        designation="Canton de Wolfe Paroisse de Saint-Janvier",
    )

    assert len(found) == MAX_READINGS


def test_every_cadastre_of_a_reading_is_in_the_words_of_the_row() -> None:
    designation = "Rang 5 Canton Abercrombie Paroisse de Saint-Hippolyte"
    for reading in lot(designation=designation)[1:]:
        assert normalise(reading.cadastre or "") in normalise(designation)


@pytest.mark.parametrize(
    ("acte_type", "expected"),
    [
        ("Radiation d'hypothèque", ["Radiation"]),
        ("Acte de radiation", ["Radiation"]),
        ("Acte de vente", ["Acte"]),
        ("Acte divers (quittance)", ["Acte divers"]),
        ("AVIS D\u2019ADRESSE no 6", ["Avis d'adresse"]),
    ],
)
def test_an_acte_type_is_taken_from_the_words_of_the_row(acte_type: str, expected: list[str]) -> None:
    assert acte(acte_type)[1:] == expected


@pytest.mark.parametrize("acte_type", [None, "Hypothèque", "Vente", "Actes", "Acte", "radiation"])
def test_a_type_the_row_does_not_mention_is_never_tried(acte_type: str | None) -> None:
    assert acte(acte_type) == [acte_type]


def test_the_reason_quotes_the_row() -> None:
    found = readings(Request(Source.ACTE, "1", "Laval", designation="radiation", acte_type="Acte"))

    assert found[1].acte_type == "Radiation"
    assert found[1].why == 'the row says "radiation"'


def test_an_acte_keeps_its_circonscription_and_has_no_cadastre_readings() -> None:
    found = readings(Request(Source.ACTE, "2784195", "Laval", acte_type="Acte"))

    assert [reading.circonscription for reading in found] == ["Laval"]
