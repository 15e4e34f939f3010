"""A download as one ZIP file: the documents come into a folder beside it first, so that a killed run goes on there."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

from extractor.documents.storage import DocumentStore
from extractor.operations.document_index import INDEX, read_index
from extractor.operations.downloads import Downloaded, Report, download
from extractor.operations.refusals import NotPossible
from extractor.postgres.database import Database
from extractor.reports import Filter


def download_zip(database: Database, store: DocumentStore, chosen: Filter, file: Path, report: Report) -> Downloaded:
    """Write the ZIP file with the documents and their index; raises as `download`, and NotPossible for a foreign file.

    `FILE.zip.parts` is the folder. It needs as much room as the documents, and goes when the file has its name. An
    earlier FILE.zip of this command keeps its documents and gets further ones.
    """
    folder = file.with_name(f"{file.name}.parts")
    if file.exists():
        _unpack(file, folder)
    folder.mkdir(exist_ok=True)
    done = download(database, store, chosen, folder, report)
    if index := read_index(folder / INDEX):
        _pack(folder, [line["file"] for line in index.values() if line["file"]], file)
    shutil.rmtree(folder)
    return done


def _unpack(file: Path, folder: Path) -> None:
    """Put back what the folder lacks; a file that is there is newer, or will be judged by its hash."""
    try:
        with zipfile.ZipFile(file) as archive:
            names = archive.namelist()
            if INDEX not in names or any(Path(name).name != name for name in names):
                raise NotPossible(f"{file} is no file of this command, and stays as it is: choose another name.")
            for name in names:
                if not (folder / name).exists():
                    archive.extract(name, folder)
    except zipfile.BadZipFile as error:
        raise NotPossible(f"{file} is no ZIP file, and stays as it is: choose another name.") from error


def _pack(folder: Path, names: list[str], file: Path) -> None:
    """Stored and not deflated: a PDF is compressed already."""
    partial = file.with_name(f"{file.name}.part")
    with partial.open("wb") as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name in [INDEX, *names]:
                if (folder / name).exists():  # a person may have deleted one since
                    archive.write(folder / name, name)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(file)
