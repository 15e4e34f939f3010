"""Reads settings from the environment and from a `.env`, as people, editors and Kubernetes write them.

Blanks and line ends around a value are dropped: `echo` ends a secret with a line end, which no header may hold.
Whatever else cannot be part of a value is refused, with the name of the file or of the variable, and never the value
of a secret. A misspelt name is refused too: a limit on money that nobody reads would be no limit.
"""

from __future__ import annotations

import codecs
import io
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from dotenv import dotenv_values
from dotenv.parser import Original, parse_stream
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from rapidfuzz import process
from rapidfuzz.distance import OSA

from extractor.errors import ConfigurationError

DEFAULT_FILE = ".env"
# How the file begins that `make up` writes for the commands of another terminal.
MARK_OF_UP = "# Written by `extractor up`"
UP_HAS_ENDED = (
    "`make up` is not running, and ENV_FILE names the file that it wrote: start it again, or `unset ENV_FILE` to use"
    " the settings of .env."
)
_MARKS_OF_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_QUOTES = {"'": "'", '"': '"', "`": "`", "“": "”", "‘": "’", "«": "»"}
# Kubernetes gives each container NAME_PORT=tcp://ADDRESS:PORT for every service of its namespace.
_SERVICE_LINK = re.compile(r"(?:tcp|udp|sctp)://")
# What desktops set for gettext, and not for this program: locales in order of preference, such as fr_CA:fr:en.
_LOCALES = re.compile(r".*[:_.@].*|C|POSIX")
# A misspelt name has one slip per this many letters, and two at most: other programs have APP_PORT and APP_KEY.
_LETTERS_PER_SLIP, _MOST_SLIPS = 9, 2
# In which sentence a wrong value is refused, by pydantic's type of the error; other types are in its own words.
_MUST_BE = {
    "float_parsing": "a number with a point and without a unit, such as {number}",
    "decimal_parsing": "a number with a point and without a unit, such as {number}",
    "int_parsing": "a whole number without a unit, such as {whole}",
    "bool_parsing": "true or false",
    "enum": "{expected}",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_LINE_END = re.compile(r"\r\n|\n|\r")


class Variables(BaseSettings):
    """Settings whose only source is what `read` gives.

    The reader of `.env` in pydantic-settings comes first otherwise, and says of a file only which byte it met.
    """

    model_config = SettingsConfigDict(frozen=True, hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 -- the signature is pydantic-settings'
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Without the sources of pydantic-settings itself."""
        return (init_settings,)


def read(names: Collection[str]) -> dict[str, str]:
    """The values of the named variables, given in capitals; a variable of the environment wins over a line of the file.

    An empty value counts as none. Raises ConfigurationError, also for a name that is close to one that is not given.
    """
    variables = {name: value for name, value in os.environ.items() if not is_foreign(name, value)}
    file = env_file()
    lines = _read(Path(file)) if file else {}
    values = _named(names, lines, file or "") | _named(names, variables, "the environment")
    missing = [name for name in names if name not in values]
    problems = [*_misspelt(names, missing, lines, file or ""), *_misspelt(names, missing, variables, "the environment")]
    if problems:
        raise ConfigurationError("\n".join(problems))
    return values


def env_file() -> str | None:
    """The file of settings: what ENV_FILE names, else `.env` of the working directory if there is one.

    None when neither is there, or when ENV_FILE is empty.
    """
    named = os.environ.get("ENV_FILE")
    if named is None:
        return DEFAULT_FILE if os.path.lexists(DEFAULT_FILE) else None
    return named.strip() or None


def is_of_up(path: Path) -> bool:
    """Whether the file is one that `make up` wrote; False where none can be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK_OF_UP)) == MARK_OF_UP.encode()
    except OSError:
        return False


def comes_from_up(name: str) -> bool:
    """Whether the named setting has its value from the file that `make up` wrote."""
    file = env_file()
    return file is not None and not os.environ.get(name, "").strip() and is_of_up(Path(file))


def lacks_a_file() -> bool:
    """Whether nobody named a file, and the working directory has none."""
    return "ENV_FILE" not in os.environ and env_file() is None


def wrong_value(value: str, kind: str, context: Mapping[str, object], default: object) -> str | None:
    """What is wrong with a value and what is right, without the name: `is '0,5', but must be a number …, such as 0.5.`

    `kind` and `context` are the type and the parameters of pydantic's error. None for a type that has no such sentence.
    """
    if kind not in _MUST_BE:
        return None
    typed = _NUMBER.search("".join(value.split()))
    number = typed[0].replace(",", ".") if typed else str(default or 1)
    examples = {"number": number, "whole": number if number.isdigit() else default or 1}
    expected = str(context.get("expected", "")).replace("'", "")
    return f"is '{value}', but must be {_MUST_BE[kind].format(**{**context, **examples, 'expected': expected})}."


def is_foreign(name: str, value: str) -> bool:
    """Whether the variable is another program's of the same name."""
    return is_service_link(name, value) or (name.upper() == "LANGUAGE" and _LOCALES.fullmatch(value) is not None)


def is_service_link(name: str, value: str) -> bool:
    """Whether Kubernetes set this variable for a service: `API_PORT=tcp://10.0.0.1:8000` is no setting."""
    return name.upper().endswith("_PORT") and _SERVICE_LINK.match(value) is not None


def _named(names: Collection[str], given: Mapping[str, str | None], where: str) -> dict[str, str]:
    values = {name.upper(): value for name, value in given.items() if value is not None and name.upper() in names}
    cleaned = {name: _clean(name, value, where) for name, value in values.items()}
    return {name: value for name, value in cleaned.items() if value}


def _misspelt(
    names: Collection[str], missing: Collection[str], given: Mapping[str, str | None], where: str
) -> Iterator[str]:
    """One sentence for each given name that is none of `names`, and close to a missing one."""
    for name, value in given.items():
        written = name.upper()
        slips = min(len(written) // _LETTERS_PER_SLIP, _MOST_SLIPS)
        if not value or not slips or written in names:
            continue
        if meant := process.extractOne(written, missing, scorer=OSA.distance, score_cutoff=slips):
            yield f"{name} in {where} is no setting, but {meant[0]} is: correct the name, or remove it."


def _clean(name: str, value: str, where: str) -> str:
    value = value.strip()
    if len(value) > 1 and _QUOTES.get(value[0]) == value[-1]:
        raise ConfigurationError(
            f"{name} in {where} stands in quotes that would become part of its value: leave them out."
        )
    if not value.isprintable():
        raise ConfigurationError(
            f"{name} in {where} contains a character that cannot be seen, such as a line break or a NUL:"
            " write its value again, on one line."
        )
    return value


def _read(path: Path) -> Mapping[str, str | None]:
    try:
        text = _decode(path.read_bytes(), path)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{path} does not exist: correct ENV_FILE, or leave it out.") from error
    except IsADirectoryError as error:
        raise ConfigurationError(
            f"{path} is a directory: Docker makes it when the file to mount is missing. Put the file there instead."
        ) from error
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}): let the user who runs this command read it."
        ) from error
    for line in parse_stream(io.StringIO(text)):
        if line.error or (line.key is not None and line.value is None):
            raise ConfigurationError(
                f"Line {_number(line.original)} of {path} is not NAME=value: correct it, or put # before it."
            )
    return dotenv_values(stream=io.StringIO(text))


def _number(original: Original) -> int:
    """The number of a line of the file; its text may begin with the empty lines before it."""
    text = original.string
    return original.line + len(_LINE_END.findall(text[: len(text) - len(text.lstrip())]))


def _decode(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-16" if data.startswith(_MARKS_OF_UTF16) else "utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(
            f"Line {line} of {path} is not UTF-8, but perhaps Windows-1252: save the file as UTF-8 in your editor."
        ) from error
    if "\0" in text:
        raise ConfigurationError(
            f"{path} contains NUL bytes, perhaps because it is UTF-16: save the file as UTF-8 in your editor."
        )
    return text
