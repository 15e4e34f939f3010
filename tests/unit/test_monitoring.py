"""The files under monitoring/ fit each other, the compose file, and Prometheus' and Grafana's forms."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support import compose
from tests.support.compose import ROOT
from tests.support.documents import headings

MONITORING = ROOT / "monitoring"


def load(name: str) -> Any:
    return YAML(typ="safe", pure=True).load((MONITORING / name).read_text())


RULES = [rule for group in load("alerts.yml")["groups"] for rule in group["rules"]]
COMPOSE = compose.load({"FLOWER_BASIC_AUTH": "user:password", "API_KEY": "a-key-of-the-test"})
DASHBOARD = json.loads((MONITORING / "grafana/registre-extractor.json").read_text())


def test_groups_and_alerts_have_different_names() -> None:
    groups = load("alerts.yml")["groups"]
    assert all(group.keys() == {"name", "rules"} for group in groups)
    assert len({group["name"] for group in groups}) == len(groups)
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rule_has_the_form_of_an_alert(rule: dict[str, Any]) -> None:
    assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"[A-Z][A-Za-z]+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "0s"))
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    assert rule["expr"].count("(") == rule["expr"].count(")")
    # The expression's aggregation must keep the labels that a summary names
    named = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    kept = set(re.findall(r"\w+", " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))))
    assert named <= kept or "by (" not in rule["expr"]


def test_every_alert_leads_to_its_section_and_every_section_has_its_alert() -> None:
    page = ROOT / "docs/operate.md"
    sections = page.read_text().partition("## At an alarm\n")[2]
    titles = re.findall(r"^### (.+)$", sections, re.MULTILINE)
    assert titles == [rule["alert"] for rule in RULES]
    assert all(len(text.split()) > 20 for text in re.split(r"^### .+$", sections, flags=re.MULTILINE)[1:])
    anchors = [f"docs/operate.md#{anchor}" for anchor in headings(page)]
    assert all(rule["annotations"]["runbook"] in anchors for rule in RULES)
    assert len({rule["annotations"]["runbook"] for rule in RULES}) == len(RULES)


def test_everything_asked_for_has_an_alert() -> None:
    assert {rule["alert"] for rule in RULES} >= {
        "OldestRowTooOld",
        "NoReadySession",
        "BreakerOpen",
        "PoisonRow",
        "PossibleDoublePayment",
        "ListenerNotProven",
        "DiskLow",
        "AccountFailing",
    }


def test_profile_mounts_every_file_and_publishes_on_loopback_alone() -> None:
    mounted = {config["file"] for config in COMPOSE["configs"].values()}
    files = {f"./{path.relative_to(ROOT)}" for path in MONITORING.rglob("*") if path.is_file()}
    assert mounted == files
    services = {name: s for name, s in COMPOSE["services"].items() if "monitoring" in s.get("profiles", ())}
    assert services.keys() == {"prometheus", "grafana"}
    used = [config["source"] for service in services.values() for config in service["configs"]]
    assert sorted(used) == sorted(COMPOSE["configs"])
    rules = next(c["target"] for c in services["prometheus"]["configs"] if c["source"] == "alerts")
    assert load("prometheus.yml")["rule_files"] == [rules]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service["ports"])


def test_prometheus_scrapes_every_service_that_serves_metrics_where_it_does() -> None:
    found = {
        (name, discovery["port"])
        for job in load("prometheus.yml")["scrape_configs"]
        for discovery in job["dns_sd_configs"]
        for name in discovery["names"]
    }
    services = COMPOSE["services"]
    serving = [name for name in services if name in ("bridge", "api") or name.startswith("worker-")]
    assert found == {(name, int(services[name]["environment"]["METRICS_PORT"])) for name in serving}
    # A port inside the network, which no service publishes
    assert not any("9464" in str(service.get("ports")) for service in services.values())


def test_dashboard_reads_the_provisioned_source_and_its_panels_lie_side_by_side() -> None:
    (source,) = load("grafana/datasource.yml")["datasources"]
    assert source["url"] == "http://prometheus:9090"
    panels = DASHBOARD["panels"]
    assert {panel["datasource"]["uid"] for panel in panels if panel["type"] != "row"} == {source["uid"]}
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells = [
        (x, y)
        for place in (panel["gridPos"] for panel in panels)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24
    (provider,) = load("grafana/dashboards.yml")["providers"]
    targets = {config["target"] for config in COMPOSE["services"]["grafana"]["configs"]}
    assert f"{provider['options']['path']}/registre-extractor.json" in targets
