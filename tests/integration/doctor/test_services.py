"""The doctor's checks of the broker and of storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from extractor.doctor.check import Finding, State
from extractor.doctor.setup import set_up
from tests.support import storage_rules
from tests.support.doctor import Only, Setter, findings
from tests.support.foreign_answers import ALL
from tests.support.storage_rules import MEBIBYTE, Bucket, Storage
from tests.support.storage_server import running_storage


@pytest.mark.usefixtures("no_site", "settings")
def test_evicting_broker_is_a_problem_and_a_silent_one_is_not(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        # As on a managed service: it says its policy, and forbids to ask for its configuration.
        client.execute_command("ACL", "SETUSER", "default", "-config|get")
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            unlimited = findings()["broker"]
            client.config_set("maxmemory", "100mb")
            evicting = findings()["broker"]
        finally:
            client.config_set("maxmemory", "0")
            client.config_set("maxmemory-policy", "noeviction")
            client.execute_command("ACL", "SETUSER", "default", "+config|get")
        client.execute_command("ACL", "SETUSER", "default", "-info")
        try:
            silent = findings()["broker"]
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+info")

    assert unlimited.state is State.WARNING
    assert "maxmemory-policy is allkeys-lru, which drops messages as soon as" in unlimited.text
    assert evicting.state is State.PROBLEM
    assert "(maxmemory-policy is allkeys-lru): rows would wait longer" in evicting.text
    assert silent == Finding("broker", State.OK, "answers; maxmemory-policy is unknown.")


@pytest.mark.usefixtures("no_site")
def test_missing_and_unwritable_folders_are_problems(settings: Setter, tmp_path: Path) -> None:
    settings(STORAGE_DIR=str(tmp_path / "elsewhere"))
    missing = findings()["storage"]
    (tmp_path / "documents" / "index").rmdir()
    (tmp_path / "documents" / "index").symlink_to("/proc")  # root writes into every directory but this one
    settings(STORAGE_DIR=str(tmp_path / "documents"))
    unwritable = findings()["storage"]

    assert missing == Finding("storage", State.PROBLEM, "Run `extractor setup`: no actes, index, plans-cadastraux.")
    assert not (tmp_path / "elsewhere").exists()
    assert unwritable.state is State.PROBLEM
    assert "Check that STORAGE_DIR can be written to" in unwritable.text


@pytest.mark.usefixtures("no_site")
def test_supabase_storage_is_proved_and_left_as_it_was(settings: Setter, tmp_path: Path) -> None:
    with running_storage(tmp_path / "supabase", "sb_secret_right") as (url, storage):
        settings(STORAGE_DIR=None, SUPABASE_URL=url, SUPABASE_SERVICE_KEY="sb_secret_right")
        right = findings()["storage"]
        settings(SUPABASE_SERVICE_KEY="sb_secret_wrong")
        wrong = findings()["storage"]
        storage.faults.fail_uploads = 1
        settings(SUPABASE_SERVICE_KEY="sb_secret_right")
        failing = findings()["storage"]
        storage.add_bucket(Bucket("index", public=True))
        public = findings()["storage"]
        del storage.buckets["actes"]
        missing = findings()["storage"]

    assert right == Finding("storage", State.OK, "wrote, read and deleted in actes, index, plans-cadastraux.")
    assert [record["bucket"] for record in storage.uploads[:3]] == ["actes", "index", "plans-cadastraux"]
    assert [record["bucket"] for record in storage.uploads[3:5]] == ["actes", "actes"]  # the large one; a failing one
    assert [path for path in storage.directory.rglob("*") if path.is_file()] == []
    assert wrong.state is failing.state is State.PROBLEM
    assert "refused SUPABASE_SERVICE_KEY" in wrong.text
    assert "sb_secret_wrong" not in wrong.text
    assert failing.text.startswith("Uploading actes/probe-")
    assert public.state is State.WARNING
    assert public.text.startswith(
        f"{right.text} Public: index. Everybody who has a document's address can read it without a key"
    )
    assert missing == Finding("storage", State.PROBLEM, "Run `extractor setup`: no actes.")
    assert storage.buckets["index"].public


@pytest.fixture
def supabase(settings: Setter, only: Only, tmp_path: Path) -> Iterator[Storage]:
    """Supabase Storage alone is examined."""
    only("storage")
    with running_storage(tmp_path / "supabase", "sb_secret_right") as (url, storage):
        settings(STORAGE_DIR=None, SUPABASE_URL=url, SUPABASE_SERVICE_KEY="sb_secret_right")
        yield storage


@pytest.mark.supported("Supabase Storage, private buckets, a secret key")
@pytest.mark.usefixtures("supabase")
def test_private_buckets_are_right() -> None:
    assert findings()["storage"].state is State.OK


@pytest.mark.supported("a directory (`STORAGE_DIR`), for development")
@pytest.mark.usefixtures("settings")
def test_directory_is_right(only: Only) -> None:
    only("storage")

    assert findings()["storage"].state is State.OK


@pytest.mark.supported("a missing bucket")
def test_missing_bucket_is_named(supabase: Storage) -> None:
    del supabase.buckets["actes"]

    assert findings()["storage"] == Finding("storage", State.PROBLEM, "Run `extractor setup`: no actes.")


@pytest.mark.supported("a public bucket")
def test_public_bucket_is_a_warning(supabase: Storage) -> None:
    supabase.add_bucket(Bucket("index", public=True))

    found = findings()["storage"]

    assert found.state is State.WARNING
    assert "Everybody who has a document's address can read it without a key" in found.text


@pytest.mark.supported("a bucket with a file size limit between 5 and 256 MB")
def test_limit_below_the_largest_document_is_a_warning(supabase: Storage) -> None:
    supabase.add_bucket(Bucket("index", size_limit=20 * MEBIBYTE))

    found = findings()["storage"]

    assert found.state is State.WARNING
    assert "The bucket index takes files up to 20 MB only, and a document may have 256 MB" in found.text


@pytest.mark.supported("a project with an upload limit below 5 MB")
def test_limit_of_the_project_is_met_by_a_large_object(supabase: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_rules, "PROJECT_LIMIT", 4 * MEBIBYTE)

    found = findings()["storage"]

    assert found.state is State.PROBLEM
    assert "Storage takes no file of this size: raise the upload limit of the project" in found.text
    assert supabase.uploads[-1]["outcome"] == "Payload too large"


def test_what_answers_in_the_place_of_storage_is_said_by_doctor_and_setup(supabase: Storage) -> None:
    for supabase.foreign, sentence in ALL.values():
        setup = {one.name: one for one in set_up(on_notice=print)}
        for found in findings()["storage"], setup["storage"]:
            assert found.state is State.PROBLEM
            assert sentence.rstrip(".") in found.text
            assert "KEY" not in found.text


def test_mix_ups_of_address_and_key_are_said(settings: Setter, only: Only) -> None:
    only("storage")
    settings(STORAGE_DIR=None, SUPABASE_URL="https://abc.supabase.co/rest/v1", SUPABASE_SERVICE_KEY="sb_secret_x")
    address = findings()["storage"]
    settings(SUPABASE_URL="https://abc.supabase.co", SUPABASE_SERVICE_KEY="sb_publishable_x")
    key = findings()["storage"]

    assert address.text == "SUPABASE_URL ends with /rest/v1: write https://abc.supabase.co alone."
    assert key.text.startswith("SUPABASE_SERVICE_KEY is the publishable key, which may store no document.")


def test_secret_that_a_sentence_quotes_is_masked(settings: Setter, only: Only) -> None:
    only("browser")
    # The sentence quotes the path.
    settings(BROWSER_EXECUTABLE="/nonexistent/planted-key", API_KEY="planted-key")
    found = findings()["browser"]

    assert found.state is State.PROBLEM
    assert "•••" in found.text
    assert "planted-key" not in found.text
