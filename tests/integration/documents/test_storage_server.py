"""The stand-in for Supabase Storage keeps the real API's rules, as seen through the real client."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from storage3.exceptions import StorageApiError
from storage3.types import FileOptions
from supabase import Client, ClientOptions, create_client

from extractor.local.child_process import ChildProcess
from tests.support import storage_server
from tests.support.storage_rules import PROJECT_LIMIT, Bucket, Storage

KEY = "sb_secret_test"
PDF = b"%PDF-1.7\r\n--boundary\r\n\x00\xff%%EOF"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Storage]]:
    with storage_server.running_storage(tmp_path / "objects", KEY) as running:
        yield running


@pytest.fixture
def state(served: tuple[str, Storage]) -> Storage:
    return served[1]


@pytest.fixture
def connect(served: tuple[str, Storage]) -> Iterator[Callable[[str], Client]]:
    with httpx.Client(timeout=10) as http:
        yield lambda key: create_client(served[0], key, ClientOptions(httpx_client=http))


@pytest.fixture
def client(connect: Callable[[str], Client]) -> Client:
    return connect(KEY)


def refusal_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(StorageApiError) as caught:
        call()
    return str(caught.value.status), caught.value.code


def test_what_is_uploaded_can_be_listed_and_downloaded(client: Client) -> None:
    bucket = client.storage.from_("actes")
    key = "Montreal/a b (1).pdf"

    uploaded = bucket.upload(key, PDF, {"content-type": "application/pdf"})

    assert uploaded.full_path == f"actes/{key}"
    assert bucket.download(key) == PDF
    assert bucket.info(key)["size"] == len(PDF)
    assert bucket.exists(key)
    assert [entry["name"] for entry in bucket.list("Montreal")] == ["a b (1).pdf"]
    assert {found.id for found in client.storage.list_buckets()} == {"actes", "index", "plans-cadastraux"}


def test_only_the_string_true_overwrites(client: Client) -> None:
    bucket = client.storage.from_("actes")
    bucket.upload("a.pdf", b"first")

    assert refusal_of(lambda: bucket.upload("a.pdf", b"second")) == ("409", "Duplicate")
    bucket.upload("a.pdf", b"third", {"upsert": "true"})

    assert bucket.download("a.pdf") == b"third"


def test_removed_objects_are_missing(client: Client) -> None:
    bucket = client.storage.from_("actes")
    bucket.upload("a.pdf", PDF)

    bucket.remove(["a.pdf", "never.pdf"])

    assert refusal_of(lambda: bucket.download("a.pdf")) == ("404", "not_found")
    assert not bucket.exists("a.pdf")


@pytest.mark.parametrize("key", ["Montréal.pdf", "n°1.pdf", "a~b.pdf", "a[1].pdf", "l’acte.pdf"])
def test_keys_outside_the_alphabet_are_invalid(client: Client, key: str) -> None:
    assert refusal_of(lambda: client.storage.from_("actes").upload(key, PDF)) == ("400", "InvalidKey")


def test_an_overlong_part_of_a_key_breaks_the_server(client: Client) -> None:
    assert refusal_of(lambda: client.storage.from_("actes").upload("a" * 256, PDF)) == ("500", "Internal")


def test_a_missing_bucket_is_named(client: Client) -> None:
    missing = client.storage.from_("none")

    assert refusal_of(lambda: missing.upload("a.pdf", PDF)) == ("404", "Bucket not found")
    assert refusal_of(lambda: missing.download("a.pdf")) == ("404", "Bucket not found")


def test_size_and_type_limits_of_a_bucket(client: Client, state: Storage) -> None:
    state.add_bucket(Bucket("small", size_limit=10, mime_types=("application/pdf",)))
    bucket = client.storage.from_("small")
    pdf: FileOptions = {"content-type": "application/pdf"}

    assert refusal_of(lambda: bucket.upload("a.pdf", b"x" * 11, pdf)) == ("413", "Payload too large")
    assert refusal_of(lambda: bucket.upload("a.txt", b"x")) == ("415", "invalid_mime_type")
    bucket.upload("a.pdf", b"x" * 10, pdf)


def test_buckets_are_created_and_changed_by_their_settings(client: Client, state: Storage) -> None:
    buckets = client.storage
    buckets.create_bucket("new", options={"file_size_limit": 10, "allowed_mime_types": ["application/pdf"]})
    buckets.update_bucket("new", {"public": True})
    created = buckets.get_bucket("new")

    assert (created.public, created.file_size_limit, created.allowed_mime_types) == (True, 10, ["application/pdf"])
    assert refusal_of(lambda: buckets.create_bucket("new")) == ("409", "Duplicate")
    assert refusal_of(lambda: buckets.update_bucket("none", {"public": True})) == ("404", "Bucket not found")
    above = PROJECT_LIMIT + 1
    too_large = refusal_of(lambda: buckets.create_bucket("large", options={"file_size_limit": above}))
    assert too_large == ("413", "Payload too large")
    assert "large" not in state.buckets


def test_a_wrong_key_is_unauthorized_except_on_reading(connect: Callable[[str], Client]) -> None:
    stranger = connect("sb_secret_wrong")
    bucket = stranger.storage.from_("actes")

    assert refusal_of(stranger.storage.list_buckets) == ("403", "Unauthorized")
    assert refusal_of(lambda: bucket.upload("a.pdf", PDF)) == ("403", "Unauthorized")
    assert refusal_of(bucket.list) == ("403", "Unauthorized")
    assert refusal_of(lambda: bucket.download("a.pdf")) == ("404", "Bucket not found")


def test_a_role_without_policy_sees_no_bucket(connect: Callable[[str], Client], state: Storage) -> None:
    visitor = connect(state.anon_key)

    assert visitor.storage.list_buckets() == []
    assert refusal_of(lambda: visitor.storage.from_("actes").upload("a.pdf", PDF)) == ("403", "Unauthorized")


def test_faults_strike_as_often_as_planned(client: Client, state: Storage) -> None:
    bucket = client.storage.from_("actes")
    state.faults.fail_uploads = 1
    state.faults.store_then_fail = 1

    assert refusal_of(lambda: bucket.upload("a.pdf", PDF)) == ("500", "Internal")
    assert not bucket.exists("a.pdf")
    assert refusal_of(lambda: bucket.upload("a.pdf", PDF)) == ("500", "Internal")
    assert bucket.exists("a.pdf")
    assert refusal_of(lambda: bucket.upload("a.pdf", PDF)) == ("409", "Duplicate")
    assert [upload["outcome"] for upload in state.uploads] == ["Internal", "Internal", "Duplicate"]


def test_a_stalled_upload_outlasts_the_client(served: tuple[str, Storage], state: Storage) -> None:
    state.faults.stall_seconds = 0.5
    headers = {"apikey": KEY, "authorization": f"Bearer {KEY}"}

    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{served[0]}/storage/v1/object/actes/a.pdf", content=PDF, headers=headers, timeout=0.1)


def test_it_runs_as_a_process_with_faults_over_http(tmp_path: Path) -> None:
    module = [sys.executable, "-m", "tests.support.storage_server"]
    command = [*module, "--port", "0", "--key", KEY, "--directory", str(tmp_path / "objects")]

    with ChildProcess(command, output=subprocess.PIPE, stop_signal=signal.SIGINT) as server:
        line = server.stdout.readline().decode()
        assert line.startswith("storage ready on http://")
        url = line.split()[-1]
        assert httpx.put(f"{url}/_faults", json={"fail_uploads": 3}).json()["fail_uploads"] == 3
        assert httpx.get(f"{url}/_uploads").json() == []
