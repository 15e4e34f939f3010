"""Where a page leads that came instead of a file, and where it must not lead."""

from __future__ import annotations

import pytest

from extractor.registry.leads import leads
from extractor.registry.site_map import load_site_map

SITE = load_site_map()
ADDRESS = "https://www.example.org/Sirf/Script/page.asp?noDemnd=1"
FOLDER = "https://www.example.org/Sirf/Script/"


def found(html: str, *, links: bool = True, encoding: str = "utf-8") -> list[str]:
    return leads(html.encode(encoding), ADDRESS, SITE, links=links)


@pytest.mark.parametrize(
    ("html", "lead"),
    [
        ("<embed src=a.pdf>", FOLDER + "a.pdf"),
        ("<object data='/a.pdf'>", "https://www.example.org/a.pdf"),
        ("<iframe src='//www.example.org/a'>", "https://www.example.org/a"),
        ("<frameset><frame src=a#page=1></frameset>", FOLDER + "a"),
        ("<meta http-equiv=Refresh content='3; URL=a.asp?b=1&amp;c=2'>", FOLDER + "a.asp?b=1&c=2"),
        ("<a href='HTTPS://www.example.org/a'>ici</a>", "https://www.example.org/a"),
        ("<map><area href=a></map>", FOLDER + "a"),
        ("<base href=/b/><a href=a>ici</a>", "https://www.example.org/b/a"),
        ("<a href=' a\nb.asp?nom=Lot 1 '>ici</a>", FOLDER + "ab.asp?nom=Lot%201"),
        ("<a href='Montréal%20.asp?nom=é'>ici</a>", FOLDER + "Montr%C3%A9al%20.asp?nom=%C3%A9"),
    ],
)
def test_an_address_is_the_one_that_the_browser_would_ask_for(html: str, lead: str) -> None:
    assert found(html) == [lead]


def test_letters_of_a_query_are_those_of_the_page() -> None:
    assert found("<a href='é?é'>é</a>", encoding="iso-8859-1") == [FOLDER + "%C3%A9?%E9"]


@pytest.mark.parametrize(
    "html",
    [
        "<form action=a><input type=submit></form>",
        "<a href='javascript:a()'>ici</a>",
        "<a href='mailto:a@example.org'>ici</a>",
        "<a href='http://[bad/'>ici</a>",
        "<a href='https://other.example.org/a.pdf'>ici</a>",
        "<embed src='file:///etc/passwd'>",
        "<embed src='data:application/pdf,a'>",
        f"<a href='{ADDRESS}'>encore</a>",
        f"<iframe src='{SITE.paths.login}'></iframe>",
        "<a href=a>Fermer la session</a>",
        "<a href=a>Retour à la recherche</a>",
        "<a href=a>Annuler</a>",
        "<a href=annul_demnd.asp>ici</a>",
        "<a href=a title='Quitter'><img src=b></a>",
    ],
)
def test_what_is_not_followed(html: str) -> None:
    assert found(html) == []


def test_what_a_page_shows_comes_before_its_links_and_a_named_link_before_others() -> None:
    html = "<a href=other>x</a><a href=b.PDF?c=1>x</a><a title=Sauvegarder href=save>x</a><embed src=shown>"

    assert found(html) == [FOLDER + one for one in ("shown", "save", "b.PDF?c=1", "other")]
    assert found(html, links=False) == [FOLDER + "shown"]


def test_of_many_links_only_those_that_name_the_file_are_followed() -> None:
    html = "".join(f"<a href={number}>25 616 32{number}</a>" for number in range(9)) + "<a href=a.pdf>x</a>"

    assert found(html) == [FOLDER + "a.pdf"]
