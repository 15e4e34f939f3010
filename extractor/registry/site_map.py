"""The registry's site as data: paths, selectors and texts of `site.toml`, or of the user's own file."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from extractor.errors import ConfigurationError
from extractor.models import Source


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Paths(_Section):
    """Paths below the site's base URL."""

    entry: str
    login: str
    acte: str
    index: str
    plan_cadastraux: str
    plan_selection: str

    def form(self, source: Source) -> str:
        """The form of a source."""
        return {
            Source.ACTE: self.acte,
            Source.INDEX: self.index,
            Source.PLAN_CADASTRAUX: self.plan_cadastraux,
        }[source]


class LoginControls(_Section):
    """Selectors of the login page."""

    username: str
    password: str
    submit: str
    question: str


class FormControls(_Section):
    """Selectors of the three forms."""

    circonscription: str
    cadastre: str
    designation: str
    lot: str
    acte_type: str
    inscription: str
    submit: str
    submit_acte: str
    circonscription_none: str


class AnswerMarks(_Section):
    """Selectors of what can follow a form."""

    message: str
    choice: str
    choice_submit: str
    on_paper: str
    confirm: str
    continue_: str = Field(alias="continue")
    menu_frame: str
    save_link: str


class Texts(_Section):
    """Fragments of the site's messages, by meaning."""

    not_found: tuple[str, ...]
    inactive: tuple[str, ...]
    similar: tuple[str, ...]
    expired: tuple[str, ...]
    closed: tuple[str, ...]
    waiting: tuple[str, ...]
    logout: tuple[str, ...]


class SiteMap(_Section):
    """All that the client knows of the site's pages."""

    paths: Paths
    login: LoginControls
    form: FormControls
    answer: AnswerMarks
    texts: Texts


def load_site_map(own_file: Path | None = None) -> SiteMap:
    """Read the site map of the package, or the user's; raises ConfigurationError naming the line at fault."""
    origin = str(own_file) if own_file else "extractor/registry/site.toml"
    try:
        text = (own_file or resources.files(__package__) / "site.toml").read_text(encoding="utf-8")
        return SiteMap.model_validate(tomllib.loads(text))
    except OSError as error:
        raise ConfigurationError(f"REGISTRY_SITE_MAP cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{origin} is not valid TOML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors())
        raise ConfigurationError(f"{origin}: {problems}") from error
