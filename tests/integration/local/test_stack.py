"""Cases in which the whole system refuses to start, before it has started anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from extractor.local.errors import LocalError
from extractor.local.stack import Outside, Stack


@pytest.mark.parametrize("module", ["tasks.py", "celeryconfig.py", "tasks/__init__.py"])
def test_a_module_that_celery_would_take_for_tasks_is_named(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / module).parent.mkdir(exist_ok=True)
    (tmp_path / module).touch()
    monkeypatch.chdir(tmp_path)
    outside = Outside(database_url=None, supabase_url=None)

    with pytest.raises(LocalError, match=f"{tmp_path / module} would be loaded instead of our"):
        Stack(tmp_path / "data", outside=outside, sessions=1, say=lambda *_: None).__enter__()

    assert not (tmp_path / "data").exists()
