"""A PDF that says that there is none, and documents that speak of such things."""

from __future__ import annotations

import pytest

from extractor.documents.error_page import error_said


@pytest.mark.parametrize(
    "text",
    [
        "Erreur\nLe document n'a pu être produit. Veuillez réessayer plus tard.",
        "Lot : 2 784 195\nErreur : le document n’a pas pu être affiché.",
        "Numéro d'inscription : 25 616 321\nL'image de ce document n'est pas disponible.",
        "SERVICE NON DISPONIBLE",
        "Impossible d'afficher le document demandé",
        "Une erreur est survenue (code 500)",
    ],
)
def test_what_it_says_is_told(text: str) -> None:
    assert error_said([text]) == " ".join(text.split())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Cadastre : Cadastre du Québec\nLot : 2 784 195",
        "Hypothèque. Montant disponible : 100 000 $",
        "Le vendeur déclare. " * 40 + "Le document n'a pu être produit devant le notaire.",
    ],
)
def test_a_document_says_no_such_thing(text: str) -> None:
    assert error_said([text]) is None
