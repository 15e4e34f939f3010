"""docker-compose.yml, the image and .env.example fit together; the tests need no Docker engine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from extractor.models import Source
from extractor.postgres.sealing import new_key
from extractor.settings import Settings, read_settings
from tasks.flower import FlowerSettings
from tests.support import compose
from tests.support.compose import ROOT

ENVIRONMENT = {"FLOWER_BASIC_AUTH": "user:password", "API_KEY": "a-key-of-the-test"}
SERVICES: dict[str, dict[str, Any]] = compose.load(ENVIRONMENT)["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"].startswith("registre-extractor")}
WORKERS = {name: service for name, service in SERVICES.items() if name.startswith("worker-")}
ONE_SHOT = {"migrate", "trial-accounts"}
DOCKERFILE = (ROOT / "docker/Dockerfile").read_text()
OPTIONS = {**Settings.model_fields, **{f"flower_{name}": field for name, field in FlowerSettings.model_fields.items()}}
VARIABLES = compose.defaults() | compose.defaults(ROOT / "docker/supabase-local.yml")


def example() -> dict[str, tuple[str, bool, str]]:
    """Name → value, whether the line is on, and the comment above it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    found: dict[str, tuple[str, bool, str]] = {}
    for above, line in zip(["", *lines], lines, strict=False):
        setting = re.fullmatch(r"(# )?([A-Z_]+)=(.*)", line)
        if setting:
            assert setting[2] not in found, f"{setting[2]} stands there twice"
            found[setting[2]] = (setting[3], not setting[1], above)
    return found


EXAMPLE = example()


@pytest.mark.parametrize("path", ["docker-compose.yml", "docker/supabase-local.yml"])
def test_files_fit_the_schema_of_the_compose_specification(path: str) -> None:
    # The schema comes with check-jsonschema (Apache-2.0, from compose-spec/compose-spec).
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("missing", "sentence"), [("FLOWER_BASIC_AUTH", "=user:password"), ("API_KEY", "=…")])
def test_what_is_open_without_a_password_is_refused_before_anything_starts(missing: str, sentence: str) -> None:
    with pytest.raises(compose.MissingVariable, match=f"{missing}{sentence}"):
        compose.load({name: value for name, value in ENVIRONMENT.items() if name != missing})


def test_every_source_has_its_worker() -> None:
    queues = {command[command.index("-Q") + 1] for command in (worker["command"] for worker in WORKERS.values())}
    assert queues == set(Source)
    assert all(worker["command"][:4] == ["celery", "-A", "tasks", "worker"] for worker in WORKERS.values())


@pytest.mark.parametrize("name", WORKERS)
def test_worker_can_be_scaled_and_ends_what_was_paid(name: str) -> None:
    worker = WORKERS[name]
    # Two containers share nothing
    assert worker["environment"]["WORKER_ID"] == ""
    assert not {"container_name", "hostname", "ports"} & worker.keys()
    # The spool outlives the container, and Docker waits longer than the worker drains
    assert "spool:/var/lib/extractor/spool" in worker["volumes"]
    bound = int(worker["environment"]["SHUTDOWN_GRACE_SECONDS"])
    assert bound == Settings.model_fields["shutdown_grace_seconds"].default
    assert seconds(worker["stop_grace_period"]) > bound
    # A first login may take its whole time limit before the health check counts
    assert seconds(worker["healthcheck"]["start_period"]) > Settings.model_fields["start_timeout_seconds"].default
    assert "seccomp:./docker/seccomp.json" in worker["security_opt"]


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_confined_watched_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["init"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped")
    assert ("healthcheck" in service) != (name in ONE_SHOT)
    assert all(str(port).startswith("127.0.0.1:") for port in service.get("ports", []))
    assert service["cap_drop"] == ([] if name == "postgres" else ["ALL"])


def test_volumes_are_declared_and_used() -> None:
    used = {mount.partition(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == compose.load(ENVIRONMENT)["volumes"].keys()


def test_seccomp_profile_leaves_chromium_its_sandbox() -> None:
    profile = json.loads((ROOT / "docker/seccomp.json").read_text())
    refused = {name for rule in profile["syscalls"] for name in rule["names"]}
    assert not refused & {"clone", "clone3", "unshare", "chroot"}
    assert refused >= {"mount", "setns", "ptrace", "bpf", "keyctl", "io_uring_setup"}


def test_commands_that_no_service_test_runs_exist() -> None:
    run_for_real = {"worker-index", "bridge", "flower", "standin", "migrate"}
    untested = {name for name in OURS if name not in run_for_real | WORKERS.keys()}
    assert untested == {"api"}  # the API's own tests run this command


def test_every_variable_of_compose_is_in_the_example() -> None:
    assert VARIABLES.keys() <= EXAMPLE.keys()


@pytest.mark.parametrize("name", EXAMPLE)
def test_line_of_the_example_is_a_setting_with_a_comment_and_its_true_default(name: str) -> None:
    value, is_on, comment = EXAMPLE[name]
    assert re.match(r"# [A-Z`]?.+[.;]$", comment), f"{name} needs one line of comment above it"
    field = OPTIONS.get(name.lower())
    assert field is not None or name in VARIABLES, f"{name} is no setting"
    if not is_on and value:
        known = set(VARIABLES.get(name, ()))
        if field is not None and field.default is not PydanticUndefined:
            known.add(str(field.default).lower() if isinstance(field.default, bool) else f"{field.default}")
        assert value in known


def test_example_is_safe_to_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # No line has a value: `make up` starts all of it itself
    on = {name: value for name, (value, is_on, _) in EXAMPLE.items() if is_on}
    assert not any(on.values())
    # and with the values filled in it is complete
    filled = tmp_path / ".env"
    values = {name: value or "https://filled.example" for name, value in on.items()} | {
        "ACCOUNTS_KEY": new_key().get_secret_value(),
        "DATABASE_URL": "postgresql://filled.example/postgres",
        "REDIS_URL": "redis://filled.example/0",
    }
    filled.write_text("\n".join(f"{name}={value}" for name, value in values.items()))
    monkeypatch.setenv("ENV_FILE", str(filled))
    read_settings(Settings)


def test_trial_names_only_known_variables_and_needs_nothing_else() -> None:
    lines = (ROOT / "docker/trial.env").read_text().splitlines()
    trial = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert {name for name in trial if name.lower() not in OPTIONS} - VARIABLES.keys() == {"COMPOSE_PROFILES"}
    services = compose.load(trial)["services"]
    assert services["bridge"]["env_file"] == ["docker/trial.env"]
    assert services["worker-acte"]["environment"]["STORAGE_DIR"] == "/var/lib/extractor/storage"


def test_image_is_not_root_has_no_secret_and_takes_only_what_it_needs() -> None:
    instructions = re.findall(r"^([A-Z]+) ((?:.*\\\n)*.*)", DOCKERFILE, re.MULTILINE)
    assert [text for name, text in instructions if name == "USER"] == ["10001:10001"]
    declared = " ".join(text for name, text in instructions if name in ("ARG", "ENV"))
    assert not re.search(r"KEY|SECRET|TOKEN|PASSWORD|_URL|AUTH", declared)
    # .dockerignore lists what may enter, and the Dockerfile copies exactly that
    allowed = {line[1:].rstrip("/") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    copies = [text.split() for name, text in instructions if name == "COPY" and not text.startswith("--from")]
    copied = {source.rstrip("/") for *sources, _target in copies for source in sources}
    assert copied == allowed
    assert all((ROOT / path).exists() for path in copied)
    # this is all that the wheel is made of
    build = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert set(build["only-include"]) <= copied
    assert "--require-hashes" in DOCKERFILE


def test_image_alone_is_a_worker_that_knows_its_health() -> None:
    health = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert health is not None
    assert ["CMD", *json.loads(health[1])] == WORKERS["worker-acte"]["healthcheck"]["test"]
    assert 'CMD ["celery", "-A", "tasks", "worker"]' in DOCKERFILE


def seconds(text: str) -> int:
    assert text.endswith("s")
    return int(text[:-1])


def test_image_has_its_packages_compiled() -> None:
    installations = re.findall(r"uv pip install[^&]*", DOCKERFILE)

    assert len(installations) == 2
    assert all("--compile-bytecode" in installation for installation in installations)
