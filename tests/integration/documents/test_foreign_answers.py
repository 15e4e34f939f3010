"""Only Storage's own word counts: everything else is a sentence, never a wrong key, never "there is no such object"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from extractor.documents.storage import DocumentStore, prove
from extractor.documents.supabase_storage import SupabaseStorage
from extractor.errors import ConfigurationError, StorageError
from tests.support import foreign_answers, raw_server
from tests.support.foreign_answers import Answers
from tests.support.storage_rules import Bucket, Foreign, Storage
from tests.support.storage_server import running_storage

KEY = "sb_secret_invented"

Call = Callable[[DocumentStore, Path], object]
CALLS: dict[str, Call] = {
    "prove": lambda store, _: prove(store),
    "buckets": lambda store, _: store.buckets(),
    "limits": lambda store, _: store.limits(),
    "prepare": lambda store, _: store.prepare(),
    "make_private": lambda store, _: store.make_private("index"),
    "upload": lambda store, pdf: store.upload("index", "new.pdf", pdf),
    "download": lambda store, _: store.download("index", "a.pdf"),
    "delete": lambda store, _: store.delete("index", "a.pdf"),
    "link": lambda store, _: store.link("index", "a.pdf", 60),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Storage]]:
    with running_storage(tmp_path_factory.mktemp("supabase"), KEY) as running:
        yield running


@pytest.fixture(scope="module")
def shared(server: tuple[str, Storage]) -> Iterator[SupabaseStorage]:
    with closing(SupabaseStorage(server[0], KEY)) as store:
        yield store


@pytest.fixture
def storage(server: tuple[str, Storage]) -> Iterator[Storage]:
    yield server[1]
    server[1].foreign = None


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "spooled.pdf"
    path.write_bytes(b"%PDF-1.4")
    return path


def refusal(call: Call, store: DocumentStore, pdf: Path) -> str:
    """What the call says, in one line; nothing but storage is to blame."""
    with pytest.raises(StorageError) as caught:
        call(store, pdf)
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(".")
    assert "KEY" not in said
    return said


@pytest.mark.parametrize(
    "answers",
    [
        pytest.param(
            foreign_answers.OTHER, marks=pytest.mark.supported("a gateway, proxy or page that answers for Storage")
        ),
        pytest.param(foreign_answers.REDIRECT, marks=pytest.mark.supported("an address that redirects")),
        pytest.param(foreign_answers.BUSY, marks=pytest.mark.supported("too many requests (HTTP 429)")),
        pytest.param(foreign_answers.TROUBLE, marks=pytest.mark.supported("a server error (HTTP 5xx)")),
        pytest.param(foreign_answers.PAUSED, marks=pytest.mark.supported("a paused project")),
        pytest.param(foreign_answers.RESTRICTED, marks=pytest.mark.supported("a project that Supabase restricts")),
    ],
)
def test_answer_that_is_not_storages_is_a_sentence(
    answers: Answers, shared: SupabaseStorage, storage: Storage, pdf: Path
) -> None:
    for answer, sentence in answers.values():
        storage.foreign = answer
        for name, call in CALLS.items():
            assert sentence in refusal(call, shared, pdf), name


def test_page_in_the_place_of_the_bytes_is_no_document(shared: SupabaseStorage, storage: Storage, pdf: Path) -> None:
    shared.upload("index", "a.pdf", pdf)
    path = storage.directory / "index" / "a.pdf"
    info = b'{"name":"a.pdf","size":8}'
    answers = [_http(200, info), _http(200, foreign_answers.HTML)]

    with raw_server.running() as raw, closing(SupabaseStorage(raw.url, KEY)) as store:
        raw.answers.extend(answers)
        assert f"{len(foreign_answers.HTML)} bytes came of 8." in refusal(CALLS["download"], store, pdf)
    path.unlink()


@pytest.mark.supported("a line that is closed")
@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[", b"\x16\x03nonsense\r\n\r\n"]
)
def test_line_that_is_closed_is_a_sentence(answer: bytes, pdf: Path) -> None:
    with raw_server.running() as raw, closing(SupabaseStorage(raw.url, KEY)) as store:
        for name, call in CALLS.items():
            raw.answers[:] = [answer]
            assert "The line to Supabase Storage was closed before its answer was complete." in refusal(
                call, store, pdf
            ), name


@pytest.mark.supported("a line that is not secure")
def test_line_that_is_not_secure_is_a_sentence(server: tuple[str, Storage], pdf: Path) -> None:
    with closing(SupabaseStorage(server[0].replace("http", "https"), KEY)) as store:
        assert "No secure line to Supabase Storage: " in refusal(CALLS["upload"], store, pdf)


@pytest.mark.supported("a host without an address")
def test_host_without_an_address_is_a_sentence(pdf: Path) -> None:
    with closing(SupabaseStorage("http://gone.invalid", KEY)) as store:
        assert "The host in SUPABASE_URL has no address" in refusal(CALLS["buckets"], store, pdf)


def _own(status: str, error: str, message: str) -> Foreign:
    body = f'{{"statusCode":"{status}","error":"{error}","message":"{message}"}}'
    return Foreign(400, body.encode())


def test_only_storages_own_not_found_is_absence(shared: SupabaseStorage, storage: Storage, pdf: Path) -> None:
    assert shared.download("index", "gone.pdf") is None

    storage.foreign = _own("404", "not_found", "Object not found")
    assert shared.download("index", "a.pdf") is None
    assert shared.link("index", "a.pdf", 60) is None

    storage.foreign = _own("404", "Bucket not found", "Bucket not found")
    for name in ("download", "link"):
        assert "Storage shows no such bucket: run `extractor setup`." in refusal_of_bucket(name, shared, pdf)


def refusal_of_bucket(name: str, store: DocumentStore, pdf: Path) -> str:
    with pytest.raises(StorageError) as caught:
        CALLS[name](store, pdf)
    return str(caught.value)


@pytest.mark.supported("a key that Storage refuses")
@pytest.mark.parametrize(
    "answer",
    [
        _own("403", "Unauthorized", "Invalid Compact JWS"),
        Foreign(401, b'{"message":"Invalid API key","hint":"Double check it."}'),
    ],
    ids=["Storage", "Supabase's gateway"],
)
def test_key_is_blamed_by_those_who_know_it(
    answer: Foreign, shared: SupabaseStorage, storage: Storage, pdf: Path
) -> None:
    storage.foreign = answer
    for name in ("buckets", "limits", "prepare", "make_private", "prove"):
        with pytest.raises(ConfigurationError, match="Supabase Storage refused SUPABASE_SERVICE_KEY: Invalid"):
            CALLS[name](shared, pdf)
    for name in ("upload", "download", "delete", "link"):
        with pytest.raises(StorageError, match="refused SUPABASE_SERVICE_KEY"):
            CALLS[name](shared, pdf)


@pytest.mark.parametrize(
    ("bucket", "sentence"),
    [
        pytest.param(
            Bucket("index", mime_types=("image/png",)),
            "The bucket index takes only image/png: add application/pdf to its allowed MIME types",
            marks=pytest.mark.supported("a bucket that takes no PDFs"),
        ),
        pytest.param(
            Bucket("index", size_limit=2 * 2**20),
            "The bucket index takes files up to 2 MB only, and documents have up to 5 MB: remove its file size limit",
            marks=pytest.mark.supported("a bucket with a file size limit below 5 MB"),
        ),
    ],
)
def test_bucket_that_would_hold_documents_back_is_seen_at_start(
    bucket: Bucket, sentence: str, shared: SupabaseStorage, storage: Storage, pdf: Path
) -> None:
    before = storage.buckets["index"]
    storage.add_bucket(bucket)
    try:
        assert sentence in refusal(CALLS["prove"], shared, pdf)
    finally:
        storage.add_bucket(before)


def test_bad_proxy_or_certificate_file_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://x")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY, ALL_PROXY or SSL_CERT_FILE cannot be used"):
        SupabaseStorage("http://127.0.0.1:9", KEY)


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (status, len(body), body)
