"""The registry's site as data: paths, selectors and texts of `site.toml`, changed by the user's own file."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from extractor.errors import ConfigurationError
from extractor.models import Source

_NOTHING = LexborHTMLParser("")


def _parse_selector(selector: str) -> str:
    try:
        _NOTHING.css_first(selector)
    except SelectolaxError:
        raise ValueError(f"“{selector}” is not a CSS selector") from None
    return selector


Path_ = Annotated[str, StringConstraints(pattern=r"^/")]
Selector = Annotated[str, AfterValidator(_parse_selector)]
# An empty fragment would be found in every text.
Fragments = Annotated[
    tuple[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)], ...], Field(min_length=1)
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paths(_Section):
    """Paths below the site's base URL."""

    entry: Path_
    login: Path_
    acte: Path_
    index: Path_
    plan_cadastraux: Path_
    plan_selection: Path_
    confirmation: Path_

    @property
    def before_billing(self) -> frozenset[str]:
        """The paths of pages that show no bought document."""
        return frozenset(getattr(self, name) for name in type(self).model_fields)

    def form(self, source: Source) -> str:
        return {
            Source.ACTE: self.acte,
            Source.INDEX: self.index,
            Source.PLAN_CADASTRAUX: self.plan_cadastraux,
        }[source]


class LoginControls(_Section):
    """Selectors of the login page, and of the controls that lead to it."""

    username: Selector
    password: Selector
    submit: Selector
    question: Selector
    door: Selector


class FormControls(_Section):
    """Selectors of the three forms."""

    circonscription: Selector
    cadastre: Selector
    designation: Selector
    lot: Selector
    acte_type: Selector
    inscription: Selector
    submit: Selector
    submit_acte: Selector
    none_values: tuple[str, ...]


class AnswerMarks(_Section):
    """Selectors of what can follow a form."""

    message: Selector
    choice: Selector
    choice_submit: Selector
    on_paper: Selector
    confirm: Selector
    continue_: Selector = Field(alias="continue")
    menu_frame: Annotated[str, StringConstraints(min_length=1)]
    page_frame: Annotated[str, StringConstraints(min_length=1)]
    save_link: Selector


class Texts(_Section):
    """Fragments of the site's messages, by meaning."""

    not_found: Fragments
    inactive: Fragments
    similar: Fragments
    expired: Fragments
    closed: Fragments
    waiting: Fragments
    logout: Fragments
    away: Fragments
    document: Fragments


class SiteMap(_Section):
    """All that the client knows about the site's pages."""

    paths: Paths
    login: LoginControls
    form: FormControls
    answer: AnswerMarks
    texts: Texts

    def selector(self, key: str) -> str:
        """The selector behind a dotted key, as errors name it: `form.lot`."""
        section, name = key.split(".")
        return str(getattr(getattr(self, section), name))


def load_site_map(own_file: Path | None = None) -> SiteMap:
    """Read the site map of the package with the user's changes; raises ConfigurationError naming the key at fault."""
    fields = tomllib.loads((resources.files(__package__) / "site.toml").read_text(encoding="utf-8"))
    if own_file:
        fields = _merged(fields, _read(own_file))
    try:
        return SiteMap.model_validate(fields)
    except ValidationError as error:
        problems = "; ".join(_sentence(problem) for problem in error.errors(include_url=False))
        raise ConfigurationError(f"REGISTRY_SITE_MAP {own_file or 'site.toml'}: {problems}.") from error


def _read(own_file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(own_file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"REGISTRY_SITE_MAP cannot be read: {error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"REGISTRY_SITE_MAP {own_file} is not valid TOML: {error}") from error


def _merged(fields: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The user's lines win, section by section. A misnamed key stays, so that the validation names it."""
    merged = dict(fields)
    for section, lines in changes.items():
        known = fields.get(section)
        merged[section] = {**known, **lines} if isinstance(known, dict) and isinstance(lines, dict) else lines
    return merged


def _sentence(problem: Any) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{key} is not a key of the site map"
    return f"{key}: {problem['msg'].removeprefix('Value error, ')}"
