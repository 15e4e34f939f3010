"""What `.env` or the environment names for `make up`: those parts exist elsewhere, so none of them is started here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import redis

from extractor import environment
from extractor.broker.server import connect_once, examine
from extractor.local.errors import LocalError
from extractor.settings import Settings, checked

NAMES = (*(field.upper() for field in Settings.model_fields), "FLOWER_BASIC_AUTH")
# They stand for what is started here, while everything else is checked.
STARTED_HERE = {"DATABASE_URL": "postgresql://localhost/postgres", "REDIS_URL": "redis://localhost/0"}
STORAGE = {"SUPABASE_URL", "SUPABASE_SERVICE_KEY", "STORAGE_DIR"}
REGISTRY = Settings.model_fields["registry_base_url"].default


@dataclass(frozen=True)
class Outside:
    """The values that are named, NAME → text, and the settings that they make."""

    values: Mapping[str, str]
    settings: Settings
    """Checked. What is started here has a placeholder or its default in them."""

    @classmethod
    def of(cls, values: Mapping[str, str]) -> Outside:
        """Check the values.

        Raises ConfigurationError for a value that cannot be, and LocalError when real rows would go to the stand-in.
        """
        started_here = STARTED_HERE if STORAGE & values.keys() else STARTED_HERE | {"STORAGE_DIR": "."}
        outside = cls(values, checked(Settings, {**started_here, **values}))
        outside._refuse_invented_documents()
        return outside

    def require_broker(self) -> None:
        """Raise LocalError when nothing answers at the REDIS_URL that is named; ConfigurationError as workers do."""
        address = self.settings.broker
        with connect_once(address) as client:
            try:
                examine(client, address)
            except redis.RedisError as error:
                why = str(error).rstrip(".")
                raise LocalError(
                    f"Nothing usable answers at REDIS_URL ({why}). Start a Redis there, or put # before REDIS_URL in"
                    f" {named_in('REDIS_URL')}: then one is started here."
                ) from error

    def _refuse_invented_documents(self) -> None:
        project = [name for name in ("DATABASE_URL", "SUPABASE_URL") if name in self.values]
        if project and "REGISTRY_BASE_URL" not in self.values:
            raise LocalError(
                f"{' and '.join(project)} in {named_in(project[0])} names your own project, and no REGISTRY_BASE_URL"
                " is named: its rows would go to the stand-in, whose documents are invented. Put # before"
                f" {' and '.join(project)} to try the system without your project. Or write"
                f" REGISTRY_BASE_URL={REGISTRY} to run it with the registry's site, where each document is billed."
            )


def read_outside() -> Outside:
    """Read what a reader of `.env` would read; raises as `Outside.of`.

    A file that an earlier `make up` wrote is left out: it names servers that this one starts itself.
    """
    file = environment.env_file()
    if file and environment.is_of_up(Path(file)):
        del os.environ["ENV_FILE"]
    return Outside.of(environment.read(NAMES))


def named_in(name: str) -> str:
    """Where a person finds the line."""
    return "the environment" if os.environ.get(name, "").strip() else environment.env_file() or "the environment"
