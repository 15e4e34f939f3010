"""The French pages say what the English ones say: the same headings, blocks, tables and links in the same order."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.documents import ROOT, blocks, prose

PAIRS = [("README.md", "README.fr.md"), ("docs/index.md", "docs/index.fr.md")]
KINDS = ("ini", "bash", "sql", "python", "js", "sh")
LANGUAGES = {"README.md", "README.fr.md", "index.md", "index.fr.md"}
# What a person who translates word by word writes, or a French from elsewhere: each with what is said in Québec.
NOT_SAID = {
    "définitivement": "certainement",
    "supporter": "prendre en charge",
    "éventuellement": "un jour, or peut-être",
    "adresser un problème": "régler",
    "librairie": "bibliothèque",
    "déléter": "supprimer",
    "canceller": "annuler",
    "uploader": "téléverser",
    "télécharger vers": "téléverser",
    "downloader": "télécharger",
    "email": "courriel",
    "e-mail": "courriel",
    "mail": "courriel",
    "week-end": "fin de semaine",
    "parking": "stationnement",
    "courtier de messages": "serveur de messages",
}


def shape(page: Path) -> dict[str, list[str]]:
    """What must be equal: headings, blocks without comments, cells per line of a table, links, numbers, names."""
    text = prose(page)
    lines = text.splitlines()
    return {
        "headings": [line.split()[0] for line in lines if line.startswith("#")],
        "blocks": [
            f"{block.language}: {_without_comments(block.text)}" for block in blocks(*KINDS) if block.page == page
        ],
        "tables": [f"{line.count('|')}" for line in lines if line.startswith("|")],
        "numbered and listed": [found[1] for line in lines if (found := re.match(r" *(\d\.|-) ", line))],
        "links": _targets(text),
        "names": sorted(re.findall(r"`([^`\s]*[A-Z_./$-][^`\s]*)`", text.replace("bucket/nom", "bucket/name"))),
        "numbers": sorted(re.findall(r"\b\d+(?:[.,]\d+)?\b", re.sub(r"\]\([^)]*\)|`[^`]*`", "", text))),
    }


def _without_comments(text: str) -> str:
    lines = (line.partition("#")[0].rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _targets(text: str) -> list[str]:
    """Where the links lead, without those from one language to the other."""
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", text) if target not in LANGUAGES]


@pytest.mark.parametrize(("english", "french"), PAIRS)
@pytest.mark.parametrize("what", ["headings", "blocks", "tables", "numbered and listed", "links", "names", "numbers"])
def test_french_page_has_what_the_english_one_has(english: str, french: str, what: str) -> None:
    assert shape(ROOT / french)[what] == shape(ROOT / english)[what]


@pytest.mark.parametrize(("english", "french"), PAIRS)
def test_each_leads_to_the_other_in_its_first_lines(english: str, french: str) -> None:
    for page, other in ((english, french), (french, english)):
        assert f"]({Path(other).name})" in "\n".join((ROOT / page).read_text().splitlines()[:8])


@pytest.mark.parametrize("french", [french for _, french in PAIRS])
def test_french_is_that_of_quebec(french: str) -> None:
    text = prose(ROOT / french)
    found = {word: said for word, said in NOT_SAID.items() if re.search(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE)}
    assert found == {}
    plain = re.sub(r"`[^`]*`", "code", text.replace("![", "["))
    assert re.findall(r".{0,20}\s[;?!]", plain) == []  # in Québec no blank stands before these
    assert re.findall(r".{0,20}\w:(?=\s)", plain) == []  # before a colon one does


@pytest.mark.parametrize("change", [
    lambda text: text.replace("## L'argent", "### L'argent"),
    lambda text: text.replace("--concurrency=4", "--concurrency=8"),
    lambda text: text.replace("| `Complété` |", "| `Complété` | encore |"),
    lambda text: text.replace("(docs/scale.md)", "(docs/start.md)"),
    lambda text: text.replace("`PACE_SECONDS`", "le rythme"),
    lambda text: text.replace("(100 par défaut)", "(50 par défaut)"),
])  # fmt: skip
def test_change_of_one_page_alone_is_seen(
    change: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    english, french = (ROOT / name for name in PAIRS[0])
    changed = tmp_path / "README.fr.md"
    changed.write_text(change(french.read_text()))
    assert changed.read_text() != french.read_text()
    monkeypatch.setattr("tests.support.documents.PAGES", (english, changed))
    assert shape(changed) != shape(english)
