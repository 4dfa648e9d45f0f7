"""The alert rules and the dashboard in deploy/monitoring name metrics that /metrics has, and Prometheus takes them."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from helpdesk import counters
from helpdesk.domain import metrics

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "monitoring"
NEEDS_PROMTOOL = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not here")
UP = 'up{job="helpdesk",instance="one:5000"}'
REQUESTS = "helpdesk_requests_total"
FIRES = {  # name of the rule: series that have it fire after 20 minutes, and series like them that do not
    "HelpdeskDown": ({UP: "0x30"}, {UP: "1x30"}),
    "HelpdeskCheckFailed": (
        {"helpdesk_writes_ok": "0x30"},
        {"helpdesk_writes_ok": "1x30", "helpdesk_slack_ok": "0x30"},
    ),
    "HelpdeskDeliveriesLate": (
        {'helpdesk_oldest_undelivered_seconds{destination="email",kind="email"}': "601x30"},
        {'helpdesk_oldest_undelivered_seconds{destination="email",kind="email"}': "599x30"},
    ),
    "HelpdeskDeliveriesNeedAPerson": (
        {'helpdesk_deliveries_failed{destination="email",kind="email"}': "1x30"},
        {'helpdesk_deliveries_failed{destination="email",kind="email"}': "0x30"},
    ),
    "HelpdeskPostsArriveLate": (
        {'helpdesk_delivery_look_ups_total{result="late"}': "0+1x30"},
        {'helpdesk_delivery_look_ups_total{result="found"}': "0+1x30"},
    ),
    "HelpdeskRequestsFail": (
        {f'{REQUESTS}{{status="503"}}': "0+6x30", f'{REQUESTS}{{status="200"}}': "0+94x30"},
        {f'{REQUESTS}{{status="503"}}': "0+4x30", f'{REQUESTS}{{status="200"}}': "0+96x30"},
    ),
}


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


@NEEDS_PROMTOOL
def test_prometheus_takes_rules_panels_and_the_documented_settings(app, tmp_path):
    shutil.copy(FOLDER / "alerts.yaml", tmp_path)
    (tmp_path / "helpdesk-token").write_text("a token")
    settings = re.search(r"```yaml\n(rule_files.*?)```", (ROOT / "docs/operate.md").read_text(), re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(settings[1])
    promtool("check", "config", tmp_path / "prometheus.yml")
    panels = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(list_expressions())]
    (tmp_path / "panels.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": panels}]}))
    promtool("check", "rules", tmp_path / "panels.yaml")


@NEEDS_PROMTOOL
def test_each_rule_fires_when_it_should_and_only_then(app, tmp_path):
    rules = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"][0]["rules"]
    assert {rule["alert"] for rule in rules} == set(FIRES)
    (tmp_path / "alerts.yaml").write_text((FOLDER / "alerts.yaml").read_text())
    for name, cases in FIRES.items():
        for is_firing, series in zip((True, False), cases, strict=True):
            write_rule_test(tmp_path / "test.yaml", name, series)
            done = subprocess.run(["promtool", "test", "rules", tmp_path / "test.yaml"], capture_output=True, text=True)
            assert (done.returncode != 0) is is_firing, (name, done.stdout, done.stderr)


def write_rule_test(path: Path, name: str, series: dict[str, str]) -> None:
    """A test of promtool that succeeds if the rule does not fire after 20 minutes."""
    inputs = [{"series": key, "values": values} for key, values in series.items()]
    silent = {"eval_time": "20m", "alertname": name, "exp_alerts": []}
    test = {"interval": "1m", "input_series": inputs, "alert_rule_test": [silent]}
    path.write_text(yaml.safe_dump({"rule_files": ["alerts.yaml"], "tests": [test]}))


def promtool(*arguments: object) -> None:
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
