"""What is handed to operators to deploy with speaks of things that exist, and guards what it must.

The images were never built here, for there is no container engine; each step's parts are checked.
"""

import configparser
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat.cli import _parser
from chat.settings import Settings
from tests.operations.test_metrics import documented

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
COMPOSE: Any = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
RULES: Any = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
DASHBOARD: Any = json.loads((DEPLOY / "grafana" / "samtale.json").read_text(encoding="utf-8"))
OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")


def metrics_in(expression: str) -> set[str]:
    """Name the metrics of a query, histograms by their own name."""
    found = re.findall(r"\b(?:samtale|process)_\w+", expression)
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in found}


# --- alerts and dashboard -------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_watches_what_exists_and_the_page_says_what_to_do(rule: Any) -> None:
    assert metrics_in(rule["expr"]) <= documented()
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert f"| `{rule['alert']}` |" in OPERATIONS


def promtool(*arguments: object) -> str:
    """Run Prometheus' own check, which must pass; gives what it says."""
    done = subprocess.run(
        ["promtool", *map(str, arguments)], check=False, capture_output=True, text=True, cwd=DEPLOY
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_prometheus_takes_the_rules_and_its_settings() -> None:
    assert f"SUCCESS: {len(RULES)} rules found" in promtool("check", "rules", "alerts.yml")
    assert "SUCCESS" in promtool("check", "config", "prometheus.yml")


def test_alerts_fire_when_they_should_and_not_before() -> None:
    told = promtool("test", "rules", Path(__file__).with_name("alerts_test.yml"))
    assert "SUCCESS" in told
    assert "FAILED" not in told


@pytest.mark.parametrize("panel", DASHBOARD["panels"], ids=lambda panel: panel["title"])
def test_a_panel_shows_what_exists(panel: Any) -> None:
    assert panel["targets"]
    for target in panel["targets"]:
        names = metrics_in(target["expr"])
        assert names
        assert names <= documented()


# --- containers -----------------------------------------------------------------------------------


def test_every_setting_that_compose_gives_exists() -> None:
    for name in COMPOSE["x-server"]["environment"]:
        assert name.removeprefix("SAMTALE_").lower() in Settings.__struct_fields__, name


def test_compose_asks_only_for_what_its_example_names() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "compose.yaml").read_text(encoding="utf-8")))
    named = set(
        re.findall(r"^(\w+)=", (DEPLOY / "env.example").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert asked == named


def test_compose_mounts_what_exists() -> None:
    for service in COMPOSE["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith("./") and "/tls" not in source:
                assert (ROOT / source).is_file(), source
            elif not source.startswith("./"):
                assert source in COMPOSE["volumes"]


def test_only_the_proxy_is_reached_by_strangers() -> None:
    for name, service in COMPOSE["services"].items():
        for port in service.get("ports", ()):
            assert name == "proxy" or port.startswith("127.0.0.1:"), name
    assert COMPOSE["networks"]["inside"]["internal"]


def test_servers_run_with_nothing_that_they_do_not_need() -> None:
    servers = [COMPOSE["services"][name] for name in ("server-1", "server-2")]
    for server in servers:
        assert server["read_only"]
        assert server["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in server["security_opt"]
        assert server["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_the_image_is_built_in_two_stages_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line and line[0] != "#"]
    stages = [words for verb, words in lines if verb == "FROM"]
    assert len(stages) == 2
    assert all(re.match(r"python:3\.\d+-slim-\w+( AS build)?$", stage) for stage in stages)
    last = lines[[verb for verb, _ in lines].index("FROM", 1) :]
    verbs = [verb for verb, _ in last]
    assert ["USER", "samtale"] in last
    assert "HEALTHCHECK" in verbs
    assert verbs.index("USER") > max(i for i, verb in enumerate(verbs) if verb == "RUN")
    assert not {"ADD", "ARG"} & {verb for verb, _ in lines}
    for verb, words in lines:
        if verb == "COPY" and not words.startswith("--from"):
            assert all((ROOT / source).exists() for source in words.split()[:-1])
    assert "--require-hashes" in text


def test_what_is_copied_into_the_image_is_let_in() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    for source in ("pyproject.toml", "requirements.lock", "chat", "protocol"):
        assert f"!{source}" in ignored


# --- nginx and systemd ----------------------------------------------------------------------------


def test_the_two_nginx_sites_are_one_but_for_their_places() -> None:
    ours = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    theirs = (DEPLOY / "nginx-compose.conf").read_text(encoding="utf-8")

    def same(text: str) -> list[str]:
        places = r"^#.*|^ *(server |server_name|ssl_certificate|access_log|error_log).*"
        return [
            line
            for line in re.sub(places, "", text, flags=re.MULTILINE).splitlines()
            if line.strip()
        ]

    assert same(ours) == same(theirs)


@pytest.mark.parametrize("name", ["samtale.service", "samtale-backup.service"])
def test_a_unit_starts_a_command_that_exists_with_few_rights(name: str) -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(DEPLOY / name, encoding="utf-8")
    service = unit["Service"]
    program, *arguments = service["ExecStart"].split()
    assert program == "/opt/samtale/bin/samtale"
    assert _parser().parse_args(arguments).command in {"serve", "backup"}
    assert service["User"] == "samtale"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
