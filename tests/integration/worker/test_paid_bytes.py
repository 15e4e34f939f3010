"""From the paid click to the row: bytes first, judged afterwards, and never bought again; over real Postgres."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import cast

import psycopg
import pytest

from extractor.documents import judge as judging
from extractor.documents.buckets import object_name
from extractor.documents.local_storage import LocalStorage
from extractor.documents.spool import Spool
from extractor.errors import DocumentRefused, ExtractorError, SiteUnavailable, WrongDocument
from extractor.matching.request import Request
from extractor.models import Account, ClickKind, Job, Source, Status
from extractor.postgres.jobs import Jobs
from extractor.registry.answers import Consultation
from extractor.registry.forms import RequestForm
from extractor.registry.registry_site import RegistrySite
from extractor.worker import acceptance
from extractor.worker.attempt import Attempts
from extractor.worker.consultation import Waits
from extractor.worker.drain import Drain
from extractor.worker.evidence import REFUSED, EvidenceStore
from extractor.worker.extraction import Extraction
from extractor.worker.heartbeat import Heartbeat
from extractor.worker.trace import Trace
from tests.support import pdfs
from tests.support.jobs import attempt
from tests.support.rows import column
from tests.support.scripted_site import ScriptedForm
from tests.support.scripted_worker import Killed

RIGHT = pdfs.pdf_bytes("Cadastre : Cadastre du Québec\nLot : 2 784 195")
WRONG = pdfs.pdf_bytes("Cadastre : Cadastre du Québec\nLot : 2 784 196")
NOT_MADE = pdfs.pdf_bytes("Lot : 2 784 195\nErreur : le document n'a pu être produit.")
SCAN = pdfs.pdf_bytes("")
HTML = b"<html>Erreur</html>"
CUT = RIGHT[: RIGHT.rindex(b"%%EOF")]


class ScriptedSite:
    """Sells one document; its save link sends the given files, one after the other, and raises what is none."""

    def __init__(self) -> None:
        self.files: list[bytes | ExtractorError] = []
        self.needs_proof = False
        self.sold = 0
        self.saved = 0

    @property
    def site(self) -> RegistrySite:
        return cast(RegistrySite, self)

    def open_form(self, source: Source) -> RequestForm:  # noqa: ARG002 -- the session's own signature
        return ScriptedForm()

    def ensure_answering(self) -> None:
        """It answers."""

    def recycle_when_due(self) -> None:
        """Nothing is old."""

    def retire(self) -> None:
        """Nothing is open."""

    def witness(self) -> AbstractContextManager[None]:
        return nullcontext()

    def request_document(self, _form: RequestForm, _request: Request, *, consultation: Consultation) -> None:
        consultation.commit_click(ClickKind.FORM)
        self.sold += 1

    def document_files(self, target: Path) -> Iterator[str]:
        for file in self.files:
            if isinstance(file, ExtractorError):
                raise file
            self.saved += 1
            target.write_bytes(file)
            yield "by the save link"


class Bench:
    """An extraction whose site is scripted, and whose every other part is real."""

    def __init__(self, directory: Path, jobs: Jobs) -> None:
        self.site, self.jobs = ScriptedSite(), jobs
        self.directory = directory / "spool"
        self.spool = Spool(self.directory)
        self.store = LocalStorage(directory / "documents")
        self.store.prepare()
        self.extraction = Extraction(
            jobs=jobs, session=self.site, spool=self.spool, store=self.store, drain=Drain(), waits=Waits(1, 60)
        )
        self.evidence = directory / "evidence"

    def extract(self, job: Job, *files: bytes | ExtractorError) -> str:
        self.site.files = list(files)
        return self.extraction.extract(job, Trace())

    def attempt(self, job: Job, *files: bytes | ExtractorError) -> Status | None:
        """The same as the worker does it: whatever is raised is settled."""
        self.site.files = list(files)
        attempts = Attempts(
            jobs=self.jobs,
            spool=self.spool,
            extraction=self.extraction,
            evidence=EvidenceStore(self.evidence),
            heartbeat=cast(Heartbeat, NoHeartbeat()),
        )
        return attempts.make(job, None).status

    def stored(self, path: str) -> bytes:
        return cast(bytes, self.store.download(*path.split("/", 1)))

    def kept_evidence(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.evidence.glob(f"*/*{REFUSED}"))]

    def left(self) -> list[str]:
        return [path.name for path in self.directory.iterdir() if path.name != "id"]


class NoHeartbeat:
    def holding(self, _job: Job) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture
def bench(tmp_path: Path, jobs: Jobs) -> Bench:
    return Bench(tmp_path, jobs)


@pytest.fixture
def killed_while_judging(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let the process die as it begins to judge, until the answer is called."""

    def die(_path: Path, _reader: judging.Reader | None = None) -> judging.Judgement:
        raise Killed

    monkeypatch.setattr(acceptance, "judge", die)
    return lambda: monkeypatch.setattr(acceptance, "judge", judging.judge)


STORED = {
    "right": (RIGHT, "checked", None),
    "scan": (SCAN, "unchecked", None),
    "bytes before": (b"\r\n\r\n" + RIGHT, "checked", "4 bytes come before its header."),
    "a page behind": (RIGHT + HTML, "checked", f"{len(HTML)} bytes follow its end marker."),
    "references lost": (
        pdfs.with_lost_references(RIGHT),
        "checked",
        "Its cross references are damaged; readers repair them as they open it.",
    ),
    "password": (
        pdfs.pdf_bytes("", user_password="s", owner_password="o"),
        "unchecked",
        "It opens with a password only.",
    ),
    "a page too heavy to read": (
        pdfs.bomb(),
        "unchecked",
        "Its text was not read to its end: the reader ended by SIGABRT.",
    ),
}


@pytest.mark.parametrize(("data", "identity", "warning"), STORED.values(), ids=STORED)
def test_what_a_reader_opens_is_stored_as_it_came(
    bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection,
    data: bytes, identity: str, warning: str | None,
) -> None:  # fmt: skip
    job = claim()

    path = bench.extract(job, data)

    assert bench.stored(path) == data
    assert column(sql, job.id, "(status, identity, document_warning)") == ("Complété", identity, warning)
    assert column(sql, job.id, "document_pages IS NULL") is (warning == "It opens with a password only.")
    assert (bench.site.sold, bench.site.saved, bench.left()) == (1, 1, [])


REFUSALS = {
    "page": ([HTML] * 3, "document_refused", HTML),
    "nothing": ([b""] * 3, "document_refused", b""),
    "no page": ([pdfs.without_pages(RIGHT)] * 3, "document_refused", pdfs.without_pages(RIGHT)),
    "half": ([RIGHT[:500], RIGHT[:700], RIGHT[:600]], "document_refused", RIGHT[:700]),
    "another document": ([WRONG] * 3, "wrong_document", WRONG),
    "an error, as a PDF": ([NOT_MADE] * 3, "document_refused", NOT_MADE),
}


@pytest.mark.parametrize(("files", "code", "kept"), REFUSALS.values(), ids=REFUSALS)
def test_what_is_refused_is_held_and_its_bytes_are_evidence(
    bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection,
    files: list[bytes | ExtractorError], code: str, kept: bytes,
) -> None:  # fmt: skip
    job = claim()

    assert bench.attempt(job, *files) is Status.FAILED

    assert column(sql, job.id, "(error_code, spooled_on)") == (code, None)
    assert bench.kept_evidence() == [kept]
    assert str(attempt(sql, job.attempt_id, "evidence_path")).startswith(str(bench.evidence))
    assert bench.left() == []
    assert bench.site.sold == 1


def test_the_best_of_several_downloads_is_stored(bench: Bench, claim: Callable[..., Job]) -> None:
    assert bench.stored(bench.extract(claim(), HTML, CUT, HTML)) == CUT


def test_a_whole_file_ends_the_downloads(bench: Bench, claim: Callable[..., Job]) -> None:
    assert bench.stored(bench.extract(claim(), CUT, RIGHT)) == RIGHT
    assert bench.site.sold == 1


@pytest.mark.parametrize("first", [WRONG, NOT_MADE], ids=["another document", "an error, as a PDF"])
def test_what_was_asked_for_comes_behind_something_else(
    bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection, first: bytes
) -> None:
    job = claim()

    assert bench.stored(bench.extract(job, first, first, RIGHT)) == RIGHT

    assert column(sql, job.id, "identity") == "checked"
    assert (bench.site.sold, bench.site.saved, bench.left()) == (1, 3, [])


def test_another_document_is_believed_in_the_end(bench: Bench, claim: Callable[..., Job]) -> None:
    assert bench.attempt(claim(), *[WRONG] * 9) is Status.FAILED
    assert (bench.site.sold, bench.site.saved) == (1, acceptance.MOST_OBJECTIONS)


@pytest.mark.parametrize(("data", "is_right"), [(RIGHT, True), (SCAN, False)])
def test_what_came_by_a_link_must_say_what_it_is(
    bench: Bench, claim: Callable[..., Job], data: bytes, is_right: bool
) -> None:
    bench.site.needs_proof = True

    assert bench.attempt(claim(), data, data, data) is (Status.COMPLETED if is_right else Status.FAILED)


class TestLaterAttempt:
    """Finds what an earlier one bought, and buys nothing."""

    def test_knows_that_what_came_by_a_link_must_say_what_it_is(
        self, bench: Bench, claim: Callable[..., Job], killed_while_judging: Callable[[], None]
    ) -> None:
        job, bench.site.needs_proof = claim(), True
        with pytest.raises(Killed):
            bench.extract(job, SCAN)
        killed_while_judging()
        bench.site.needs_proof = False

        assert bench.attempt(job) is Status.FAILED
        assert bench.kept_evidence() == [SCAN]

    @pytest.mark.parametrize(("data", "is_right"), [(RIGHT, True), (WRONG, False), (HTML, False)])
    def test_judges_the_bytes_of_one_that_was_killed(
        self, bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection,
        killed_while_judging: Callable[[], None], data: bytes, is_right: bool,
    ) -> None:  # fmt: skip
        job = claim()
        with pytest.raises(Killed):
            bench.extract(job, data)
        assert bench.spool.holds(job.id)
        assert column(sql, job.id, "spooled_on") == bench.spool.id
        killed_while_judging()

        status = bench.attempt(job)

        assert status is (Status.COMPLETED if is_right else Status.FAILED)
        assert bench.kept_evidence() == ([] if is_right else [data])
        assert bench.site.sold == 1

    def test_takes_the_best_of_what_it_finds(self, bench: Bench, claim: Callable[..., Job]) -> None:
        job = claim()
        with pytest.raises(SiteUnavailable):
            bench.extract(job, CUT, HTML, SiteUnavailable("gone"))

        assert bench.stored(bench.extract(job)) == CUT
        assert bench.site.sold == 1

    def test_keeps_what_it_cannot_judge_away_from_the_broken_disk(
        self, bench: Bench, claim: Callable[..., Job], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = claim()

        def no_process(_path: Path, _reader: judging.Reader) -> judging.Judgement:
            raise OSError("Cannot allocate memory")

        with monkeypatch.context() as patched:
            patched.setattr(acceptance, "judge", no_process)
            assert bench.attempt(job, RIGHT) is Status.WAITING  # a retry: the bytes stay

        assert bench.spool.holds(job.id)
        assert bench.kept_evidence() == []

    def test_knows_which_reading_was_bought(
        self, bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection,
        killed_while_judging: Callable[[], None],
    ) -> None:  # fmt: skip
        job = claim(document_number="227", cadastre="Terrebonne", designation_secondaire="Paroisse de Saint-Jérôme")
        other = Request(
            Source.INDEX, "227", "Montréal", cadastre="Paroisse de Saint-Jérôme", why="the désignation says"
        )
        bench.spool.incoming(job).write_bytes(pdfs.pdf_bytes("Cadastre : Paroisse de Saint-Jérôme\nLot : 227"))
        bench.spool.keep(job, other)
        killed_while_judging()

        bench.extract(job)

        assert column(sql, job.id, "identity") == "checked"
        assert column(sql, job.id, "fetched_as ->> 'cadastre'") == "Paroisse de Saint-Jérôme"
        assert bench.site.sold == 0

    def test_finds_it_in_storage_under_any_reading_of_the_row(
        self, bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection, tmp_path: Path
    ) -> None:
        job = claim(document_number="227", cadastre="Cadastre du Québec",
                    designation_secondaire="Paroisse de Saint-Jérôme")  # fmt: skip
        file = tmp_path / "x.pdf"
        file.write_bytes(pdfs.pdf_bytes("Cadastre : Paroisse de Saint-Jérôme\nLot : 227"))
        bench.store.upload("index", object_name(job), file)

        bench.extract(job)

        assert column(sql, job.id, "identity") == "checked"
        assert bench.site.sold == 0


class TestObjectUnderTheRowsName:
    """People and other programs write into buckets, too."""

    @pytest.fixture
    def again(self, sql: psycopg.Connection, jobs: Jobs, account: Account) -> Callable[[Job], Job]:
        def send_again(job: Job) -> Job:
            sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [job.id])
            claimed = jobs.claim(job.id, worker_id="worker-1", account=account, spool_id=None)
            assert claimed is not None
            return claimed

        return send_again

    @pytest.fixture
    def lay(self, bench: Bench, tmp_path: Path) -> Callable[[Job, bytes], str]:
        def lay_there(job: Job, data: bytes) -> str:
            file = tmp_path / "laid.pdf"
            file.write_bytes(data)
            bench.store.upload("index", object_name(job), file, replace=True)
            return f"index/{object_name(job)}"

        return lay_there

    @pytest.mark.supported("another object under a row's name")
    @pytest.mark.parametrize(
        ("data", "why"),
        [(HTML, "An HTML page came instead of a PDF"), (WRONG, "it says lot 2784196"), (b"", "An empty file came")],
        ids=["a page", "another document", "nothing"],
    )
    def test_stops_the_row_before_it_buys_and_names_storage(
        self, data: bytes, why: str, bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection,
        lay: Callable[[Job, bytes], str],
    ) -> None:  # fmt: skip
        job = claim()
        path = lay(job, data)

        assert bench.attempt(job, RIGHT) is Status.FAILED

        said = str(column(sql, job.id, "error_message"))
        assert said.startswith(f"Storage has {path}, which is not this row's document: ")
        assert why in said
        assert "This attempt bought nothing. Look at it in the bucket, and move it away or delete it; then" in said
        assert "registry" not in said
        assert (bench.stored(path), bench.site.sold, bench.left()) == (data, 0, [])

    def test_is_not_overwritten_by_a_bought_document(
        self, bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection, lay: Callable[[Job, bytes], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:  # fmt: skip
        job = claim()
        path = f"index/{object_name(job)}"
        sell = bench.site.request_document

        def lay_and_sell(form: RequestForm, request: Request, *, consultation: Consultation) -> None:
            lay(job, WRONG)  # after the look into storage
            sell(form, request, consultation=consultation)

        monkeypatch.setattr(bench.site, "request_document", lay_and_sell)

        assert bench.attempt(job, RIGHT) is Status.WAITING

        assert (bench.stored(path), bench.spool.holds(job.id)) == (WRONG, True)
        said = str(column(sql, job.id, "error_message"))
        assert said.startswith(
            f"Storage has another object at {path}, which is not overwritten: It is another document"
        )
        assert said.endswith("The document is bought and safe in the spool; only its upload is repeated.")

    def test_scan_is_known_by_the_hash_of_what_was_bought(
        self, bench: Bench, claim: Callable[..., Job], lay: Callable[[Job, bytes], str], again: Callable[[Job], Job]
    ) -> None:
        job = claim()
        path = bench.extract(job, SCAN)
        second = again(job)
        lay(second, pdfs.pdf_bytes("another scan"))

        with pytest.raises(WrongDocument, match="its hash is not the one of what was bought"):
            bench.extract(second, RIGHT)

        lay(second, SCAN)
        assert bench.extract(second, RIGHT) == path
        assert bench.site.sold == 1


def test_evidence_that_cannot_be_kept_leaves_the_bytes_in_the_spool(
    bench: Bench, claim: Callable[..., Job], tmp_path: Path
) -> None:
    job = claim()
    (tmp_path / "evidence").write_bytes(b"no directory")

    assert bench.attempt(job, WRONG) is Status.FAILED

    assert [bought.path.read_bytes() for bought in bench.spool.bought(job)] == [WRONG]


def test_a_row_that_is_sent_again_forgets_what_was_said_of_its_document(
    bench: Bench, claim: Callable[..., Job], sql: psycopg.Connection
) -> None:
    job = claim()
    bench.extract(job, RIGHT + HTML)

    sql.execute("UPDATE extraction_queue SET status = 'En attente' WHERE id = %s", [job.id])

    assert column(sql, job.id, "(identity, document_warning)") == (None, None)


def test_errors_name_the_class_of_the_failure(bench: Bench, claim: Callable[..., Job]) -> None:
    with pytest.raises(WrongDocument, match="it says lot 2784196, and 2784195 was asked"):
        bench.extract(claim(), WRONG)
    with pytest.raises(DocumentRefused, match="An HTML page came instead of a PDF"):
        bench.extract(claim(), HTML, HTML, HTML)
