from __future__ import annotations

import pickle
from collections.abc import Sequence

import pytest

from extractor.matching import AmbiguousMatch, Gazetteer, MatchRefused, NoMatch, Option, is_kind_word, match, normalise
from extractor.matching.gazetteer import shipped

TERREBONNE = (
    "Paroisse de Saint-Jérôme",
    "Village de Saint-Jérôme",
    "Paroisse de Saint-Hippolyte",
    "Paroisse de Saint-Sauveur",
    "Canton de De Salaberry",
    "Ville de Terrebonne",
    "Cadastre du Québec",
)
ACTES = ("Acte", "Avis d'adresse", "Radiation", "Acte divers")
NOTHING_KNOWN = Gazetteer.of(())


def offer(*texts: str) -> list[Option]:
    return [Option("NULL", ""), *(Option(str(number), text) for number, text in enumerate(texts, 1))]


def chosen(wanted: str, *texts: str) -> str:
    return match(wanted, offer(*texts)).text


def assert_refused(wanted: str, *texts: str) -> None:
    with pytest.raises(MatchRefused):
        match(wanted, offer(*texts))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Paroisse de Saint-Hippolyte", "paroisse saint hippolyte"),
        ("SAINT-HIPPOLYTE, Paroisse", "paroisse saint hippolyte"),
        ("St\u2011Hippolyte (par. de)", "paroisse saint hippolyte"),
        ("Ste. Anne\u00a0des  Monts", "sainte anne monts"),
        ("N.-D.-du-Portage", "notre dame portage"),
        ("Sacré-Cœur", "sacre coeur"),
        ("L\u2019Île\u00adBizard", "ilebizard"),
        ("Cadastre du Quebec", "cadastre quebec"),
        ("Cadastre officiel de la paroisse de Lachine", "paroisse lachine"),
        ("Rang V", "rang 5"),
        ("5e rang", "5 rang"),
        ("Rang N° 05", "rang 5"),
        ("Bloc 5E", "bloc 5e"),
        ("  ", ""),
    ],
)
def test_normalise(name: str, expected: str) -> None:
    assert normalise(name) == expected


@pytest.mark.parametrize(
    "wanted",
    [
        "Paroisse de Saint-Hippolyte",
        "paroisse saint hippolyte",
        "PAR. ST-HIPPOLYTE",
        "Saint-Hippolyte, Paroisse de",
        "Saint-Hippolyte (paroisse de)",
        "\u00a0Paroisse  de\tSaint\u2013Hippolyte. ",
        "St-Hippolyte",
        "Paroisse de Saint-Hipolyte",
        "Cadastre de la paroisse de Saint-Hippolyte",
    ],
)
def test_a_dirty_name_is_understood(wanted: str) -> None:
    assert chosen(wanted, *TERREBONNE) == "Paroisse de Saint-Hippolyte"


@pytest.mark.parametrize(
    "wanted",
    [
        "Village de Saint-Hippolyte",  # another kind is another cadastre
        "Saint-Hipolite",  # two of nine letters are different
        "Saint-Hippolyte-Nord",
        "Paroisse de Saint-Hippolyte 2",
        "Augmentation de la paroisse de Saint-Hippolyte",
        "Paroisse de Sant-Jérôme-Nord",
        "Canton d'Abercrombie",
        "Québec",
        "Paroisse",
        "",
        "\u00a0",
        "?!",
    ],
)
def test_what_is_not_offered_is_refused(wanted: str) -> None:
    assert_refused(wanted, *TERREBONNE)


def test_a_refusal_lists_the_three_nearest_and_survives_pickling() -> None:
    with pytest.raises(NoMatch) as refused:
        match("St-Hipolite", offer(*TERREBONNE))

    assert refused.value.wanted == "St-Hipolite"
    assert refused.value.nearest[0] == "Paroisse de Saint-Hippolyte"
    assert len(refused.value.nearest) == 3
    assert str(refused.value).startswith('"St-Hipolite" matches no option closely enough; nearest: Paroisse de')
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)  # noqa: S301 -- our own bytes


def test_nothing_offered_is_a_refusal_that_says_so() -> None:
    with pytest.raises(NoMatch, match="nothing is offered"):
        match("Laval", [Option("NULL", "Sélectionner…"), Option("", "Laval")])


def test_a_name_of_two_kinds_is_ambiguous_until_the_kind_is_said() -> None:
    with pytest.raises(AmbiguousMatch) as refused:
        match("St-Jerome", offer(*TERREBONNE))

    assert refused.value.nearest == ("Paroisse de Saint-Jérôme", "Village de Saint-Jérôme")
    assert chosen("Vill. St-Jerome", *TERREBONNE) == "Village de Saint-Jérôme"


def test_the_exact_text_wins_over_longer_names() -> None:
    assert chosen("Coaticook", "Village de Coaticook", "Coaticook") == "Coaticook"
    assert_refused("Coaticook", "Village de Coaticook")  # a cadastre of that very name exists elsewhere


def test_the_same_text_twice_is_ambiguous() -> None:
    options = [Option("050460", "Paroisse de Saint-Grégoire"), Option("050890", " Paroisse de Saint-Grégoire ")]
    with pytest.raises(AmbiguousMatch):
        match("Paroisse de Saint-Grégoire", options)
    assert match("Paroisse de Saint-Grégoire", [options[0], options[0]]) == options[0]


def test_saint_is_understood_as_sainte_unless_both_exist() -> None:
    assert chosen("Saint-Anne-des-Monts", "Sainte-Anne-des-Monts", "Matane") == "Sainte-Anne-des-Monts"
    both = ("Saint-Anne-des-Monts", "Sainte-Anne-des-Monts")
    assert chosen("Ste-Anne-des-Monts", *both) == both[1]
    assert chosen("St-Anne-des-Monts", *both) == both[0]
    assert_refused("Paroisse de Sainte-François", "Paroisse de Saint-François")  # Sainte-Françoise, misspelt?


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        ("Paroisse de Saint-Hilaire", "Paroisse de Saint-Hilarion"),
        ("Canton de Matapédia", "Canton de Patapédia"),
        ("Canton de Vassan", "Canton de Vassal"),
        ("Canton d'Auckland", "Canton de Buckland"),
        ("Canton de Laterrière", "Canton de Laperrière"),
        ("Canton de Le Caron", "Canton de Caron"),
        ("Paroisse de Saint-Armand-Est", "Paroisse de Saint-Armand-Ouest"),
        ("Village de Lauzon", "Village de Lauzon (partie est)"),
        ("Canton de Somerset", "Augmentation du canton de Somerset"),
        ("Bonaventure 1", "Bonaventure 2"),
        ("Bonaventure", "Bonaventure 1"),
    ],
)
def test_a_neighbour_is_not_taken_for_the_name_that_is_missing(wanted: str, offered: str) -> None:
    assert_refused(wanted, offered)


def test_a_misspelling_that_may_be_of_a_name_elsewhere_is_refused() -> None:
    between = "Canton de Lanterrière"  # it differs in one letter from Laterrière, in two from Laperrière
    assert_refused(between, "Canton de Laterrière")
    assert match(between, offer("Canton de Laterrière"), known=NOTHING_KNOWN).text == "Canton de Laterrière"


@pytest.mark.parametrize(
    ("wanted", "offered"),
    [
        ("Laprairie", "La Prairie"),
        ("Lislet", "L'Islet"),
        ("Nicolet", "Nicolet (Nicolet 2)"),
        ("nicolet 2", "Nicolet (Nicolet 2)"),
        ("quartier Ste-Marie", "Cité de Montréal (quartier Sainte-Marie)"),
        ("Montréal, cité de (quartier Sainte-Marie)", "Cité de Montréal (quartier Sainte-Marie)"),
        ("Paroisse de Montréal", "Municipalité de la paroisse de Montréal"),
    ],
)
def test_an_option_answers_to_its_other_names(wanted: str, offered: str) -> None:
    assert chosen(wanted, offered, "Paroisse de Lachine") == offered


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Rang V Canton d'Abercrombie", "Rang 5 Canton Abercrombie"),
        ("Canton Abercrombie, 5e rang", "Rang 5 Canton Abercrombie"),
        ("rang 11", "Rang 11"),
        ("Rang 2 Bloc 3", "Rang 2 Bloc 3"),
    ],
)
def test_numbers_are_understood(wanted: str, expected: str) -> None:
    assert chosen(wanted, "Rang 5 Canton Abercrombie", "Rang 11", "Rang 2 Bloc 3") == expected


@pytest.mark.parametrize(
    "wanted", ["Rang 4 Canton Abercrombie", "Rang 1 1", "Rang 3 Bloc 2", "Bloc 2 Rang 3", "Rang 5"]
)
def test_numbers_are_never_nearly_right(wanted: str) -> None:
    assert_refused(wanted, "Rang 5 Canton Abercrombie", "Rang 11", "Rang 2 Bloc 3")


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("acte", "Acte"),
        ("Actes", "Acte"),
        ("ACTES DIVERS", "Acte divers"),
        ("avis d\u2019adresse", "Avis d'adresse"),
        ("Radiations", "Radiation"),
    ],
)
def test_acte_types(wanted: str, expected: str) -> None:
    assert chosen(wanted, *ACTES) == expected


@pytest.mark.parametrize("wanted", ["Vente", "Hypothèque", "Avis", "Divers", "Acte de vente"])
def test_a_word_that_is_not_the_forms_is_refused(wanted: str) -> None:
    assert_refused(wanted, *ACTES)


OFFICES = [Option("64", "Laval"), Option("65", "Montréal"), Option("66", "Bonaventure 1"), Option("67", "Québec")]


@pytest.mark.parametrize(
    "wanted",
    [
        "Circonscription foncière de Montréal",
        "C.F. Montréal",
        "CF-Montreal",
        "Circ. fonc. de Montréal (65)",
        "Montréal (65)",
        "65 - Montréal",
        "Montréal 65",
        "65",
        "Division d'enregistrement de Montréal",
        "Bureau de la publicité des droits de Montréal",
        "Registration Division of Montreal",
        "Montréal (Québec)",
        "Montréal, P.Q.",
        "Montr\u00c3\u00a9al",
        "Montr&eacute;al",
        "M0ntréal",
    ],
)
def test_the_words_and_numbers_of_offices_are_understood(wanted: str) -> None:
    assert match(wanted, OFFICES).text == "Montréal"


@pytest.mark.parametrize(
    "wanted",
    [
        "Montréal (64)",  # Laval's number
        "Montréal, C.F. Laval",
        "Montréal, Québec",  # both are offered
        "Cadastre de Montréal",
        "City of Montreal",
        "QC",
        "6",
        "99",
        "Bonaventure (66)",
    ],
)
def test_words_and_numbers_that_deny_a_circonscription_are_refused(wanted: str) -> None:
    with pytest.raises(MatchRefused):
        match(wanted, OFFICES)


def test_values_that_are_no_office_numbers_prove_nothing() -> None:
    options = [Option("1", "Laval"), Option("65", "Terrebonne"), Option("2", "Montréal")]
    assert match("Montréal (65)", options).text == "Montréal"
    with pytest.raises(MatchRefused):
        match("65", options)


@pytest.mark.parametrize(
    ("wanted", "value"),
    [
        ("000001", "000001"),
        ("OOOOO1", "000001"),
        ("Cadastre officiel du Québec", "000001"),
        ("050460", "050460"),
        ("50460", "050460"),
        ("Paroisse de Saint-Grégoire (050460)", "050460"),
        ("071600 - Canton de Ducros", "no code"),
        ("Township of Ducros", "no code"),
        ("Ducros Township", "no code"),
        ("Ducr0s", "no code"),
        ("Canton de Ducrros", "no code"),
        ("Ducroos", "no code"),
        ("Cantn de Ducros", "no code"),
        ("Canton de Ducros, circonscription foncière d'Abitibi", "no code"),
    ],
)
def test_codes_english_and_slips_in_short_names_are_understood(wanted: str, value: str) -> None:
    code = next(code for code, text in shipped().codes.items() if text == "Canton de Ducros")
    assert match(wanted.replace("071600", code), CADASTRES).value == value


CADASTRES = [
    Option("000001", "Cadastre du Québec"),
    Option("050460", "Paroisse de Saint-Grégoire"),
    Option("no code", "Canton de Ducros"),
    Option("x", "Canton de Clinton"),
]


@pytest.mark.parametrize(
    "wanted",
    [
        "1",
        "000002",
        "050890",  # the other Saint-Grégoire
        "Paroisse de Saint-Grégoire (050890)",
        "Parish of Ducros",
        "Canton de Ducros5",
        "Canton de Ducros (2)",
        "Circonscription foncière de Ducros",
        "Canton de Clintn-Sud",
        "Canton de Clifon",  # as near to Clifton
        "Canton de Ducros, Cadastre du Québec",
    ],
)
def test_codes_english_and_slips_that_may_mean_another_cadastre_are_refused(wanted: str) -> None:
    with pytest.raises(MatchRefused):
        match(wanted, CADASTRES)


def test_a_short_name_that_the_gazetteer_does_not_know_bears_no_slip() -> None:
    with pytest.raises(MatchRefused):
        match("Canton de Ducrros", CADASTRES, known=NOTHING_KNOWN)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("Rang l2", "Rang 12"),
        ("Rang I", "Rang 1"),
        ("Rnag 2", "Rang 2"),
        ("bloc l", "Bloc L"),
        ("Rang 12, Cadastre du Québec", "Rang 12"),
        ("Rang 12, Québec", "Rang 12"),
    ],
)
def test_designations(wanted: str, expected: str) -> None:
    assert chosen(wanted, *RANGS) == expected


RANGS = ("Rang 1", "Rang 2", "Rang 12", "Rang 10", "Bloc L", "Bloc")


@pytest.mark.parametrize("wanted", ["Rang 1O", "Rang d2", "Bloc D", "Rang 3, Cadastre du Québec", "12", "000002"])
def test_letters_and_numbers_of_a_designation_are_not_dropped(wanted: str) -> None:
    assert_refused(wanted, *RANGS)


def test_a_placeholder_is_never_chosen() -> None:
    options: Sequence[Option] = [
        Option("NULL", "Laval"),
        Option(" ", "Laval"),
        Option("7", "Sélectionnez…"),
        Option("8", " "),
    ]
    for wanted in ("Laval", "Sélectionnez…", " "):
        with pytest.raises(NoMatch):
            match(wanted, options)


def test_kind_words() -> None:
    assert all(map(is_kind_word, ("Paroisse", "Par.", "CANTON", "Cité", "quartier")))
    assert not any(map(is_kind_word, ("Saint", "Rang", "", "5", "Cadastre")))
