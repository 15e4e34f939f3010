"""All settings: typed, read from the environment and `.env`, contradictions refused with a sentence."""

from __future__ import annotations

import base64
import binascii
import functools
import logging
import os
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar, get_args

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)

from extractor import environment
from extractor.broker.address import RedisAddress
from extractor.errors import ConfigurationError
from extractor.language.sentences import Language

Read = TypeVar("Read", bound=environment.Variables)

# Any other address is refused: in their errors libraries quote the host and port that they read from it, and there
# those may be parts of the password.
_CHARACTER = r"(?:[^@/?#\[\]%\s]|%[0-9A-Fa-f]{2})"
_HOST = r"(?:\[[^\]@]*\]|[^:,@/?#\[\]\s]*)(?::\d*)?"
_ADDRESS = rf"://(?:{_CHARACTER}*@)?{_HOST}(?:,{_HOST})*(?:[/?][^@]*)?"

_PORT = r":(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d\d|655[0-2]\d|6553[0-5])"
_WEB_ADDRESS = rf"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?:{_PORT})?(?:[/?][^\s#]*)?"


def _address(scheme: str, form: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        begins, separator, _ = value.get_secret_value().partition("://")
        if separator and re.fullmatch(r"(jdbc:)?[a-z0-9+.-]+", begins) and not re.fullmatch(scheme, begins):
            raise ValueError(f"begins with {begins}://, so it is another address: it must be {form}.")
        if not re.fullmatch(scheme + _ADDRESS, value.get_secret_value()):
            raise ValueError(
                f"is not {form}: percent-encode the special characters of its password (@ is %40, / is %2F, % is %25),"
                " and leave out a template's brackets and quotes."
            )
        return value

    return AfterValidator(check)


def _known_to_libpq(value: SecretStr) -> SecretStr:
    """Other drivers have parameters of their own, and dashboards put them into the addresses that they show."""
    try:
        conninfo_to_dict(value.get_secret_value())
    except ProgrammingError as error:
        unknown = re.search(r'invalid URI query parameter: "([^"]*)"', str(error))
        parameter = (
            f", {unknown[1]}: it belongs to another driver. Remove it" if unknown else ": read what follows its ?"
        )
        raise ValueError(f"has a parameter that Postgres does not know{parameter}.") from error
    return value


def _is_redis_address(value: SecretStr) -> SecretStr:
    RedisAddress.parse(value.get_secret_value())
    return value


def _is_webhook_secret(text: str) -> bool:
    """Whether this is `whsec_` and a key as https://www.standardwebhooks.com wants it."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        return False
    return text.startswith("whsec_") and 24 <= len(key) <= 64


DatabaseUrl = Annotated[
    SecretStr,
    _address("postgres(?:ql)?", "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
    AfterValidator(_known_to_libpq),
]
RedisUrl = Annotated[SecretStr, _address("rediss?", "redis://:PASSWORD@HOST:PORT/0"), AfterValidator(_is_redis_address)]


class Settings(environment.Variables):
    """Every field is an environment variable of the same name in capitals, or a line of `.env` (or of ENV_FILE)."""

    database_url: DatabaseUrl
    """Postgres, by a direct connection or a session pooler: a transaction pooler carries no LISTEN."""
    redis_url: RedisUrl
    """The Celery broker, one for each database. `rediss://` verifies the server's certificate: `?ssl_ca_certs=FILE`
    names your own authority, and `?ssl_cert_reqs=none` believes every certificate."""

    supabase_url: str | None = None
    supabase_service_key: SecretStr | None = None
    storage_dir: Path | None = None
    """A directory instead of Supabase Storage, for development."""
    spool_dir: Path = Path(".data/spool")
    """This host's own disk, where a bought document lies until storage has it."""

    evidence_dir: Path = Path(".data/evidence")
    """What pages looked like when something failed, with the credentials masked."""
    evidence_days: int = Field(default=14, ge=0)
    """Workers delete evidence older than this, unless it holds a paid document that was refused."""

    registry_base_url: str = "https://www.registrefoncier.gouv.qc.ca"
    registry_site_map: Path | None = None
    """Your own file with the lines of the site map that differ from the package's."""
    browser_executable: Path | None = None
    headless: bool = True

    language: Language = Language.ENGLISH
    """`en` or `fr`: of `error_message`, of `why` and of the API's problems. Codes, logs and commands stay English.

    After a change run `extractor migrate`: the database writes some of these sentences itself.
    """

    worker_id: str | None = Field(default=None, max_length=100)
    """Names the worker; its processes are `WORKER_ID-1`, `WORKER_ID-2`, … By default Celery's node name."""
    log_level: str = "INFO"
    log_format: Literal["auto", "human", "json"] = "auto"
    """`json` writes one object per line, `human` one sentence; `auto` is `human` on a terminal, else `json`."""
    metrics_port: int | None = Field(default=None, ge=1, le=65535)
    """Where Prometheus finds this process's /metrics; none by default. Each process of a host needs its own."""
    metrics_host: str = "127.0.0.1"
    """The address of that port; /metrics asks for no password."""

    heartbeat_seconds: float = Field(default=10, gt=0)
    """How often a worker process renews what it holds. A report or a bridge takes a process for silent after six times
    the HEARTBEAT_SECONDS of its own settings, so set the same value everywhere."""
    lease_seconds: float = Field(default=30, gt=0)
    """How long a silent holder keeps its account and its row; others find a dead one within twice this time."""
    pace_seconds: float = Field(default=1, ge=0)
    """The least time between two actions on the site: a human pace, and never less by default."""
    requests: Literal["form", "learned"] = "form"
    """`form` fills in each form; `learned` sends a request that workers have seen often enough as one POST, without the
    form (docs/learned.md)."""
    page_timeout_seconds: float = Field(default=60, gt=0)
    """For one page of the registry; production pages were often slower than 10 s (docs/site.md#in-production)."""
    document_timeout_seconds: float = Field(default=300, gt=0)
    """From the submit to the document; it can take 3 minutes and sometimes more (docs/site.md#waiting)."""
    start_timeout_seconds: float = Field(default=240, gt=0)
    """For a worker process to open its browser and log in; after that it ends and Celery starts another."""
    job_timeout_seconds: float = Field(default=540, gt=0)
    """After this time on one row the process no longer renews its lease, and Celery kills it."""
    shutdown_grace_seconds: float = Field(default=360, gt=0)
    """What the supervisor allows between SIGTERM and SIGKILL (`stop_grace_period`); a paid wait must fit into it."""
    account_wait_seconds: float = Field(default=60, gt=0)
    """How long a process without a free account stays off the queue, looking for one."""
    session_idle_seconds: float = Field(default=1800, gt=0)
    """After this time without a row a process closes its session, which frees the account for other workers."""
    deaf_seconds: float = Field(default=60, gt=0)
    """When messages wait this long while all its processes are idle, a worker takes its broker connection for dead
    and restarts itself."""

    recycle_jobs: int = Field(default=50, ge=1)
    """After this many rows a session gets a new browser context with its cookies, because Playwright's driver grows."""
    max_browser_mb: int = Field(default=1500, gt=0)
    """When the browser's process tree uses more memory, the session starts a new browser with its cookies."""
    min_free_disk_mb: int = Field(default=500, ge=0)
    """With less free on the spool's disk a worker claims no row: a paid document must fit."""
    housekeeping_seconds: float = Field(default=60, gt=0)
    """How often a process ends orphan browsers and deletes old evidence and old spool files of this host."""

    sweep_seconds: float = Field(default=5, gt=0)
    """The bridge looks at the table at least this often, whatever NOTIFY says."""
    dispatch_window: int = Field(default=20, gt=0)
    """The most messages that the bridge puts on one queue of the broker, however long the table is."""
    redispatch_seconds: float = Field(default=60, gt=0)
    """The bridge sends a row again when no process claimed it for this long and its queue lacks messages."""
    retry_backoff_seconds: float = Field(default=30, gt=0)
    """The wait before the second attempt; it doubles with each further one."""
    snooze_seconds: float = Field(default=30, gt=0)
    """The wait before a process may claim a row again that another gave back."""
    breaker_seconds: float = Field(default=60, gt=0)
    """How long a source's breaker stays open after the site failed several of its rows in a row; doubles up to 32
    times this."""
    max_kills: int = Field(default=3, ge=1)
    """When this many processes died while they held a row, the row stays at Erreur until a person decides."""
    max_snoozes_per_day: int = Field(default=50, ge=1)
    """A row given back this often within a day stays at Erreur until a person decides, so no row circles forever."""
    proof_seconds: float = Field(default=10, gt=0)
    """How often the bridge tests that notifications reach it; without that proof it polls."""
    account_rest_seconds: float = Field(default=900, gt=0)
    """How long an account rests after a refused login; doubles with each further refusal."""

    accounts_key: SecretStr | None = None
    """Seals the accounts' passwords in the database; several, separated by commas: the first seals, all open."""

    max_consultations_per_job: int = Field(default=2, ge=1)
    """How many consultations one row may have; 1 = never pay twice. The row's `max_consultations` wins."""
    daily_consultation_limit: int | None = Field(default=100, ge=0)
    """Consultations per day (Québec's day) over all rows; 0 = no limit, and an empty value is the default.

    About 150 $ per day: more than an office asks for by hand, and a bound for a night in which something goes round.
    """
    paid_without_document_limit: int = Field(default=3, ge=0)
    """After this many consultations of a source in succession without a document it is paused for a person; 0 = never.

    Consultations of all workers and rows of the source count, and one document ends the count. One or two may be bad
    luck of the site.
    """
    spool_hold_seconds: float = Field(default=3600, ge=0)
    """How long a row waits for the disk on which its bought document lies, before any worker may buy it again."""
    reuse_days: int = Field(default=0, ge=0)
    """A row equal to one completed within this many days gets that row's document; with 0 it is bought again."""

    import_confirm_dollars: Decimal = Field(default=Decimal(100), ge=0)
    """An import that costs more, or repeats rows, asks first or wants --yes; 0 = every import does.

    About what the registry bills for a day's limit: a wrong file of that size is noticed before it is paid.
    """

    webhook_url: SecretStr | None = None
    """Who is told of each end of a row, by the bridge; many services put a secret into such an address."""
    webhook_secret: SecretStr | None = None
    """Signs what is sent there; several, separated by commas: each signs, so that the receiver may change."""
    event_days: int = Field(default=30, ge=1, le=3650)
    """How long the bridge keeps an event: for a receiver that is down, and for a stream that goes on where it broke."""

    api_host: str = "127.0.0.1"
    """Where the HTTP API listens; by default only this machine can reach it."""
    api_port: int = Field(default=3000, ge=0, le=65535)
    api_key: SecretStr | None = None
    """What callers of the API must show; without it the API starts on a loopback address only."""
    allowed_hosts: str = ""
    """Behind a reverse proxy: the names by which a browser reaches the API and Flower, separated by commas, no ports.

    On a loopback address both answer to no other name than localhost and these: a foreign web page can let its own
    name mean 127.0.0.1. On another address every name is answered while this is empty.
    """

    @property
    def broker(self) -> RedisAddress:
        """What `redis_url` says, as redis-py, Celery and Flower take it."""
        return RedisAddress.parse(self.redis_url.get_secret_value())

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.upper() not in logging.getLevelNamesMapping():
            raise ValueError(f"is '{value}', but must be DEBUG, INFO, WARNING or ERROR.")
        return value.upper()

    @field_validator("registry_base_url")
    @classmethod
    def _is_site(cls, value: str) -> str:
        if not re.fullmatch(_WEB_ADDRESS, value):
            lacks_beginning = re.fullmatch(_WEB_ADDRESS, f"https://{value}")
            raise ValueError(
                f"is '{value}', but must begin with https://: write https://{value}."
                if lacks_beginning
                else "is not https://HOST or http://HOST:PORT, without user, password and #."
            )
        return value

    @field_validator("registry_base_url", "supabase_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else value

    @field_validator("supabase_service_key")
    @classmethod
    def _fits_into_a_header(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not value.get_secret_value().isascii():
            raise ValueError("contains a letter that no HTTP header can carry: copy the key again.")
        return value

    @field_validator("daily_consultation_limit")
    @classmethod
    def _zero_is_no_limit(cls, value: int | None) -> int | None:
        return value or None

    @field_validator("accounts_key")
    @classmethod
    def _is_keys(cls, value: SecretStr | None) -> SecretStr | None:
        keys = value.get_secret_value().split(",") if value else []
        if not all(re.fullmatch(r"\s*[A-Za-z0-9_-]{43}=\s*", key) for key in keys):
            raise ValueError("holds something that is no key: make one with `extractor accounts new-key`.")
        return value

    @field_validator("webhook_url")
    @classmethod
    def _is_web_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(_WEB_ADDRESS, value.get_secret_value()):
            raise ValueError("is not https://HOST/PATH or http://HOST:PORT/PATH, without user, password and #.")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not all(_is_webhook_secret(text.strip()) for text in value.get_secret_value().split(",")):
            raise ValueError(
                "is not whsec_ and 24 to 64 bytes in base64 behind it: make one with"
                ' `echo "whsec_$(openssl rand -base64 32)"`.'
            )
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _is_hosts(cls, value: str) -> str:
        for host in value.lower().split(","):
            if not re.fullmatch(r"[a-z0-9._-]*|\[[0-9a-f:.]+\]", host.strip()):
                raise ValueError(
                    f"has {host.strip()!r}: write names only, such as bureau.example, separated by commas, without"
                    " https://, port or *."
                )
        return value

    @model_validator(mode="after")
    def _storage_is_one_thing(self) -> Self:
        if bool(self.supabase_url) != bool(self.supabase_service_key):
            raise ValueError("SUPABASE_URL and SUPABASE_SERVICE_KEY go together: set both or neither.")
        if bool(self.supabase_url) == bool(self.storage_dir):
            raise ValueError(
                "Say where documents go: SUPABASE_URL with SUPABASE_SERVICE_KEY, or STORAGE_DIR,"
                " exactly one of the two."
            )
        return self

    @model_validator(mode="after")
    def _webhooks_are_signed(self) -> Self:
        if bool(self.webhook_url) != bool(self.webhook_secret):
            raise ValueError(
                "WEBHOOK_URL and WEBHOOK_SECRET go together: set both or neither, since a receiver believes only what"
                " is signed."
            )
        return self

    @model_validator(mode="after")
    def _bounds_nest(self) -> Self:
        if self.lease_seconds < 2 * self.heartbeat_seconds:
            raise ValueError("LEASE_SECONDS must be at least twice HEARTBEAT_SECONDS: one lost beat is not a death.")
        if self.job_timeout_seconds <= self.document_timeout_seconds + self.page_timeout_seconds:
            raise ValueError(
                "JOB_TIMEOUT_SECONDS must exceed DOCUMENT_TIMEOUT_SECONDS plus PAGE_TIMEOUT_SECONDS:"
                " a paid wait must not be cut short."
            )
        return self


@functools.cache
def load_settings() -> Settings:
    """Read the settings once per process; raises ConfigurationError with one sentence per problem."""
    return read_settings(Settings)


def read_settings(kind: type[Read], prefix: str = "") -> Read:
    """Read settings of a kind, whose variables begin with the prefix; raises as `load_settings` does."""
    return checked(kind, environment.read([f"{prefix}{field}".upper() for field in kind.model_fields]), prefix)


def checked(kind: type[Read], values: Mapping[str, str], prefix: str = "") -> Read:
    """Settings of the values, NAME → text; raises as `load_settings` does, and leaves out names that it lacks."""
    variables = {f"{prefix}{field}".upper(): field for field in kind.model_fields}
    try:
        return kind.model_validate({field: values[name] for name, field in variables.items() if name in values})
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentences(error, kind, prefix))) from error


def forget_secrets() -> None:
    """Remove the secrets from this process's environment after it read them, so that no child process inherits them.

    Call it before the first thread starts: no thread may change the environment while another one reads it.
    """
    fields = Settings.model_fields.items()
    secrets = {name for name, field in fields if SecretStr in (field.annotation, *get_args(field.annotation))}
    for name in [name for name in os.environ if name.lower() in secrets]:
        del os.environ[name]


def _sentences(error: ValidationError, kind: type[environment.Variables], prefix: str) -> list[str]:
    sentences, problems = [], error.errors(include_url=False)
    for problem in problems:
        name = "_".join(str(part) for part in problem["loc"])
        text = "is required." if problem["type"] == "missing" else problem["msg"].removeprefix("Value error, ")
        if name in kind.model_fields:
            # No such problem is a secret's: a secret is a text, and its own check says what is wrong with it.
            context, default = problem.get("ctx", {}), kind.model_fields[name].default
            text = environment.wrong_value(str(problem["input"]), problem["type"], context, default) or text
        sentences.append(f"{f'{prefix}{name}'.upper()} {text}" if name else text)
    if any(problem["type"] == "missing" for problem in problems) and environment.lacks_a_file():
        sentences.append(f"There is no .env in {Path.cwd()}: run this where yours is, or name it in ENV_FILE.")
    return sentences
