"""What the spool keeps over a crash, and what it forgets."""

from __future__ import annotations

import json
import os
from pathlib import Path
from uuid import UUID

import pytest

from extractor.documents.judge import hash_of
from extractor.documents.spool import Bought, Spool
from extractor.errors import DocumentRefused
from extractor.matching.request import Request
from extractor.models import Document, Identity, Job, Source
from tests.support.jobs import a_job
from tests.support.pdfs import pdf_bytes

REQUEST = Request(Source.INDEX, "2784195", "Montréal", cadastre="Cadastre du Québec", why="as asked")


def keep(spool: Spool, job: Job, data: bytes = b"%PDF-") -> Bought:
    spool.incoming(job).write_bytes(data)
    return spool.keep(job, REQUEST)


def put(spool: Spool, job: Job, data: bytes = b"%PDF-") -> Document:
    path = keep(spool, job, data).path
    document = Document(path=path, sha256=hash_of(path), size_bytes=len(data), pages=2, warning="Odd.",
                        identity=Identity.CHECKED)  # fmt: skip
    return spool.put(job, document, REQUEST)


def age(directory: Path) -> None:
    for path in directory.iterdir():
        os.utime(path, (0, 0), follow_symlinks=False)


class TestBytes:
    def test_are_found_by_another_attempt_with_what_was_asked_for_them(self, tmp_path: Path) -> None:
        job = a_job(attempt_id=1)
        kept = keep(Spool(tmp_path), job, b"bytes")

        later = Spool(tmp_path)

        assert later.holds(job.id)
        assert later.bought(job.model_copy(update={"attempt_id": 2})) == [kept] == [Bought(kept.path, REQUEST, job)]
        assert kept.path.read_bytes() == b"bytes"
        assert not later.incoming(job).exists()
        assert later.get(job) is None

    def test_of_each_download_are_kept_until_one_is_dropped(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        first, second = keep(spool, job, b"1"), keep(spool, job, b"2")

        spool.drop(first)

        assert spool.bought(job) == [second]

    def test_are_on_the_disk_before_they_have_their_name(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        job, spool = a_job(), Spool(tmp_path)
        synced = list[str]()
        monkeypatch.setattr(os, "fsync", lambda file: synced.append(str(Path(f"/proc/self/fd/{file}").readlink())))

        keep(spool, job)

        assert synced[0] == str(spool.incoming(job))
        assert synced[-1] == str(tmp_path)

    def test_are_found_without_the_request_when_a_crash_or_another_version_spoilt_it(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        for spoilt in (b"", b"{", b"[]", b'{"source": "vente"}', b'{"source": "index", "colour": 1}'):
            kept = keep(spool, job)
            kept.path.with_suffix(".json").write_bytes(spoilt)
            assert spool.bought(job) == [Bought(kept.path, None)]
            spool.drop(kept)

    def test_that_were_refused_are_all_named(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        first, second = keep(spool, job), keep(spool, job)
        os.utime(first.path, (0, 0))

        assert spool.refused(job) == [second.path, first.path]


class TestDocument:
    def test_is_given_back_to_another_attempt(self, tmp_path: Path) -> None:
        job = a_job(attempt_id=1)
        stored = put(Spool(tmp_path), job)

        later = job.model_copy(update={"attempt_id": 2})

        assert Spool(tmp_path).get(later) == (stored, REQUEST)
        assert Spool(tmp_path).get(a_job()) is None
        assert Spool(tmp_path).bought(later) == []

    def test_is_not_there_before_its_download_was_finished(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        spool.incoming(job).write_bytes(pdf_bytes()[:100])

        assert (spool.get(job), spool.bought(job), spool.holds(job.id)) == (None, [], False)

    def test_takes_the_place_of_what_came_before_it(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        keep(spool, job, b"worse")
        put(spool, job)

        assert {path.name for path in tmp_path.iterdir()} == {f"{job.id}.pdf", f"{job.id}.json", "id"}

    def test_whose_bytes_have_changed_is_refused(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        put(spool, job).path.write_bytes(b"other")

        with pytest.raises(DocumentRefused, match="no longer has the hash"):
            spool.get(job)

    @pytest.mark.parametrize("spoilt", [None, b"", b'{"pages": 1}'])
    def test_whose_facts_are_lost_is_judged_again(self, tmp_path: Path, spoilt: bytes | None) -> None:
        job, spool = a_job(), Spool(tmp_path)
        document = put(spool, job)
        facts = document.path.with_suffix(".json")
        facts.write_bytes(spoilt) if spoilt is not None else facts.unlink()

        assert spool.get(job) is None
        assert spool.bought(job) == [Bought(document.path, None)]

    def test_of_an_earlier_version_is_read(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        document = put(spool, job)
        facts = {"sha256": document.sha256, "size_bytes": document.size_bytes, "pages": 2}
        document.path.with_suffix(".json").write_text(json.dumps(facts))

        found = spool.get(job)

        assert found is not None
        assert (found[0].identity, found[1]) == (Identity.UNCHECKED, None)

    def test_discard_leaves_nothing_of_the_job(self, tmp_path: Path) -> None:
        job, other, spool = a_job(), a_job(), Spool(tmp_path)
        for each in (job, other):
            put(spool, each)
            keep(spool, each)

        spool.discard(job)

        assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {str(other.id), "id"}


# As many of one kind as collide somewhere: in a glob, without dots, on a disk that knows no capital letters.
IDS = ("1", "12", "-1", "1.2", "1.2.3", "a", "A", "a.A", "A.a", "..", ".", ".a", "a.", "a_b",
       "id", "x.pdf", "x.json", "x.tmp", "x.1.part", "x", "row-x", "0-0", str(UUID(int=1)), str(UUID(int=10)).upper(),
       str(UUID(int=10)), "Z" * 100, "." * 100)  # fmt: skip


# Names that no id is written as.
UNDECODABLE = ("row~.pdf", "row~A.pdf", "row~~.pdf", "row~a~.pdf", "row~1 2.pdf", f"{str(UUID(int=10)).upper()}.pdf")


class TestIdsOfAnAdoptedTable:
    """Whole numbers and texts of letters, digits, `_`, `.` and `-`, beside uuids."""

    @pytest.fixture(autouse=True)
    def no_disk_waits(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(os, "fsync", lambda _descriptor: None)

    def test_document_of_one_row_is_no_other_rows(self, tmp_path: Path) -> None:
        spool, rows = Spool(tmp_path / "spool"), [a_job(id=each, attempt_id=2**63 - 1) for each in IDS]
        for job in rows:
            put(spool, job, job.id.encode())
            keep(spool, job, job.id.encode())
            spool.incoming(job).write_bytes(b"half")
        assert not any(path.is_dir() for path in (tmp_path / "spool").iterdir())
        assert list(tmp_path.iterdir()) == [tmp_path / "spool"]

        while rows:
            found = [(spool.get(job), spool.bought(job), spool.incoming(job).exists()) for job in rows]
            assert [document and document[0].path.read_bytes().decode() for document, _, _ in found] == [
                job.id for job in rows
            ]
            assert [(len(bought), incoming) for _, bought, incoming in found] == [(1, True)] * len(rows)
            gone = rows.pop()
            spool.discard(gone)
            assert not spool.holds(gone.id)

    def test_have_names_that_differ_where_capital_letters_count_for_nothing(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)

        assert len({spool.incoming(a_job(id=each)).name.lower() for each in IDS}) == len(IDS)

    def test_are_read_back_from_the_names_and_swept(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        for each in IDS:
            put(spool, a_job(id=each))
        age(tmp_path)

        old = spool.old_jobs(older_than_seconds=60)

        assert old == set(IDS)
        assert spool.sweep(old, older_than_seconds=60) == len(IDS)
        assert [path.name for path in tmp_path.iterdir()] == ["id"]

    def test_of_a_uuid_keep_the_names_of_earlier_versions(self, tmp_path: Path) -> None:
        job = a_job()

        assert put(Spool(tmp_path), job).path == tmp_path / f"{job.id}.pdf"


def test_keeps_its_name_whoever_opens_it(tmp_path: Path) -> None:
    assert Spool(tmp_path).id == Spool(tmp_path).id


def test_document_whose_facts_were_damaged_has_them_again(tmp_path: Path) -> None:
    job, spool = a_job(), Spool(tmp_path)
    document = put(spool, job)
    document.path.with_suffix(".json").write_text("{")
    (bought,) = spool.bought(job)

    spool.put(job, document.model_copy(update={"path": bought.path}), REQUEST)

    assert spool.get(job) == (document, REQUEST)


class TestSweep:
    def test_forgets_what_a_kill_left_half_done(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        put(spool, job)
        keep(spool, a_job())
        kept = set(tmp_path.iterdir())
        for end in ("part", "part.try", "part.try.lead", "part.plain", "2.json", "pdf.tmp"):
            (tmp_path / f"{a_job().id}.1.{end}").write_bytes(b"half")
        (tmp_path / f"{a_job().id}.json").write_bytes(b"{}")  # before the rename to a .pdf, whose bytes were dropped
        age(tmp_path)

        assert spool.sweep([], older_than_seconds=60) == 7

        assert set(tmp_path.iterdir()) == kept

    def test_forgets_what_no_row_waits_for(self, tmp_path: Path) -> None:
        spool = Spool(tmp_path)
        waiting, unjudged, finished, late = a_job(), a_job(), a_job(), a_job()
        put(spool, waiting)
        keep(spool, unjudged)
        put(spool, finished)
        keep(spool, late)  # bytes of a row that another worker completed
        spool.incoming(waiting).write_bytes(b"half")
        spool.incoming(waiting).with_suffix(".part.try").write_bytes(b"a quarter")
        age(tmp_path)
        young = a_job()
        put(spool, young)

        old = spool.old_jobs(older_than_seconds=60)
        assert old == {job.id for job in (waiting, unjudged, finished, late)}
        assert spool.sweep(old - {waiting.id, unjudged.id}, older_than_seconds=60) == 4

        assert {job.id for job in (waiting, unjudged, finished, late, young) if spool.holds(job.id)} == {
            waiting.id,
            unjudged.id,
            young.id,
        }
        assert not spool.incoming(waiting).exists()

    def test_leaves_foreign_files_alone(self, tmp_path: Path) -> None:
        job, spool = a_job(), Spool(tmp_path)
        put(spool, job)
        foreign = ("notes.pdf", "scan.bought", "lost+found.part", "download.part", ".nfs0001", "README", *UNDECODABLE)
        for name in foreign:
            (tmp_path / name).write_bytes(b"")
        directory = a_job().id
        (tmp_path / f"{directory}.pdf").mkdir()
        (tmp_path / f"{a_job().id}.1.part").mkdir()
        (tmp_path / "dangling.pdf").symlink_to(tmp_path / "nowhere")
        age(tmp_path)

        assert spool.old_jobs(older_than_seconds=60) == {job.id, directory}
        assert spool.sweep({job.id, directory}, older_than_seconds=60) == 2

        assert {path.name for path in tmp_path.iterdir()} >= set(foreign)
        assert not spool.holds(job.id)

    def test_a_file_that_cannot_be_looked_at_stops_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job, secret, spool = a_job(), tmp_path / "secret.pdf", Spool(tmp_path)
        put(spool, job)
        secret.write_bytes(b"")
        age(tmp_path)
        stat = Path.stat

        def no_permission(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
            if path == secret:
                raise PermissionError(path)
            return stat(path, follow_symlinks=follow_symlinks)

        monkeypatch.setattr(Path, "stat", no_permission)  # the tests may run as root, whom nothing is forbidden

        spool.sweep(spool.old_jobs(older_than_seconds=60), older_than_seconds=60)

        assert not spool.holds(job.id)
