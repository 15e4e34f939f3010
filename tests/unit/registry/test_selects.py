"""What a select of a saved page offers, and what it has chosen."""

from __future__ import annotations

from extractor.registry.forms import read_select

from . import saved_page


def test_a_select_is_read_with_its_reload() -> None:
    select = read_select(saved_page.load("form-index").content.top.html, "#selCircnFoncr")

    assert select is not None
    assert (len(select.options), select.chosen, select.reloads) == (74, "NULL", True)
    assert select.options[1].text == "Abitibi"


def test_the_marked_option_is_the_chosen_one() -> None:
    html = '<select id="s"><option value="1">a<option value="2" selected>b</select>'

    select = read_select(html, "#s")

    assert select is not None
    assert (select.chosen, select.reloads) == ("2", False)


def test_an_empty_select_has_nothing_chosen() -> None:
    select = read_select('<select id="s"></select>', "#s")

    assert select is not None
    assert (select.options, select.chosen) == ((), "")


def test_an_absent_select_is_none() -> None:
    assert read_select(saved_page.load("form-index-cadastre-absent").content.top.html, "#selCadst") is None
