"""What users get: the sdist, the wheel that is built from it, and the demo with that wheel alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pypdf
import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.support.demo import demo, left_behind
from tests.support.documents import ROOT

# Built once, in one process.
pytestmark = pytest.mark.xdist_group("package")

UV = Path(sys.executable).with_name("uv")
CARRIED = ("extractor", "tasks", "migrations", "celeryconfig.py")


def carried() -> set[str]:
    """The tree's files of the package: modules, statements, migrations, site map, the stand-in's places, pages."""
    found = (path for part in CARRIED for path in (ROOT / part, *(ROOT / part).rglob("*")))
    files = (path for path in found if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in files}


def lend_bytecode(environment: Path) -> None:
    """Give the installed packages the bytecode of the test's own environment: it saves half a minute of both cores.

    Python compares each file with its source, and compiles again what does not fit.
    """
    lender, borrower = (sysconfig.get_path("purelib", vars={"base": base}) for base in (sys.prefix, str(environment)))
    for cache in Path(lender).rglob("__pycache__"):
        target = Path(borrower, cache.relative_to(lender))
        if target.parent.is_dir():
            shutil.copytree(cache, target)


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdist, and the wheel that is built from what the sdist holds."""
    directory = tmp_path_factory.mktemp("dist")
    build: list[str | Path] = [
        UV,
        "build",
        "--quiet",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        directory,
        ROOT,
    ]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def empty_environment(dist: Path, server_directory: Path) -> Path:
    """An environment with nothing but the wheel and its dependencies, in the versions of the lock."""
    (wheel,) = dist.glob("*.whl")
    environment = server_directory / "environment"
    create: list[str | Path] = [UV, "venv", "--quiet", "--python", sys.executable, environment]
    install: list[str | Path] = [
        UV,
        "pip",
        "install",
        "--quiet",
        "--python",
        environment,
        "--constraints",
        ROOT / "requirements.lock",
    ]
    for command in (create, [*install, wheel]):
        done = subprocess.run(command, cwd=server_directory, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    lend_bytecode(environment)
    return environment


def test_sdist_has_what_the_wheel_is_built_from_and_nothing_else(dist: Path) -> None:
    (path,) = dist.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert names - carried() == {"pyproject.toml", "README.md", "LICENSE", ".gitignore", "PKG-INFO"}
    assert carried() <= names


def test_wheel_has_every_file_of_the_package_and_nothing_else(dist: Path) -> None:
    (path,) = dist.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    assert {name for name in names if ".dist-info/" not in name} == {
        re.sub("^tasks/(?=.*pth)", "registre_extractor_", re.sub("^migrations/", "extractor/migrations/", name))
        for name in carried()
    }
    kinds = {Path(name).suffix for name in names}
    assert kinds >= {".py", ".sql", ".toml", ".csv"}


@pytest.mark.supported("an edited `celeryconfig.py`")
def test_editable_install_has_no_copy_of_a_file_that_one_edits(tmp_path: Path) -> None:
    (path,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["editable"])
    with zipfile.ZipFile(path) as archive:
        pointer, pool = (name for name in archive.namelist() if ".dist-info/" not in name)
        assert set(archive.read(pointer).decode().splitlines()) == {str(ROOT)}
        assert archive.read(pool) == (ROOT / "tasks/missing_pool.pth").read_bytes()


def test_demo_of_the_wheel_fetches_three_documents_and_nothing_stays(
    empty_environment: Path, server_directory: Path
) -> None:
    reader = server_directory / "reader"
    reader.mkdir()
    (reader / ".env").write_text("DATABASE_URL=postgresql://not-for-a-demo.example/postgres\n")

    with demo([empty_environment / "bin/extractor", "demo"], reader, cwd=reader) as process:
        output, _ = process.communicate(timeout=280)

    assert process.returncode == 0, output
    for source in ("acte", "index", "plan_cadastraux"):
        seen = re.findall(rf"s  {source} +[\d ]+ (En attente|En traitement|Complété)", output)
        assert seen == ["En attente", "En traitement", "Complété"]
    paths = [Path(match) for match in re.findall(r"^  (/\S+\.pdf)  \(", output, re.MULTILINE)]
    assert len([pypdf.PdfReader(path).pages for path in paths]) == 3
    for name in ("Dashboard", "Flower"):
        assert re.search(rf"  {name} +http://127\.0\.0\.1:\d+, until the demo ends", output)
    assert f"all that it wrote is in {reader}/.data/demo." in output
    # The words at the end can be followed
    assert output.splitlines()[-1].strip() == f"{empty_environment / 'bin/extractor'} up"
    assert {path.name for path in reader.iterdir()} == {".env", ".data"}
    assert left_behind(reader) == []
