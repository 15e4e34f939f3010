"""The doctor's checks of the broker and of storage."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from extractor.doctor.check import Finding, State
from tests.support.doctor import Only, Setter, findings
from tests.support.storage_rules import Bucket
from tests.support.storage_server import running_storage


@pytest.mark.usefixtures("no_site", "settings")
def test_evicting_broker_is_a_warning_and_a_silent_one_is_not(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            evicting = findings()["broker"]
        finally:
            client.config_set("maxmemory-policy", "noeviction")
        client.execute_command("ACL", "SETUSER", "default", "-config")
        try:
            silent = findings()["broker"]
        finally:
            client.execute_command("ACL", "SETUSER", "default", "+config")

    assert evicting.state is State.WARNING
    assert "maxmemory-policy is allkeys-lru" in evicting.text
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


def test_secret_that_a_sentence_quotes_is_masked(settings: Setter, only: Only) -> None:
    only("browser")
    # The sentence quotes the path.
    settings(BROWSER_EXECUTABLE="/nonexistent/planted-key", API_KEY="planted-key")
    found = findings()["browser"]

    assert found.state is State.PROBLEM
    assert "•••" in found.text
    assert "planted-key" not in found.text
