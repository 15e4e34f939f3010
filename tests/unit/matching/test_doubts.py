"""Which rows will probably be refused: those that the workers' own matcher refuses in every reading, and no other."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import product

import pytest

from extractor.matching import MatchRefused, Option, match, places
from extractor.matching.doubts import doubt
from tests.matching.dirt import spellings


def of_lot(
    cadastre: str | None,
    circonscription: str | None = "Terrebonne",
    *,
    number: str = "227",
    designation: str | None = None,
    source: str = "index",
) -> str | None:
    return doubt(
        document_source=source,
        document_number=number,
        circonscription_fonciere=circonscription,
        cadastre=cadastre,
        designation_secondaire=designation,
    )


def of_acte(acte_type: str | None, circonscription: str | None = "Montréal", **others: str) -> str | None:
    return doubt(
        document_source="acte",
        document_number="25 616 321",
        circonscription_fonciere=circonscription,
        acte_type=acte_type,
        **others,
    )


def known_places() -> Iterator[tuple[str, str]]:
    for circonscription in places.circonscriptions():
        for cadastre in places.cadastres(circonscription):
            yield circonscription, cadastre.name


def is_matched(wanted: str, circonscription: str) -> bool:
    try:
        match(wanted, [Option(known.name, known.name) for known in places.cadastres(circonscription)])
    except MatchRefused:
        return False
    return True


def test_no_name_that_is_known_is_doubtful_where_it_is() -> None:
    assert len(list(known_places())) > 1000

    assert {place: said for place in known_places() if (said := of_lot(place[1], place[0]))} == {}


def test_cadastre_of_an_unknown_place_may_be_anywhere() -> None:
    pairs = product(places.cadastres_somewhere()[::5], ("Terrebonne", "Montréal"))

    assert {pair: said for pair in pairs if (said := of_lot(pair[0].name, pair[1]))} == {}


def test_what_the_matcher_takes_is_never_doubtful() -> None:
    dirty = [
        (wanted, circonscription)
        for circonscription, cadastre in list(known_places())[::7]
        for wanted in spellings(cadastre)
        if is_matched(wanted, circonscription)
    ]
    assert len(dirty) > 500

    assert [pair for pair in dirty if of_lot(*pair)] == []


@pytest.mark.parametrize("type_", ["Acte", "actes divers", "AVIS D’ADRESSE", " radiation "])
@pytest.mark.parametrize("circonscription", ["Montréal", "montreal", " St-Hyacinthe ", None, "  "])
def test_acte_as_people_write_it(type_: str, circonscription: str | None) -> None:
    """Without a circonscription too: the acte form has an empty choice."""
    assert of_acte(type_, circonscription) is None


def test_circonscription_that_does_not_exist() -> None:
    nearest = "nearest: Montréal · Montcalm · Montmorency"
    said = f'because circonscription_fonciere "Montreeaul" is no circonscription foncière known here; {nearest}'

    assert of_lot("Paroisse de Lachine", "Montreeaul") == f"will probably be refused, {said}"
    assert of_acte("Acte", "Montreeaul") == f"will probably be refused, {said}"


def test_cadastre_that_does_not_exist() -> None:
    said = of_lot("Paroisse de Saint-Hxppxlyte", source="plan_cadastraux")

    assert said is not None
    assert said.startswith(
        'will probably be refused, because cadastre "Paroisse de Saint-Hxppxlyte" is no cadastre known in Terrebonne;'
        " nearest: Paroisse de Saint-Hippolyte · "
    )


def test_cadastre_of_another_circonscription_says_where_it_is() -> None:
    said = of_lot(" paroisse de  Montréal")

    assert said is not None
    assert 'cadastre "paroisse de Montréal" is known in Montréal, and not in Terrebonne; nearest: ' in said


def test_cadastre_that_may_be_several_names_them() -> None:
    """A row may leave the kind out only when one cadastre has the name."""
    assert of_lot("Grenville", "Argenteuil") == (
        'will probably be refused, because cadastre "Grenville" may be any of:'
        " Canton de Grenville · Village de Grenville"
    )


def test_acte_type_that_the_form_does_not_have() -> None:
    assert of_acte("Vente") == (
        'will probably be refused, because acte_type "Vente" is no type of the registry\'s form;'
        " nearest: Acte · Acte divers · Avis d'adresse"
    )


class TestReadings:
    def test_renovated_lot_is_found_whatever_its_cadastre_says(self) -> None:
        assert of_lot("Paroisse de Nulle-Part", number="2 784 195") is None
        assert of_lot("Paroisse de Nulle-Part", number="227") is not None

    def test_renovated_lot_of_a_circonscription_that_does_not_exist(self) -> None:
        """A worker asks for it without a circonscription too, which the form probably does not take."""
        said = of_lot("Cadastre du Québec", "Atlantide", number="2784195")

        assert said is not None
        assert 'because circonscription_fonciere "Atlantide" is no circonscription foncière known here' in said

    def test_designation_names_the_cadastre(self) -> None:
        assert of_lot("Lot 5", designation="Rang 5, Paroisse de Saint-Hippolyte") is None
        assert of_lot("Lot 5", designation="Rang 5") is not None

    def test_other_field_names_the_type(self) -> None:
        assert of_acte("Quittance", cadastre="Radiation") is None
        assert of_acte("Quittance", designation_secondaire="Terrain") is not None

    def test_the_reason_is_that_of_the_row_as_it_stands(self) -> None:
        said = of_lot("Lot 5", designation="Paroisse de Nulle-Part")

        assert said is not None
        assert said.startswith('will probably be refused, because cadastre "Lot 5" is')


class TestWithoutCirconscription:
    said = (
        "will probably be refused, because circonscription_fonciere is missing, and without one the registry's form"
        " probably offers no cadastre"
    )

    @pytest.mark.parametrize("number", ["2 784 195", "12"])
    @pytest.mark.parametrize("circonscription", [None, " ", "aucune"])
    @pytest.mark.parametrize("cadastre", ["cadastre du quebec", "Nulle Part"])
    def test_no_lot_is_certain(self, number: str, circonscription: str | None, cadastre: str) -> None:
        assert of_lot(cadastre, circonscription, number=number) == self.said

    @pytest.mark.parametrize("number", ["2 784 195", "12"])
    def test_cadastre_says_where_it_is_known(self, number: str) -> None:
        assert of_lot("Paroisse de Montréal", None, number=number) == (
            f'{self.said}; "Paroisse de Montréal" is known in Montréal'
        )


@pytest.mark.parametrize(
    "row",
    [
        {"document_source": None, "document_number": None},
        {"document_source": "vente", "document_number": "1", "cadastre": "x"},
        {"document_source": "index", "document_number": "1"},
        {"document_source": "acte", "document_number": "1"},
        {"document_source": "index", "document_number": "1", "cadastre": "x" * 201},
    ],
    ids=["nothing", "source", "no cadastre", "no type", "long"],
)
def test_what_the_database_refuses_is_left_to_it(row: dict[str, str | None]) -> None:
    assert doubt(**row) is None


@pytest.mark.parametrize("odd", ["\x00", "a\nb", "…", "'; --", "١٢٣", "ﬁ", "🂡" * 200, "(" * 200, "Canton " * 28])
def test_odd_texts_are_judged_as_any_other(odd: str) -> None:
    said = [of_lot(odd), of_lot("Canton de Wolfe", odd), of_lot("Lot", designation=odd), of_acte(odd)]

    assert all(one is None or one.startswith("will probably be refused, because ") for one in said)


def test_file_of_rows_costs_what_its_distinct_places_cost() -> None:
    """5 000 rows of 40 places, half of them doubtful, in less than the three seconds that a person would wait."""
    some = [(name, place) for place, name in list(known_places())[::60]]
    asked = [*some, *((f"{name}x Nulle Part", place) for name, place in some)]
    began = time.process_time()

    doubtful = sum(of_lot(*asked[row % len(asked)], number=str(row)) is not None for row in range(5000))

    assert doubtful > 2000
    assert time.process_time() - began < 3
