"""The site map: a user's lines replace the package's, and a mistake is a sentence that names its key."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.errors import ConfigurationError
from extractor.registry.site_map import load_site_map


def own_file(directory: Path, text: str) -> Path:
    path = directory / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_file_needs_only_the_lines_that_differ(tmp_path: Path) -> None:
    site = load_site_map(own_file(tmp_path, '[form]\nlot = "#txtLot"\n'))

    assert site.form.lot == "#txtLot"
    assert site.model_copy(update={"form": load_site_map().form}) == load_site_map()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[form]\nlot = "a["', "form.lot: “a\\[” is not a CSS selector"),
        ('[form]\nlot = ""', "form.lot: “” is not a CSS selector"),
        ('[form]\nlots = "#a"', "form.lots is not a key of the site map"),
        ('[forms]\nlot = "#a"', "forms is not a key of the site map"),
        ('form = "#a"', "form: "),
        ('[paths]\nlogin = "https://elsewhere.example/"', "paths.login: "),
        ('[texts]\nnot_found = [""]', "texts.not_found.0: "),
        ("[texts]\nnot_found = []", "texts.not_found: "),
        ("[form", "not valid TOML"),
    ],
)
def test_a_mistake_names_its_key(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load_site_map(own_file(tmp_path, text))


def test_a_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="REGISTRY_SITE_MAP cannot be read"):
        load_site_map(tmp_path / "none.toml")
