"""The trigger's shortcut for plain rows says what the rules say: each can be asked, and has its key."""

from __future__ import annotations

import random

import psycopg

from extractor.matching.emptiness import EMPTY_WORDS
from extractor.matching.numbers import BLANKS
from tests.support.locales import in_each_locale

ODD = (
    *EMPTY_WORDS, *(word.upper() for word in EMPTY_WORDS), *(f"A{blank}" for blank in BLANKS),
    *(f"{blank}A" for blank in BLANKS), "A|B", "A| B", "A |B", "A\x01", "A\u202eB", "É", "ÀÖØÞŒŸ×÷ß", "Œ", "x" * 201,
    "É" * 150, "L'Île-d'Orléans", "St-Jean (Ptie)", "N° 4", "a\nb", ".", "-A", "Montréal", "Acte", None, None,
)  # fmt: skip
PLAIN = ("Montréal", "Cadastre du Québec", "Acte", "É", "L'Île-d'Orléans", "ÀÖØÞß", None)
NUMBERS = ("2784195", "2 784 195", "T14", "1", "9" * 61, "0" * 60, "janvier", "1.5", "\u00a07", "", None, "４")


@in_each_locale
def test_plain_row_can_be_asked_and_has_the_key_of_the_rule(sql: psycopg.Connection) -> None:
    chance = random.Random(15)
    sources = ("acte", "index", "plan_cadastraux", "Index", None)
    cells = [
        (
            chance.choice(sources),
            chance.choice(NUMBERS),
            *(chance.choice(chance.choice((ODD, PLAIN))) for _ in range(4)),
        )
        for _ in range(20_000)
    ]
    names = "document_source, document_number, circonscription_fonciere, cadastre, designation_secondaire, acte_type"
    sql.execute(f"CREATE TEMPORARY TABLE cells AS SELECT {names} FROM extraction_queue WITH NO DATA")
    with sql.cursor() as cursor, cursor.copy(f"COPY cells ({names}) FROM STDIN") as copy:
        for cell in cells:
            copy.write_row(cell)

    plain = f"FROM cells WHERE extraction_queue_is_plain({names})"
    assert sql.execute(f"SELECT {names} {plain} AND extraction_queue_refusal({names}) IS NOT NULL").fetchall() == []
    sql.execute(f"INSERT INTO extraction_queue ({names}) SELECT {names} {plain}")
    assert sql.execute("SELECT count(*) > 100 FROM extraction_queue").fetchone() == (True,)
    assert (
        sql.execute(
            f"SELECT {names}, request_key FROM extraction_queue"
            f" WHERE request_key IS DISTINCT FROM extraction_queue_request_key({names})"
            " OR document_number_normalized IS DISTINCT FROM extraction_queue_normalized(document_number)"
        ).fetchall()
        == []
    )
