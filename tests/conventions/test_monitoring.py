"""The alert rules and the dashboard in deploy/monitoring name metrics that /metrics has."""

import json
import re
from pathlib import Path

import pytest
import yaml

from helpdesk import counters
from helpdesk.domain import metrics

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FOLDER = Path(__file__).parents[2] / "deploy" / "monitoring"


@pytest.fixture
def present(app, make):
    """The names of all metrics of an installation with a ticket that waits."""
    make.channel("C0TRIAGE")
    make.ticket(make.user(make.organization("Globex")))
    counters.count_request("GET", "/tickets", 200, 0.1)
    counters.count_delivery("email", "sent")
    return set(re.findall(r"^(helpdesk_\w+)", metrics.render_metrics().decode(), re.MULTILINE))


def list_expressions() -> list[str]:
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    panels = json.loads((FOLDER / "grafana-dashboard.json").read_text())["panels"]
    return [rule["expr"] for rule in rules] + [target["expr"] for panel in panels for target in panel["targets"]]


def test_every_metric_of_rules_and_panels_exists(present):
    expressions = list_expressions()
    assert len(expressions) > 10
    for expression in expressions:
        patterns = re.findall(r'__name__=~"([^"]+)"', expression)
        plain = re.sub(r'"[^"]*"', "", expression)
        for name in re.findall(r"helpdesk_\w+", plain):
            assert name in present, (name, sorted(present))
        for pattern in patterns:
            matched = [name for name in present if re.fullmatch(pattern, name)]
            alternatives = re.search(r"\(([\w|]+)\)", pattern)
            assert len(matched) >= (len(alternatives[1].split("|")) if alternatives else 1), pattern
