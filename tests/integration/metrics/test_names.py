"""Each metric that the dashboard and the alerts name is one that the endpoints really expose, with those labels."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML
from starlette.applications import Starlette

from extractor.metrics.api import count_requests
from extractor.metrics.host import Host
from extractor.metrics.tables import Tables
from extractor.postgres.viewpoint import Viewpoint
from extractor.settings import Settings
from tests.support.compose import ROOT
from tests.support.rows import insert_account, insert_job, record_clicks
from tests.support.standin_server import running

# Metrics of Prometheus itself.
BUILT_IN = {"up"}
# Added by the scrape.
SCRAPED = {"instance", "job"}
OPERATORS = {"and", "or", "unless", "offset", "by", "on", "without", "ignoring"}


def expressions() -> dict[str, str]:
    rules = YAML(typ="safe", pure=True).load((ROOT / "monitoring/alerts.yml").read_text())
    alerts = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    dashboard = json.loads((ROOT / "monitoring/grafana/registre-extractor.json").read_text())
    panels = {
        f"{panel['title']} {target['refId']}": target["expr"]
        for panel in dashboard["panels"]
        for target in panel.get("targets", ())
    }
    return alerts | panels


def named_in(expression: str) -> list[tuple[str, set[str]]]:
    """Every metric of a PromQL expression, with the labels that the expression uses."""
    without_groups = re.sub(r"\b(by|on|without|ignoring) \([^)]*\)", "", expression)
    found = re.findall(r"\b([a-z_][a-z0-9_]*)\b(?!\s*\()(?:\{([^}]*)\})?", re.sub(r"\[[^]]*\]", "", without_groups))
    return [
        (name, set(re.findall(r"(\w+)(?:=~|!~|!=|=)", matchers))) for name, matchers in found if name not in OPERATORS
    ]


@pytest.fixture(scope="module")
def requests() -> CollectorRegistry:
    app = Starlette()
    requests = count_requests(app)
    with running(app) as url:
        httpx.get(url)
    return requests


@pytest.fixture
def exposed(
    sql: psycopg.Connection, settings: Settings, tmp_path: Path, requests: CollectorRegistry
) -> dict[str, set[str]]:
    """Name → labels of what bridge, worker and API expose when there is one of everything."""
    insert_account(sql)
    insert_job(sql, status="Erreur", error_code="poison_row")
    insert_job(sql, dispatched_at="now")
    sql.execute(
        "INSERT INTO extraction_attempts (job_id, document_source, worker_id, consultation_at, finished_at, outcome)"
        " VALUES (gen_random_uuid(), 'index', 'w', now(), now(), 'completed')"
    )
    record_clicks(sql)
    sql.execute("INSERT INTO worker_status (worker_id, status) VALUES ('w', 'idle')")
    sql.execute(
        "INSERT INTO bridge_status (bridge_id, host, pid, mode, proven_at) VALUES ('b', 'h', 1, 'listening', now())"
    )
    tables = Tables(settings.database_url.get_secret_value(), Viewpoint.of(settings))
    registry = CollectorRegistry()
    for collector in (tables, Host(tmp_path, min_free_mb=500), requests):
        registry.register(collector)
    labels: dict[str, set[str]] = defaultdict(set)
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        assert family.name.startswith("registre_")
        assert family.documentation.endswith(".") or ";" in family.documentation, family.name
        for sample in family.samples:
            labels[sample.name] |= sample.labels.keys()
    return labels


def test_every_named_metric_is_exposed_with_the_labels_it_is_asked_by(exposed: dict[str, set[str]]) -> None:
    unknown: dict[str, Any] = {}
    for title, expression in expressions().items():
        metrics = named_in(expression)
        assert metrics, title
        for name, labels in metrics:
            if name not in BUILT_IN and (name not in exposed or not labels <= exposed[name] | SCRAPED):
                unknown[title] = name, labels
        grouped = set(re.findall(r"\w+", " ".join(re.findall(r"\b(?:by|on) \(([^)]*)\)", expression))))
        known = set().union(*(exposed.get(name, SCRAPED) for name, _ in metrics)) | SCRAPED
        if not grouped <= known:
            unknown[f"{title}, grouped"] = grouped - known
    assert unknown == {}


def test_every_exposed_metric_is_used(exposed: dict[str, set[str]]) -> None:
    looked_at = {name for expression in expressions().values() for name, _ in named_in(expression)}
    parts = ("_bucket", "_sum", "_count")  # one metric of a histogram is enough
    families = {re.sub("|".join(f"{part}$" for part in parts), "", name) for name in exposed if "_created" not in name}
    assert families - {name.removesuffix("_bucket") for name in looked_at} == set()
