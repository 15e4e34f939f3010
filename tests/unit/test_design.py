"""DESIGN.md agrees with the code: the rooms in the order of their layers, and the path of one row through the files."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tests.support.documents import ROOT

DESIGN = (ROOT / "DESIGN.md").read_text()
MOST_FILES = 45
MOST_FOLDERS = 7
MOST_FILES_BESIDE_THE_ROOMS = 9
EXTENSIONS = ("py", "sql", "toml", "csv")


def section(title: str) -> str:
    return DESIGN.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_rooms_stand_in_the_order_of_their_layers() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["type"] == "layers")
    layers = [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]
    table = section("Where things are").partition("| room in `extractor/` | does |")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    rooms = [name.removesuffix(".py") for cell in cells for name in re.findall(r"`([\w.]+)/?`", cell)]
    for layer in layers:
        assert sorted(rooms[: len(layer)]) == sorted(layer)
        del rooms[: len(layer)]
    assert rooms == []


def test_every_file_of_tasks_is_described() -> None:
    table = section("Where things are").partition("| file in `tasks/` | does |")[2].partition("\n\n")[0]
    described = set(re.findall(r"`(\w+\.py)`", "\n".join(line.split("|")[1] for line in table.splitlines() if line)))
    assert described == {path.name for path in (ROOT / "tasks").glob("*.py")} - {"__init__.py"}


def test_few_files_lie_beside_the_rooms() -> None:
    assert len([*(ROOT / "extractor").glob("*.py")]) <= MOST_FILES_BESIDE_THE_ROOMS


def test_the_path_of_one_row_is_short_and_leads_over_files_that_exist() -> None:
    lines = re.findall(r"^(\d+)\. `([^`]+)`: \S", section("A newcomer's path"), re.MULTILINE)
    numbers, files = [int(number) for number, _ in lines], [Path(file) for _, file in lines]
    assert numbers == [*range(1, len(lines) + 1)] != []
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert len(files) == len(set(files))


def test_the_section_names_no_more_files_than_a_newcomer_can_read() -> None:
    """Every file that the section names counts, also one that is only mentioned beside another."""
    files = named_files(section("A newcomer's path"))
    assert len(files) <= MOST_FILES
    assert len({file.parent for file in files}) <= MOST_FOLDERS


def test_a_file_that_is_mentioned_beside_another_counts() -> None:
    text = "1. `tasks/bridge.py`: by `errors.py`, `dispatcher.sql`, `tasks/bridge.py` again; not `tasks/`, `Jobs`."
    assert named_files(text) == {
        Path("tasks/bridge.py"), Path("extractor/errors.py"), Path("extractor/postgres/sql/dispatcher.sql"),
    }  # fmt: skip


def named_files(text: str) -> set[Path]:
    """Every file that a text names, by its path or by its name alone; of files of one name the one nearest the top."""
    tops = ("extractor", "tasks", "migrations")
    paths = sorted((path.relative_to(ROOT) for top in tops for path in (ROOT / top).rglob("*.*")), key=_depth)
    names = re.findall(rf"`([\w./]+\.(?:{'|'.join(EXTENSIONS)}))`", text)
    return {next(path for path in paths if path == Path(name) or path.name == name) for name in names}


def _depth(path: Path) -> int:
    return len(path.parts)
