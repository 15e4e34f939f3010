"""Which row of a list is bought: the requested one, or none."""

from __future__ import annotations

import pytest

from extractor.errors import PaperOnly, PlanNotChosen, SimilarNumbersOnly
from extractor.matching.request import Request
from extractor.models import Source
from extractor.registry.choices import Choice, choose_latest_plan, choose_similar, read_choices
from extractor.registry.site_map import load_site_map

from . import saved_page


def rows(*texts: str, paper: tuple[int, ...] = ()) -> list[Choice]:
    """Rows; bars separate their cells."""
    return [Choice(at, tuple(text.split("|")), on_paper=at in paper) for at, text in enumerate(texts)]


def acte(number: str, acte_type: str = "Acte") -> Request:
    return Request(Source.ACTE, number, "Hull", acte_type=acte_type)


def test_rows_are_read_with_their_place_among_the_radios() -> None:
    html = saved_page.load("similar-list").content.top.html

    assert [choice.texts[1:3] for choice in read_choices(html, load_site_map())] == [
        ("25 616 406", "Acte"),
        ("25 616 407", "Acte"),
        ("25 616 408", "Acte"),
    ]


@pytest.mark.parametrize(
    ("offered", "request_", "position"),
    [
        (rows("25 616 320", "25 616 321", "25 616 322"), acte("25616321"), 1),
        (rows("14 454 660", "T 14 454 660"), acte("14454660"), 0),
        (rows("14 454 660", "T 14 454 660"), acte("T14454660", "Radiation"), 1),
        (rows("14 454 660", "t\u00a014\u00a0454\u00a0660"), acte("T 14 454 660", "Radiation"), 1),
        (rows("14 454 659", "T 14 454 660"), acte("14454660", "radiation"), 1),
        (rows("25 616 321", "25 616 321", paper=(0,)), acte("25616321"), 1),
    ],
    ids=["equal", "without T", "with T", "blanks", "radiation whose T was left out", "the copy that is not on paper"],
)
def test_the_row_of_the_requested_number(offered: list[Choice], request_: Request, position: int) -> None:
    assert choose_similar(offered, request_).position == position


@pytest.mark.parametrize(
    ("offered", "request_", "error"),
    [
        (rows("10065969"), acte("T10065968", "Radiation"), SimilarNumbersOnly),
        (rows("14 454 660"), acte("T14454660", "Radiation"), SimilarNumbersOnly),
        (rows("T 14 454 660"), acte("14454660", "Acte"), SimilarNumbersOnly),
        (rows("5 25 616 321", "25 616 321 A"), acte("25616321"), SimilarNumbersOnly),
        (rows("25 616 321", paper=(0,)), acte("25616321"), PaperOnly),
        (rows("25 616 321", "25 616 321"), acte("25616321"), SimilarNumbersOnly),
        ([], acte("25616321"), SimilarNumbersOnly),
    ],
    ids=["next number", "T missing", "T too much", "number inside another", "paper", "twice", "none"],
)
def test_doubt_is_refused(offered: list[Choice], request_: Request, error: type[Exception]) -> None:
    with pytest.raises(error):
        choose_similar(offered, request_)


def test_a_refusal_lists_what_was_offered() -> None:
    with pytest.raises(SimilarNumbersOnly, match="25 616 320 Acte; 25 616 322 Quittance"):
        choose_similar(rows("|25 616 320|Acte", "|25 616 322|Quittance"), acte("25616321"))
    with pytest.raises(SimilarNumbersOnly, match="none was taken: 25 616 321 Acte; 25 616 321 Quittance"):
        choose_similar(rows("|25 616 321|Acte", "|25 616 321|Quittance"), acte("25616321"))


@pytest.mark.parametrize(
    ("offered", "lot", "position"),
    [
        (rows("2 784 411|2019-06-12", "2 784 411|2008-11-03"), "2784411", 0),
        (rows("2 784 411|1994-03-21", "2 784 411|2019-06-12", "2 784 411|2008-11-03"), "2784411", 1),
        (rows("2 784 411|1994-03-21", "2 784 412|2019-06-12"), "2784411", 0),
        (rows("2 784 411|"), "2784411", 0),
        (rows("Plan A|1994-03-21", "Plan B|2019-06-12"), "2784411", 1),
        (rows("227|1994-03-21", "227 Ptie|2019-06-12"), "227", 0),
        (rows("227|1994-03-21", "Partie 227|2019-06-12"), "227", 0),
        (rows("227|1994-03-21", "227|ptie|2019-06-12"), "227", 0),
        (rows("227 Ptie|2019-06-12"), "227Ptie", 0),
        (rows("227|1994-03-21", "227, 228|2019-06-12"), "227", 0),
        (rows("227|1994-03-21", "227|228|2019-06-12"), "227", 0),
        (rows("2 784 411|1994-03-21", "2 784 411 et 2 784 412|2019-06-12"), "2784411", 0),
        (rows("2 784 411|1994-03-21", "2 784 411 2 784 412|2019-06-12"), "2784411", 0),
        (rows("2 784 411|1994-03-21", "Plan du lot 2 784 412|2019-06-12"), "2784411", 0),
        (rows("2|1994-03-21", "1 à 5|2019-06-12"), "2", 0),
        (rows("24|1994-03-21", "24 A|2019-06-12"), "24", 0),
        (rows("|1|227|1994|1994-03-21", "|2|227|2019|2019-06-12"), "227", 1),
        (rows("2 784 411|Plan du lot 2 784 411|2019-06-12"), "2784411", 0),
    ],
    ids=[
        *("newest first", "shuffled", "another lot's is later", "only one", "rows without a lot"),
        *("part", "part before", "part in a cell of its own", "part that was asked"),
        *("two in a list", "two in two cells", "two joined by et", "two side by side", "another in words", "range"),
        *("letter", "row numbers and years", "twice"),
    ],
)
def test_the_latest_plan_of_the_lot(offered: list[Choice], lot: str, position: int) -> None:
    assert choose_latest_plan(offered, lot).position == position


@pytest.mark.parametrize(
    "offered",
    [
        rows("399-184|", "399-184|"),
        rows("399-184|2019-06-12", "399-184|2019-06-12"),
        rows("399-184|2019-06-12", "399-184|"),
        rows("399-184|2008-11-03 à 2019-06-12", "399-184|2010-01-01"),
        rows("399184|2019-06-12"),
        rows("399-184 Ptie|2019-06-12"),
        rows("399-184, 399-185|2019-06-12"),
        rows("Lots 399-185 et 399-186|2019-06-12"),
        [],
    ],
    ids=[
        *("no dates", "equal dates", "one without a date", "two dates in a row", "another lot", "a part"),
        *("one of two", "two others", "nothing"),
    ],
)
def test_plans_without_a_clear_latest_one_are_refused(offered: list[Choice]) -> None:
    with pytest.raises(PlanNotChosen):
        choose_latest_plan(offered, "399-184")
