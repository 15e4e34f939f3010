"""The signature of a link covers the object that it leads to."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from extractor.documents.local_storage import LocalStorage


def test_a_link_leads_to_no_shorter_name(tmp_path: Path) -> None:
    store = LocalStorage(tmp_path)
    store.prepare()
    for name in ("a", "a.pdf"):
        (tmp_path / "index" / name).write_bytes(b"%PDF")
    url = urlsplit(store.link("index", "a.pdf", 60) or "")
    (signature,) = parse_qs(url.query)["signature"]

    assert store.find_linked("index", "a.pdf", 60, signature) == tmp_path / "index" / "a.pdf"
    assert store.find_linked("index", "a", 60, f"pdf.{signature}") is None
