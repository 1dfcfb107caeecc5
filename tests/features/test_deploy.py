"""What lies in deploy/ fits the programs it is for, and the settings the server knows."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from flask.testing import FlaskClient

from webapp.config import ROOT
from webapp.operation import rotation

DEPLOY = ROOT / "deploy"
NAMED = re.compile(r"ZAISEKI_[A-Z_]*[A-Z]")


def texts() -> dict[Path, str]:
    return {path: path.read_text() for path in DEPLOY.rglob("*") if path.is_file()}


def known() -> set[str]:
    """Every name `webapp.config` reads."""
    source = (ROOT / "webapp" / "config.py").read_text()
    read = set(re.findall(r'text\("([A-Z_]+)"\)', source))
    assert {"DATABASE_URL", "PORT", "POLLING"} <= read
    return {f"ZAISEKI_{name}" for name in read}


def test_every_setting_named_in_deploy_exists() -> None:
    for path, text in texts().items():
        strange = {
            name
            for name in NAMED.findall(text)
            if name not in known() and not name.startswith("ZAISEKI_OIDC")
        }
        assert not strange, path


def test_every_setting_that_exists_is_in_the_example() -> None:
    example = (DEPLOY / "zaiseki.env.example").read_text()
    written = {line.lstrip("#").partition("=")[0] for line in example.splitlines() if "=" in line}
    assert known() <= written


def test_the_example_is_an_environment_file() -> None:
    for line in (DEPLOY / "zaiseki.env.example").read_text().splitlines():
        assert not line or line.startswith("#") or re.fullmatch(r"ZAISEKI_[A-Z_]+=\S*", line), line


# --- compose -----------------------------------------------------------------------------------


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())
    return read


def test_compose_is_two_processes_on_one_database_and_one_redis() -> None:
    services = compose()["services"]
    apps = [service for service in services.values() if service.get("image") == "zaiseki"]
    served = [app for app in apps if "command" not in app]
    assert len(served) == 2
    for app in apps:
        environment = app["environment"]
        assert environment["ZAISEKI_DATABASE_URL"].startswith("postgresql://")
        assert "redis" in environment["ZAISEKI_REDIS_URL"]
        assert app["stop_grace_period"] == "15s"
    assert services["migrate"]["command"][-1] == "migrate"


def test_compose_depends_on_services_there_are_and_mounts_files_there_are() -> None:
    read = compose()
    made_by_hand = {"./nginx.conf", "./tls"}
    for name, service in read["services"].items():
        assert set(service.get("depends_on", ())) <= set(read["services"]), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            if source.startswith(".") and source not in made_by_hand:
                assert (DEPLOY / "compose" / source).resolve().exists(), volume
            elif not source.startswith("."):
                assert source in read["volumes"], volume


# --- systemd -----------------------------------------------------------------------------------


def units() -> list[Path]:
    return sorted(
        path
        for path in (DEPLOY / "systemd").iterdir()
        if path.suffix in {".service", ".timer", ".target"}
    )


def test_systemd_knows_every_word(tmp_path: Path) -> None:
    """Verified as installed here: the paths of /opt/zaiseki are those of this checkout."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("systemd-analyze is not on this machine")
    for path in units():
        text = path.read_text().replace("/opt/zaiseki/.venv/bin/zaiseki", "/bin/true")
        (tmp_path / path.name).write_text(re.sub(r"(?m)^(User|Group)=.*$", "", text))
    instance = tmp_path / "zaiseki@8001.service"
    instance.write_text((tmp_path / "zaiseki@.service").read_text())
    names = [path.name for path in units() if "@." not in path.name] + [instance.name]
    said = subprocess.run(
        [
            verify,
            "verify",
            "--man=no",
            "--recursive-errors=no",
            *[str(tmp_path / name) for name in names],
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    ours = [line for line in said.stderr.splitlines() if str(tmp_path) in line or "zaiseki" in line]
    assert ours == []


def test_the_service_gives_the_drain_its_time_and_comes_back() -> None:
    text = (DEPLOY / "systemd" / "zaiseki@.service").read_text()
    for line in ("Restart=always", "TimeoutStopSec=15", "LimitNOFILE=65536", "NoNewPrivileges=yes"):
        assert line in text.splitlines()
    assert "Environment=ZAISEKI_PORT=%i" in text


def test_the_commands_of_the_units_exist(tmp_path: Path) -> None:
    from webapp.cli import _commands

    commands = _commands().commands
    for path in units():
        for words in re.findall(
            r"/opt/zaiseki/\.venv/bin/zaiseki ([a-z-]+)((?: --[a-z]+)*)", path.read_text()
        ):
            command = commands[words[0]]
            options = {name for parameter in command.params for name in parameter.opts}
            assert set(words[1].split()) <= options, path


def test_the_check_finds_the_names_that_rotation_gives() -> None:
    text = (DEPLOY / "systemd" / "zaiseki-backup-check.service").read_text()
    assert "/zaiseki-*.zip" in text
    assert rotation.NAME.startswith("zaiseki-")
    assert rotation.NAME.endswith(".zip")


# --- nginx -------------------------------------------------------------------------------------


def nginx() -> str:
    return (DEPLOY / "nginx" / "nginx.conf").read_text()


def test_nginx_reads_it(tmp_path: Path) -> None:
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    openssl = shutil.which("openssl")
    if program is None or openssl is None:
        pytest.skip("nginx and openssl are not on this machine")
    made = ("-keyout", tmp_path / "zaiseki.key", "-out", tmp_path / "zaiseki.crt")
    words = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=x")
    subprocess.run([openssl, *words, *map(str, made)], check=True, capture_output=True)
    text = nginx().replace("/etc/nginx/tls", str(tmp_path)).replace("user www-data;", "")
    text = text.replace("/run/nginx.pid", str(tmp_path / "pid"))
    text = text.replace("/var/log/nginx", str(tmp_path)).replace("include /etc/nginx/modules", "#")
    (tmp_path / "nginx.conf").write_text(text)
    said = subprocess.run(
        [program, "-t", "-c", str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr


def test_braces_and_semicolons() -> None:
    """What a slip of the hand breaks, also where there is no nginx."""
    depth = 0
    for number, raw in enumerate(nginx().splitlines(), 1):
        line = re.sub(r"'[^']*'|\"[^\"]*\"", "''", raw)
        line = re.sub(r"#.*", "", line).strip()
        assert not line or line[-1] in "{};", f"line {number}: {raw}"
        depth += line.count("{") - line.count("}")
        assert depth >= 0
    assert depth == 0


def test_static_files_come_with_the_headers_the_app_sends(client: FlaskClient) -> None:
    """A worker lives under the policy its own script came with."""
    with client.get("/static/js/live.js") as answer:
        sent = answer.headers
    block = nginx().partition("location /static/ {")[2].partition("}")[0]
    given = dict(re.findall(r'add_header (\S+) "?([^"\n]*?)"? always;', block))
    for name in (
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Referrer-Policy",
        "Cross-Origin-Opener-Policy",
        "Permissions-Policy",
        "Cache-Control",
    ):
        assert given[name] == sent[name], name


def test_it_waits_longer_than_a_ping_takes_and_takes_what_the_app_takes(app: Any) -> None:
    eio = app.extensions["socket_server"].server.eio
    block = nginx().partition("location /socket.io/ {")[2].partition("}")[0]
    waits = int(re.findall(r"proxy_read_timeout (\d+)s", block)[0])
    assert waits > eio.ping_interval + eio.ping_timeout
    size = int(re.findall(r"client_max_body_size (\d+)m", nginx())[0])
    assert size * 1024 * 1024 == app.config["MAX_CONTENT_LENGTH"]


def test_forwarded_headers_are_overwritten_never_appended() -> None:
    for name in ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Remote-User"):
        assert re.search(
            rf"proxy_set_header {name} (\$remote_addr|\$scheme|\$http_host|\"\");", nginx()
        )
    assert "$proxy_add_x_forwarded_for" not in nginx()


def test_the_page_of_nginx_needs_nothing_from_the_server() -> None:
    page = (DEPLOY / "nginx" / "unavailable.html").read_text()
    assert 'lang="ja"' in page
    assert not re.search(r"(src|href)=", page)
