"""A `.env` and an environment as people, editors and Kubernetes write them: read, or refused with a sentence."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from extractor.errors import ConfigurationError
from extractor.language.sentences import Language
from extractor.settings import Settings, load_settings

NEEDED = "DATABASE_URL=postgresql://localhost/x\nREDIS_URL=redis://localhost/0\n"
TEXT = f"# Les clés\n{NEEDED}SUPABASE_URL=https://a.example\nSUPABASE_SERVICE_KEY=planted-key\n"
NOBODY = 65534


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory, and an environment without any setting."""
    for name in (*Settings.model_fields, "env_file"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield tmp_path
    load_settings.cache_clear()


def key() -> str:
    value = load_settings().supabase_service_key
    return value.get_secret_value() if value else ""


def refusal() -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_settings()
    assert "planted" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(
            TEXT.encode(), marks=pytest.mark.supported("a `.env` in UTF-8, with a byte order mark or without")
        ),
        TEXT.partition("\n")[2].encode("utf-8-sig"),
        pytest.param(TEXT.encode("utf-16"), marks=pytest.mark.supported("a `.env` in UTF-16, as PowerShell writes it")),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        pytest.param(
            TEXT.replace("\n", "\r\n").encode(), marks=pytest.mark.supported("a `.env` with the line ends of Windows")
        ),
        TEXT.replace("\n", "\r").encode(),
        pytest.param(
            TEXT.replace("SUPABASE_", "export SUPABASE_").encode(),
            marks=pytest.mark.supported("`export` before a name, quotes around a value of a `.env`"),
        ),
        TEXT.replace("planted-key", '"planted-key"').encode(),
        TEXT.replace("planted-key", "'planted-key'  # the secret one").encode(),
        TEXT.replace("SERVICE_KEY=", "SERVICE_KEY = ").encode(),
    ],
)
def test_file_is_read_as_editors_write_it(data: bytes) -> None:
    Path(".env").write_bytes(data)
    assert key() == "planted-key"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(
            TEXT.encode("cp1252"),
            "Line 1 of .env is not UTF-8, but perhaps Windows-1252: save the file as UTF-8 in your editor.",
            marks=pytest.mark.supported("a `.env` in Windows-1252"),
        ),
        pytest.param(
            TEXT.replace("é", "e").encode("utf-16-le"),
            ".env contains NUL bytes, perhaps because it is UTF-16: save the file as UTF-8 in your editor.",
            marks=pytest.mark.supported("a `.env` in UTF-16 without a byte order mark, or with NUL bytes"),
        ),
        (TEXT.encode() + b"API_KEY=planted\0", ".env contains NUL bytes, perhaps because it is UTF-16"),
        pytest.param(
            TEXT.replace("SUPABASE_URL=", "SUPABASE_URL: ").encode(),
            "Line 4 of .env is not NAME=value: correct it, or put # before it.",
            marks=pytest.mark.supported("a line of a `.env` that sets nothing"),
        ),
        (f"{TEXT}\n\nDAILY_CONSULTATION_LIMIT\n".encode(), "Line 8 of .env is not NAME=value"),
        (f"{TEXT}\r\n\r\nexport API_KEY".encode(), "Line 8 of .env is not NAME=value"),
        (TEXT.replace("planted-key", '"planted-key').encode(), "Line 5 of .env is not NAME=value"),
        (
            TEXT.replace("planted-key", '"planted\n-key"').encode(),
            "SUPABASE_SERVICE_KEY in .env contains a character that cannot be seen, such as a line break or a NUL",
        ),
        (TEXT.replace("planted-key", "“planted-key”").encode(), "SUPABASE_SERVICE_KEY in .env stands in quotes"),
        pytest.param(
            TEXT.replace("planted-key", "plantéd-key").encode(),
            "SUPABASE_SERVICE_KEY contains a letter that no HTTP header can carry: copy the key again.",
            marks=pytest.mark.supported("a letter with an accent in SUPABASE_SERVICE_KEY"),
        ),
    ],
)
def test_file_that_cannot_be_read_is_named_with_the_cure(data: bytes, sentence: str) -> None:
    Path(".env").write_bytes(data)
    assert refusal().startswith(sentence)


@pytest.mark.parametrize(
    "misspelt",
    [
        pytest.param(
            "DALY_CONSULTATION_LIMIT",
            marks=pytest.mark.supported("a misspelt name of a setting"),
        ),
        "DAILY_CONSULATION_LIMITS",
        "daily_consultations_limit",
    ],
)
def test_misspelt_name_of_a_limit_is_refused_wherever_it_stands(misspelt: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cure = "is no setting, but DAILY_CONSULTATION_LIMIT is: correct the name, or remove it."
    Path(".env").write_text(f"{TEXT}{misspelt}=1\n")
    in_file = refusal()
    Path(".env").write_text(TEXT)
    monkeypatch.setenv(misspelt, "1")

    assert in_file == f"{misspelt} in .env {cure}"
    assert refusal() == f"{misspelt} in the environment {cure}"


def test_every_misspelt_name_is_listed() -> None:
    Path(".env").write_text(f"{TEXT}REUSE_DAY=1\nMAX_CONSULTATION_PER_JOB=1\nPAID_WITHOUT_DOCUMENTS_LIMIT=1\n")

    assert [line.partition(" ")[0] for line in refusal().splitlines()] == [
        "REUSE_DAY",
        "MAX_CONSULTATION_PER_JOB",
        "PAID_WITHOUT_DOCUMENTS_LIMIT",
    ]


@pytest.mark.parametrize(
    "line",
    ["APP_KEY=x", "APP_PORT=1", "API_URL=x", "DATABASE_URI=x", "SUPABASE_URLS=x", "WORKER_MEMORY=2g", "LOG_LEVELS="],
)
def test_name_of_another_program_is_left_alone(line: str) -> None:
    Path(".env").write_text(f"{TEXT}{line}\n")

    assert key() == "planted-key"


@pytest.mark.supported("a missing `.env`")
def test_missing_file_is_named_only_where_a_setting_lacks() -> None:
    assert refusal().splitlines()[-1] == (
        f"There is no .env in {Path.cwd()}: run this where yours is, or name it in ENV_FILE."
    )


@pytest.mark.supported("an ENV_FILE that is not there, a directory named `.env`, a file that may not be read")
def test_file_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    monkeypatch.setenv("ENV_FILE", "production.env")
    assert refusal() == "production.env does not exist: correct ENV_FILE, or leave it out."

    monkeypatch.delenv("ENV_FILE")
    Path(".env").mkdir()
    assert refusal().startswith(".env is a directory: Docker makes it when the file to mount is missing.")
    Path(".env").rmdir()

    Path(".env").write_text(TEXT)
    Path(".env").chmod(0)
    directory.chmod(0o755)
    with _without_roots_rights():
        assert refusal().startswith(".env cannot be read (Permission denied): let the user who runs this command read")


class _without_roots_rights:  # noqa: N801 -- reads like a function
    def __enter__(self) -> None:
        self._user = os.geteuid()
        if self._user == 0:
            os.seteuid(NOBODY)

    def __exit__(self, *_: object) -> None:
        os.seteuid(self._user)


@pytest.mark.supported("blanks or a line end around a value, as a secret made with `echo` has them")
def test_secret_made_with_echo_is_read_without_its_line_end(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(NEEDED)
    monkeypatch.setenv("SUPABASE_URL", "https://a.example\r\n")
    monkeypatch.setenv("SUPABASE_SERVICE_KEY", " planted-key\n")
    monkeypatch.setenv("API_KEY", " \n")

    assert (key(), load_settings().supabase_url, load_settings().api_key) == ("planted-key", "https://a.example", None)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        pytest.param(
            "planted\nX-Injected: 1",
            "SUPABASE_SERVICE_KEY in the environment contains a character that cannot be seen, such as a line break or"
            " a NUL: write its value again, on one line.",
            marks=pytest.mark.supported("a line break, a NUL or another character that cannot be seen inside a value"),
        ),
        ("planted\u200bkey", "SUPABASE_SERVICE_KEY in the environment contains a character that cannot be seen"),
        ("planted\udce9", "SUPABASE_SERVICE_KEY in the environment contains a character that cannot be seen"),
        pytest.param(
            '"planted-key"',
            "SUPABASE_SERVICE_KEY in the environment stands in quotes that would become part of its value: leave them"
            " out.",
            marks=pytest.mark.supported(
                "quotes around a value of the environment, as `docker run --env-file` keeps them"
            ),
        ),
    ],
)
def test_secret_that_no_header_can_carry_is_refused(value: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(TEXT)
    monkeypatch.setenv("SUPABASE_SERVICE_KEY", value)
    assert refusal().startswith(sentence)


@pytest.mark.supported("service links of Kubernetes, such as `API_PORT=tcp://10.0.0.1:8000`")
def test_service_link_of_kubernetes_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text(f"{TEXT}API_PORT=8080\n")
    for service in ("API", "METRICS", "REDIS"):
        monkeypatch.setenv(f"{service}_PORT", "tcp://10.0.0.1:8000")
        monkeypatch.setenv(f"{service}_PORT_8000_TCP_ADDR", "10.0.0.1")
        monkeypatch.setenv(f"{service}_SERVICE_HOST", "10.0.0.1")

    assert (load_settings().api_port, load_settings().metrics_port, load_settings().metrics_host) == (
        8080,
        None,
        "127.0.0.1",
    )


@pytest.mark.parametrize("desktop", ["fr_CA:fr:en", "en_US:en", "de_DE", "fr_CA.UTF-8", "C", "POSIX"])
def test_language_of_a_desktop_is_no_setting(monkeypatch: pytest.MonkeyPatch, directory: Path, desktop: str) -> None:
    (directory / ".env").write_text(f"{TEXT}LANGUAGE=fr\n")
    monkeypatch.setenv("LANGUAGE", desktop)
    of_desktop = load_settings().language
    monkeypatch.setenv("LANGUAGE", "en")
    load_settings.cache_clear()

    assert of_desktop is Language.FRENCH
    assert load_settings().language is Language.ENGLISH


def test_language_that_the_program_does_not_speak(monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
    (directory / ".env").write_text(TEXT)
    monkeypatch.setenv("LANGUAGE", "de")

    assert refusal() == "LANGUAGE is 'de', but must be en or fr."
