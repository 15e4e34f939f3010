"""Pages kept as files: what the browser showed; the first line says which page it is.

`name.html` begins with `<!-- {"url": …, "status": …, "charset": …, "state": {…}} -->`; its frames are beside it as
`name@frame.html`. Pages of the stand-in come from `record.py`; all others were written by hand, after docs/site.md.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extractor.registry.page import Frame, PageContent

DIRECTORY = Path(__file__).parent / "pages"
_FIRST_LINE = re.compile(rb"<!-- (\{.*\}) -->\n")


@dataclass(frozen=True)
class SavedPage:
    content: PageContent
    state: dict[str, str | None]


def names() -> list[str]:
    return sorted(path.stem for path in DIRECTORY.glob("*.html") if "@" not in path.stem)


def load(name: str) -> SavedPage:
    facts, top = _read(DIRECTORY / f"{name}.html", "")
    inner = (_read(path, path.stem.partition("@")[2])[1] for path in sorted(DIRECTORY.glob(f"{name}@*.html")))
    return SavedPage(PageContent((top, *inner), facts.get("status", 200)), facts["state"])


def save(name: str, html: str, **facts: Any) -> None:
    first_line = f"<!-- {json.dumps(facts, ensure_ascii=True)} -->\n"
    (DIRECTORY / f"{name}.html").write_bytes((first_line + html).encode(facts.get("charset", "utf-8")))


def _read(path: Path, frame: str) -> tuple[dict[str, Any], Frame]:
    data = path.read_bytes()
    first_line = _FIRST_LINE.match(data)
    assert first_line, f"{path} does not begin with what it is"
    facts = json.loads(first_line[1])
    html = data[first_line.end() :].decode(facts.get("charset", "utf-8"))
    return facts, Frame(frame, facts["url"], html)
