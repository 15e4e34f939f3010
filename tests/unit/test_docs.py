"""The documents agree with the code: codes, reasons, checks, settings, links, snippets."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
from pathlib import Path

import pytest
from supabase import AsyncClient

from extractor.doctor.examination import CHECKS, LOGIN
from extractor.reports.why import Reason
from extractor.settings import Settings
from tests.support import compose
from tests.support.documents import PAGES, ROOT, assignments, blocks, headings, prose
from tests.support.references import texts

DOCS = ROOT / "docs"
TROUBLESHOOT = DOCS / "troubleshoot.md"
MARKDOWN = [path for path in texts() if path.suffix == ".md"]
# Settings of a supervisor and of other files that the documents name too.
OTHERS = {"KillMode", "TimeoutStopSec"}
OPTIONS = {name.upper() for name in Settings.model_fields} | set(
    compose.defaults() | compose.defaults(ROOT / "docker/supabase-local.yml")
)


def codes() -> set[str]:
    """Every `error_code` that a row may have: of the error classes, and of the statements that write one themselves."""
    python = "\n".join(path.read_text() for path in (ROOT / "extractor").rglob("*.py"))
    of_classes = set(re.findall(r'^    code(?:: ClassVar\[str\])? = "([a-z_]+)"$', python, re.MULTILINE))
    paths = [*(ROOT / "migrations").glob("*.sql"), *(ROOT / "extractor/postgres/sql").glob("*.sql")]
    statements = "\n".join(path.read_text() for path in paths)
    written = re.findall(r"error_code\s*:?=\s*(CASE.*?END|'[a-z_]+')", statements, re.DOTALL)
    return of_classes | {code for text in written for code in re.findall(r"'([a-z]+(?:_[a-z]+)*)'", text)}


def test_every_code_has_its_section_and_no_other() -> None:
    sections = re.findall(r"^#### `([a-z_]+)`$", TROUBLESHOOT.read_text(), re.MULTILINE)
    assert len(sections) == len(set(sections))
    assert set(sections) == codes()
    assert {"worker_lost", "poison_row", "cancelled", "cancelled_late", "unexpected", "storage"} <= codes()


def test_every_reason_of_why_is_explained() -> None:
    table = re.findall(r"^\| (`[a-z_`, ]+`) \|", (DOCS / "operate.md").read_text(), re.MULTILINE)
    assert {word for cell in table for word in re.findall(r"[a-z_]+", cell)} >= set(Reason)


def test_every_check_of_the_doctor_is_explained() -> None:
    table = TROUBLESHOOT.read_text().partition("## `extractor doctor`")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z ]+)` \|", table, re.MULTILINE) == [
        "settings", *(check.name for check in (*CHECKS, LOGIN))
    ]  # fmt: skip


def test_every_setting_that_is_named_exists() -> None:
    assert {name for name in assignments() if name not in OPTIONS} <= OTHERS
    known = OPTIONS | OTHERS | {"SIGTERM", "SIGKILL"}
    for page in PAGES:
        named = set(re.findall(r"`([A-Z]{2,}(?:_[A-Z]+)+)(?:=[^`]*)?`", prose(page)))
        assert named <= known, f"{page.name}: {named - known}"


@pytest.mark.parametrize("page", MARKDOWN, ids=[str(page.relative_to(ROOT)) for page in MARKDOWN])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        path, _, anchor = target.partition("#")
        if path.startswith("http"):
            continue
        file = (page.parent / path) if path else page
        assert file.exists(), f"{page.name}: {target}"
        assert not anchor or anchor in headings(file), f"{page.name}: {target}"


def test_every_page_is_in_the_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text().partition("nav:")[2]
    assert {path.name for path in DOCS.glob("*.md")} <= set(re.findall(r"- (\S+\.md)", navigation))


def test_user_codes_are_invented() -> None:
    for page in PAGES:
        assert all(code.startswith("99X") for code in re.findall(r"\b\d\d[A-Z]\d{4}\b", page.read_text()))


def test_folders_that_the_readme_downloads_to_are_never_committed() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    for page in ("README.md", "README.fr.md"):
        folders = re.findall(r"extractor download --to (\w+)", (ROOT / page).read_text())
        assert folders
        assert {f"{folder}/" for folder in folders} <= {*ignored}


class TestSnippets:
    """The files of docs/snippets, which the pages show; tests/integration/docs/test_snippets.py runs some."""

    @pytest.mark.parametrize("path", sorted((DOCS / "snippets").iterdir()), ids=lambda path: path.name)
    def test_a_page_shows_the_file(self, path: Path) -> None:
        assert path.read_text() in [block.text for block in blocks("python", "js")]

    @pytest.mark.filterwarnings("ignore:The '(timeout|verify)' parameter:DeprecationWarning")  # supabase to postgrest
    def test_python_uses_what_supabase_has(self) -> None:
        tree = ast.parse((DOCS / "snippets/wait.py").read_text())
        imported = {
            alias.name: getattr(importlib.import_module(node.module), alias.name)
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module
            for alias in node.names
        }
        assert imported["AsyncClient"] is AsyncClient
        client = AsyncClient("https://project.supabase.co", "sb_secret_invented")
        channel, table = client.channel("row"), client.table("extraction_queue")
        query = table.select("status")
        owners = {
            "client": client, "channel": channel, "rows": table, "query": query, "filter": query.eq("id", "1"),
            "files": client.storage.from_("index"),
        }  # fmt: skip
        called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call)
                  and isinstance(node.func, ast.Attribute)}  # fmt: skip
        standard = {"Event", "clear", "set", "wait", "wait_for", "suppress", "partition", "run", "write"}
        missing = {name for name in called - standard if not any(hasattr(owner, name) for owner in owners.values())}
        assert not missing
        keywords = {"schema": "public", "table": "extraction_queue", "filter": "id=eq.1", "callback": lambda _: None}
        inspect.signature(channel.on_postgres_changes).bind("UPDATE", **keywords)
        inspect.signature(channel.subscribe).bind()
        inspect.signature(client.remove_channel).bind(channel)

    def test_javascript_is_javascript(self) -> None:
        done = subprocess.run(
            ["node", "--check", DOCS / "snippets/wait.mjs"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
