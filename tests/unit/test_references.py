"""Documents, comments and docstrings point only to what is in this repository, so that a reader needs nothing else."""

from __future__ import annotations

import tomllib

import pytest

from tests.chaos.table import rendered
from tests.support.documents import ROOT
from tests.support.references import dead_references, texts


def test_references_lead_somewhere() -> None:
    found = {str(path.relative_to(ROOT)): dead_references(path, path.read_text()) for path in texts()}
    assert {path: dead for path, dead in found.items() if dead} == {}


@pytest.mark.parametrize(
    ("planted", "dead"),
    [
        ("# See docs/nowhere.md.", "docs/nowhere.md"),
        ("# See `nowhere.py`.", "nowhere.py"),
        ("# See docs/site.md#nowhere.", "docs/site.md#nowhere"),
        ("# See `extractor.nowhere`.", "extractor.nowhere"),
        ("# See `Jobs.nowhere`.", "Jobs.nowhere"),
        ("# See DESIGN " + chr(0xA7) + "4.", chr(0xA7)),
        ('"""See SITE' + '.md."""', "SITE" + ".md"),
        ("x = 1\n'''See migrations/*_nowhere.sql.'''", "migrations/*_nowhere.sql"),
    ],
)
def test_a_reference_that_leads_nowhere_is_found(planted: str, dead: str) -> None:
    assert dead_references(ROOT / "extractor/planted.py", planted) == [dead]


def test_the_page_about_the_site_names_every_key_of_the_site_map() -> None:
    page = (ROOT / "docs/site.md").read_text()
    site_map = tomllib.loads((ROOT / "extractor/registry/site.toml").read_text())
    keys = [f"`{section}.{key}`" for section, values in site_map.items() for key in values]
    assert [key for key in keys if key not in page] == []
    assert [path for path in site_map["paths"].values() if f"`{path}`" not in page] == []


def test_the_readme_of_the_chaos_tests_shows_their_table() -> None:
    assert rendered() in (ROOT / "tests/chaos/README.md").read_text()
