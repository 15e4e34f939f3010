"""What a worker loads before it forks: each module costs time at every start, and memory in every process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Measured as the slow ones that a worker does not use. Celery itself loads Flower and our bridge, its commands.
UNUSED = (
    "extractor.api",
    "extractor.cli",
    "extractor.doctor",
    "extractor.operations",
    "extractor.standin",
    "fastapi",
    "postgrest",
    "pypdf",
    "pypdfium2",
    "python_calamine",
    "realtime",
    "starlette",
    "supabase",
    "supabase_auth",
    "typer",
    "uvicorn",
)
LOAD = """
import json, sys
import tasks.celery, tasks.lifecycle, tasks.extract
from extractor.documents.storage import open_store
from extractor.settings import load_settings
open_store(load_settings()).close()
print(json.dumps(sorted(sys.modules)))
"""
STORES = {
    "directory": {"STORAGE_DIR": "storage"},
    "supabase": {"SUPABASE_URL": "https://a.example", "SUPABASE_SERVICE_KEY": "planted-key"},
}


@pytest.mark.parametrize("store", STORES)
def test_worker_loads_only_what_it_uses(store: str, tmp_path: Path) -> None:
    needed = {"ENV_FILE": "", "DATABASE_URL": "postgresql://127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}

    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        env=needed | STORES[store],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = json.loads(done.stdout)
    assert "playwright.sync_api" in loaded  # before the fork, so that its children share it
    assert set(loaded).isdisjoint(UNUSED)
    assert ("storage3" in loaded) is (store == "supabase")
