"""What `deploy/` says, the server understands: every file parses, and names settings, flags and files that there are."""

import configparser
import re
import shutil
import ssl
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from inkan.cli.commands.serve import serve
from inkan.server.database_access import database_tls
from inkan.server.setting_table import TABLE
from inkan.server.settings import load
from inkan.server.store_addresses import DatabaseAddress
from inkan.testing.certificates import make_certificate

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {row.variable for row in TABLE} | {"PGPASSWORD", "PYTHONDONTWRITEBYTECODE", "PATH"}
AWS = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_CA_BUNDLE"}  # fmt: skip
KEY = {"INKAN_KEY_ENCRYPTION_KEY": "00" * 32}


def test_every_variable_that_is_named_is_one():
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            for name in re.findall(r"\b(?:INKAN|AWS|PG)_?[A-Z_]+\b", path.read_text()):
                assert name in VARIABLES | AWS, (path, name)


def test_the_settings_of_the_unit_are_taken():
    settings = load({"config": str(DEPLOY / "systemd" / "inkan.toml")}, KEY)
    assert settings.blobs is not None
    assert settings.database is not None
    assert settings.proxies == ("10.0.0.10/32",)


def test_the_unit_starts_the_server_with_flags_that_there_are():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(DEPLOY / "systemd" / "inkan.service")
    command = unit["Service"]["ExecStart"].split()
    assert command[:2] == ["/opt/inkan/bin/inkan", "serve"]
    known = {flag for parameter in serve.params for flag in parameter.opts}
    assert {word for word in command if word.startswith("--")} <= known
    assert (ROOT / "deploy" / "systemd" / Path(command[command.index("--config") + 1]).name).exists()  # fmt: skip


def test_the_settings_of_the_manifests_are_taken():
    text = (DEPLOY / "kubernetes" / "inkan.yaml").read_text()
    given = dict(re.findall(r'^  (INKAN_[A-Z_]+): "(.*)"$', text, re.MULTILINE))
    assert len(given) == text.count("\n  INKAN_")
    settings = load({}, {**given, **KEY})
    assert settings.scheme == "https"
    assert settings.listen.port == 5000
    assert re.findall(r"containerPort: (\d+)", text) == ["5000"]


def test_the_manifests_ask_for_health_where_it_is():
    text = (DEPLOY / "kubernetes" / "inkan.yaml").read_text() + (DEPLOY / "haproxy.cfg").read_text()
    assert set(re.findall(r"/health/\w+", text)) == {"/health/live", "/health/ready"}


def test_the_manifests_are_documents_that_belong_together():
    config, deployment, service, budget = yaml.safe_load_all((DEPLOY / "kubernetes" / "inkan.yaml").read_text())  # fmt: skip
    kinds = [one["kind"] for one in (config, deployment, service, budget)]
    assert kinds == ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget"]
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    assert labels == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert labels == budget["spec"]["selector"]["matchLabels"]
    (container,) = pod["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": config["metadata"]["name"]}}]
    assert container["args"] == ["serve"]
    assert container["ports"][0]["name"] == service["spec"]["ports"][0]["targetPort"] == "http"
    # secrets come from nowhere else
    named = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}
    assert {row.variable for row in TABLE if row.is_secret} & config["data"].keys() == set()
    assert {"INKAN_KEY_ENCRYPTION_KEY", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY"} <= named.keys()
    mounts, volumes = container["volumeMounts"], pod["spec"]["volumes"]
    assert {one["name"] for one in mounts} == {one["name"] for one in volumes}


def test_the_container_recipe_copies_files_that_there_are():
    text = (DEPLOY / "container" / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE):
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
    flags = {flag for parameter in serve.params for flag in parameter.opts}
    assert set(re.findall(r'"(--[a-z-]+)"', text)) <= flags


def test_the_balancers_configuration_is_one(tmp_path):
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    if not Path(program).exists():
        pytest.skip("haproxy is not installed; the interop suites run it")
    text = (DEPLOY / "haproxy.cfg").read_text()
    # no certificate is at hand
    text = re.sub(r"bind :443 ssl crt \S+ alpn \S+", "bind 127.0.0.1:1", text)
    path = tmp_path / "haproxy.cfg"
    path.write_text(text)
    ended = subprocess.run([program, "-c", "-f", path], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def test_the_ways_to_the_stores_are_encrypted_and_who_answers_is_recognised(tmp_path):
    authority, key = tmp_path / "ca.crt", tmp_path / "ca.key"
    make_certificate(authority, key)
    config, deployment, *_ = yaml.safe_load_all((DEPLOY / "kubernetes" / "inkan.yaml").read_text())
    given = config["data"]
    for settings in (
        load({"config": str(DEPLOY / "systemd" / "inkan.toml")}, KEY),
        load({}, {**{k: v for k, v in given.items() if k.startswith("INKAN_")}, **KEY}),
    ):
        named = re.search(r"sslrootcert=([^&]+)", settings.database.text)[1]
        address = DatabaseAddress(settings.database.text.replace(named, str(authority)))
        tls = database_tls(address, {})
        assert (tls.check_hostname, tls.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert given["AWS_ENDPOINT_URL"].startswith("https://")
    # what is named is where the pod finds it
    pod = deployment["spec"]["template"]["spec"]
    (mount,) = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == "authorities"]
    assert Path(named).parent == Path(given["AWS_CA_BUNDLE"]).parent == Path(mount["mountPath"])


def _seconds(text: str) -> int:
    return int(text.rstrip("s"))


def test_whoever_ends_a_server_waits_for_longer_than_it_does_itself():
    unit = (DEPLOY / "systemd" / "inkan.service").read_text()
    default = load({"config": str(DEPLOY / "systemd" / "inkan.toml")}, KEY).shutdown_grace
    # and what is only in memory is written down after it
    assert int(re.search(r"TimeoutStopSec=(\d+)", unit)[1]) >= default.total_seconds() + 10
    config, deployment, *_ = yaml.safe_load_all((DEPLOY / "kubernetes" / "inkan.yaml").read_text())
    pod = deployment["spec"]["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] >= _seconds(config["data"]["INKAN_SHUTDOWN_GRACE"]) + 10  # fmt: skip


def test_there_is_room_for_every_connection_that_is_let_in():
    settings = load({"config": str(DEPLOY / "systemd" / "inkan.toml")}, KEY)
    unit = (DEPLOY / "systemd" / "inkan.service").read_text()
    # each may have a file or a connection to a store open as well
    assert int(re.search(r"LimitNOFILE=(\d+)", unit)[1]) >= 2 * settings.max_connections
    balancer = (DEPLOY / "haproxy.cfg").read_text()
    assert int(re.search(r"maxconn (\d+)", balancer)[1]) <= settings.max_connections


def test_a_server_that_is_not_ready_is_asked_soon_and_one_that_lives_is_left_alone():
    _, deployment, *_ = yaml.safe_load_all((DEPLOY / "kubernetes" / "inkan.yaml").read_text())
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    live, ready = container["livenessProbe"], container["readinessProbe"]
    # a store that is away makes nobody ready; killing them for it would lose what is under way
    assert (live["httpGet"]["path"], ready["httpGet"]["path"]) == ("/health/live", "/health/ready")
    assert ready["periodSeconds"] <= 5


def test_systemd_reads_the_unit(tmp_path):
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    path = tmp_path / "inkan.service"
    # its program is not installed here
    text = (DEPLOY / "systemd" / "inkan.service").read_text().replace("/opt/inkan/bin/inkan", "/bin/true")  # fmt: skip
    path.write_text(text)
    ended = subprocess.run([program, "verify", path], capture_output=True, text=True, check=False)
    assert "inkan.service" not in ended.stderr, ended.stderr


def test_the_toml_holds_no_secret():
    tree = tomllib.loads((DEPLOY / "systemd" / "inkan.toml").read_text())
    assert not {row.name for row in TABLE if row.is_secret} & tree.keys()
