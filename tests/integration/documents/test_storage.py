"""Both stores keep one promise; Supabase's is tested through its real client against the rules of the real API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from extractor.documents.local_storage import LocalStorage
from extractor.documents.storage import DocumentStore
from extractor.documents.supabase_storage import SupabaseStorage
from extractor.errors import ConfigurationError, StorageError
from tests.support.storage_rules import Bucket, Storage
from tests.support.storage_server import running_storage

KEY = "sb_secret_invented"


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "spooled.pdf"
    path.write_bytes(b"%PDF-1.4 first")
    return path


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Storage]]:
    with running_storage(tmp_path / "supabase", KEY) as running:
        yield running


@pytest.fixture(params=["local", "supabase"])
def store(request: pytest.FixtureRequest, tmp_path: Path, server: tuple[str, Storage]) -> Iterator[DocumentStore]:
    stores: dict[str, Callable[[], DocumentStore]] = {
        "local": lambda: LocalStorage(tmp_path / "local"),
        "supabase": lambda: SupabaseStorage(server[0], KEY),
    }
    server[1].buckets.clear()
    with closing(stores[request.param]()) as store:
        store.prepare()
        yield store


@pytest.fixture
def supabase(server: tuple[str, Storage]) -> Iterator[SupabaseStorage]:
    with closing(SupabaseStorage(server[0], KEY)) as store:
        store.prepare()
        yield store


def test_document_comes_back_as_it_went(store: DocumentStore, pdf: Path) -> None:
    store.upload("actes", "25616321-Montreal.pdf", pdf)

    assert store.download("actes", "25616321-Montreal.pdf") == pdf.read_bytes()


def test_object_that_is_there_is_overwritten_only_on_request(store: DocumentStore, pdf: Path) -> None:
    store.upload("index", "a.pdf", pdf)
    pdf.write_bytes(b"%PDF-1.4 second")

    with pytest.raises(StorageError, match=r"index/a\.pdf failed: .*another"):
        store.upload("index", "a.pdf", pdf)
    assert store.download("index", "a.pdf") == b"%PDF-1.4 first"

    store.upload("index", "a.pdf", pdf, replace=True)
    assert store.download("index", "a.pdf") == b"%PDF-1.4 second"


def test_missing_object_is_none(store: DocumentStore) -> None:
    assert store.download("plans-cadastraux", "none.pdf") is None


def test_preparing_twice_changes_nothing(store: DocumentStore, pdf: Path) -> None:
    store.upload("index", "a.pdf", pdf)

    store.prepare()

    assert store.download("index", "a.pdf") == pdf.read_bytes()


def test_buckets_are_told_and_made_private_one_setting_at_a_time(
    server: tuple[str, Storage], supabase: SupabaseStorage
) -> None:
    server[1].add_bucket(Bucket("index", size_limit=10, mime_types=("image/png",), public=True))
    del server[1].buckets["actes"]
    assert supabase.buckets() == {"index": True, "plans-cadastraux": False}

    supabase.make_private("index")

    assert supabase.buckets() == {"index": False, "plans-cadastraux": False}
    assert server[1].buckets["index"] == Bucket("index", size_limit=10, mime_types=("image/png",))


def test_bucket_that_another_process_creates_at_the_same_moment_is_no_error(
    supabase: SupabaseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supabase, "buckets", dict)  # this process looked before the other one had created it

    supabase.prepare()


def test_server_in_trouble_does_not_blame_the_key(server: tuple[str, Storage], supabase: SupabaseStorage) -> None:
    server[1].faults.fail_listings = 1

    with pytest.raises(StorageError, match="Supabase Storage is in trouble: Internal Server Error"):
        supabase.prepare()


def test_fault_of_the_server_leaves_the_upload_to_be_repeated(
    server: tuple[str, Storage], supabase: SupabaseStorage, pdf: Path
) -> None:
    server[1].faults.fail_uploads = 1

    with pytest.raises(StorageError, match=r"Uploading index/a\.pdf failed"):
        supabase.upload("index", "a.pdf", pdf)
    supabase.upload("index", "a.pdf", pdf)

    assert supabase.download("index", "a.pdf") == pdf.read_bytes()


def test_wrong_key_is_a_sentence_at_start_and_never_a_missing_object(server: tuple[str, Storage]) -> None:
    with closing(SupabaseStorage(server[0], "sb_secret_wrong")) as store:
        with pytest.raises(ConfigurationError, match="refused SUPABASE_SERVICE_KEY"):
            store.prepare()
        with pytest.raises(StorageError):
            store.download("index", "a.pdf")


def test_unreachable_storage_is_storages_fault(pdf: Path) -> None:
    with closing(SupabaseStorage("http://127.0.0.1:9", KEY)) as store:
        with pytest.raises(StorageError):
            store.prepare()
        with pytest.raises(StorageError):
            store.upload("index", "a.pdf", pdf)
