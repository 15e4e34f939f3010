"""Whatever a page says can be written by a worker: what no text of Postgres holds becomes U+FFFD."""

from __future__ import annotations

from contextlib import closing

import pytest
from psycopg.types.json import Jsonb

from extractor.postgres.database import Database

HALF, NUL = "\ud83d", "\x00"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Numéro de lot 🏠", "Numéro de lot 🏠"),
        (f"a{NUL}b", "a\ufffdb"),
        (f"a{HALF}b{NUL}", "a\ufffdb\ufffd"),
        (r"C:\u0000\ud83d", r"C:\u0000\ud83d"),
        (rf"\{NUL}", "\\\ufffd"),
    ],
)
def test_text_is_kept_as_far_as_postgres_takes_it(database_url: str, said: str, kept: str) -> None:
    with closing(Database(database_url, takes_any_text=True)) as database, database.statement() as connection:
        row = connection.execute(
            "SELECT %(text)s::text, %(list)s::text[], %(json)s::jsonb -> 0 ->> 'step'",
            {"text": said, "list": [said], "json": Jsonb([{"step": said}])},
        ).fetchone()

    assert row == (kept, [kept], kept)
