"""docker-compose.yml says the same as the local stack: commands, settings, server options; and no secret."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from sandbox.stack import containers, postgres
from sandbox.stack.credentials import Credentials, credentials
from sandbox.stack.environment import Addresses, stack_environment
from sandbox.stack.outside_systems import sandbox_component
from sandbox.stack.places import places
from sandbox.stack.ports import PREFERRED
from sandbox.stack.settings import (
    COMPONENTS,
    MIGRATE_AIRFLOW,
    MIGRATE_WAREHOUSE,
    SANDBOX,
    Executor,
    airflow_settings,
    worker_command,
)

PROJECT = Path(__file__).resolve().parents[3]
TEXT = (PROJECT / "docker-compose.yml").read_text()
FILE = yaml.safe_load(TEXT)
SERVICES = FILE["services"]
ERRANDS = {"databases", "airflow-tables", "warehouse-tables", "provision"}
STORES = {"postgres", "redis"}
OWN = set(SERVICES) - STORES
LASTING = set(SERVICES) - ERRANDS
EXAMPLE = (PROJECT / ".env.example").read_text()
COMMANDS = {
    **COMPONENTS,
    "worker": worker_command(),
    "airflow-tables": MIGRATE_AIRFLOW,
    "warehouse-tables": MIGRATE_WAREHOUSE,
    "databases": ("python", "-m", containers.__name__, "prepare"),
    "provision": ("python", "-m", containers.__name__, "provision"),
}
REFERENCE = re.compile(r"\$\{([A-Z_]+)(:[?-][^}]*)?\}")


@pytest.fixture
def local(tmp_path):
    where = places(tmp_path / "state")
    return stack_environment(where, credentials(where.secrets), Addresses(PREFERRED, Executor.CELERY))


def environment(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment", {})


def test_every_part_that_was_promised_is_there():
    assert set(COMPONENTS) | {"worker", "postgres", "redis", "sandbox"} == LASTING
    assert SERVICES["worker"]["deploy"]["replicas"] >= 2


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_is_the_one_of_the_local_stack(name):
    assert tuple(SERVICES[name]["command"]) == COMMANDS[name]


def test_the_sandbox_is_started_with_the_same_options(tmp_path):
    def options(command):
        text = (
            " ".join(command)
            .replace("=/", " /")
            .replace("--ports=", "--ports ")
            .replace("--host=", "--host ")
        )
        return set(re.findall(r"(--[a-z-]+)", text))

    command = SERVICES["sandbox"]["command"]
    assert tuple(command[:3]) == SANDBOX
    local = sandbox_component(places(tmp_path), PREFERRED).command
    assert options(command) - {"--host"} == options(local)


@pytest.mark.parametrize("name", [*sorted(COMPONENTS), "worker"])
def test_airflow_has_the_settings_of_the_local_stack(name, local):
    found = environment(name)
    shared = airflow_settings(Executor.CELERY)
    assert {key: found.get(key) for key in shared} == shared
    own = {key for key in found if key.startswith("AIRFLOW__")}
    assert own == {key for key in local if key.startswith("AIRFLOW__")}


def test_postgres_has_the_settings_of_the_local_stack():
    program, *options = SERVICES["postgres"]["command"]
    assert program == "postgres"
    assert dict(option.removeprefix("-c").split("=", 1) for option in options) == postgres.SERVER_SETTINGS
    ours = set(postgres.INITDB) - {"--username=postgres", "--no-instructions"}
    assert set(environment("postgres")["POSTGRES_INITDB_ARGS"].split()) == ours
    major = SERVICES["postgres"]["image"].split(":")[1]
    assert (
        f"postgres (PostgreSQL) {major}."
        in subprocess.run(
            [postgres.binary("postgres"), "--version"], capture_output=True, text=True, check=True
        ).stdout
    )


@pytest.mark.parametrize("name", sorted(LASTING))
def test_what_stays_has_a_health_check_and_comes_back(name):
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert len(check["test"]) > 1
    assert {"interval", "timeout", "retries"} <= set(check)
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", sorted(ERRANDS))
def test_what_ends_by_itself_is_not_started_again(name):
    assert SERVICES[name]["restart"] == "no"


def test_whoever_waits_waits_for_health_or_success():
    for service in SERVICES.values():
        for name, wanted in service.get("depends_on", {}).items():
            expected = "service_completed_successfully" if name in ERRANDS else "service_healthy"
            assert wanted == {"condition": expected}, name


def test_nothing_starts_before_what_it_needs():
    def needs(name, seen=()):
        assert name not in seen, f"a circle: {seen}"
        direct = set(SERVICES[name].get("depends_on", {}))
        return direct.union(*(needs(one, (*seen, name)) for one in direct))

    assert "postgres" in needs("airflow-tables") & needs("warehouse-tables")
    for name in COMPONENTS:
        assert {"airflow-tables", "databases", "postgres", "redis"} <= needs(name)
    assert {"warehouse-tables", "api-server"} <= needs("worker")
    assert {"api-server", "sandbox"} <= needs("provision")


@pytest.mark.parametrize("name", sorted(OWN))
def test_our_containers_run_our_image(name):
    assert SERVICES[name]["image"] == "seamline:local"
    assert SERVICES[name]["build"] == "."


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_has_the_least_that_it_needs(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)
    assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert "user" in service or name in OWN
    assert not [volume for volume in service.get("volumes", []) if volume.startswith((".", "/", "~"))]


def test_ports_are_open_on_this_machine_alone():
    published = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert published == ["127.0.0.1:${SEAMLINE_PORT_UI:-8080}:8080"]
    assert FILE["networks"]["stores"] == {"internal": True}
    assert "systems" not in SERVICES["postgres"]["networks"]
    assert set(SERVICES["sandbox"]["networks"]) == {"systems"}


def test_volumes_are_named_and_declared():
    used = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    assert used == set(FILE["volumes"])


def test_the_pipelines_owner_password_is_known_only_where_the_warehouse_is_migrated():
    knowing = {name for name in SERVICES if "PASSWORD_SEAMLINE_OWNER" in str(environment(name))}
    assert knowing == {"databases", "warehouse-tables", "worker"}
    knowing = {name for name in SERVICES if "PASSWORD_POSTGRES" in str(environment(name))}
    assert knowing == {"postgres", "databases"}


def secret_values() -> list[tuple[str, str]]:
    wanted = re.compile(r"PASSWORD(?!S_FILE)|SECRET|FERNET|CONN|BROKER_URL|RESULT_BACKEND|REDISCLI_AUTH")
    return [
        (key, value)
        for service in SERVICES
        for key, value in environment(service).items()
        if wanted.search(key) and key != "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"
    ]


def test_no_secret_is_in_the_file():
    assert len(secret_values()) > 20
    for key, value in secret_values():
        assert REFERENCE.search(value), f"{key} must come from .env"
        without = REFERENCE.sub("", value)
        assert re.fullmatch(r"(\w[\w+]*://(\w*:)?@[a-z]+:\d+(/\w+)?)?", without), (
            f"{key} contains more than a reference"
        )


def test_nothing_in_the_file_looks_random():
    words = re.findall(r"[A-Za-z0-9+/_-]{24,}", REFERENCE.sub("", TEXT))

    def entropy(word):
        return -sum(p * math.log2(p) for p in (word.count(c) / len(word) for c in set(word)))

    assert [word for word in words if entropy(word) > 4.3 and re.search(r"\d", word)] == []


def test_a_missing_secret_stops_the_start_with_a_sentence():
    for name, default in REFERENCE.findall(TEXT):
        assert name == "SEAMLINE_PORT_UI" or default == ":?copy .env.example to .env and fill it in", name


def test_the_example_names_and_explains_every_variable_and_holds_no_secret():
    offered = dict(re.findall(r"^([A-Z_]+)=(.*)$", EXAMPLE, re.MULTILINE))
    assert set(offered) == {name for name, _ in REFERENCE.findall(TEXT)}
    assert [value for value in offered.values() if value] == ["8080"]
    groups = re.split(r"\n(?=#)", EXAMPLE)
    assert all(group.startswith("#") for group in groups if "=" in group)


def test_every_role_and_key_of_the_local_stack_has_its_variable():
    roles = {f"PASSWORD_{role.upper()}" for role in postgres.LOGIN_ROLES}
    assert roles <= set(environment("databases"))
    assert {
        field.upper() for field in Credentials.__dataclass_fields__ if "key" in field or "secret" in field
    } == {
        "JWT_SECRET",
        "API_SECRET_KEY",
        "FERNET_KEY",
    }


def test_secrets_and_state_stay_out_of_git_and_of_the_image():
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*"
    assert not kept & {".env", ".local", ".git", ".venv", "tests"}
    assert {"dags", "include", "plugins", "sandbox", "dbt_project", "requirements.txt"} <= kept


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_special():
    dockerfile = (PROJECT / "Dockerfile").read_text()
    assert set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)) == {"python:3.12-slim-bookworm"}
    assert "install.py" in dockerfile
    assert "requirements.txt" in dockerfile
    assert re.findall(r"^USER (\S+)", dockerfile, re.MULTILINE) == ["seamline"]
    assert not re.search(r"^(ARG|ENV).*(PASSWORD|SECRET|TOKEN|KEY)", dockerfile, re.MULTILINE)
    for folder in {volume.split(":")[1] for name in OWN for volume in SERVICES[name].get("volumes", [])}:
        assert folder in dockerfile, "a volume takes its owner from the image's folder"


@pytest.mark.skipif(not shutil.which("docker"), reason="docker is not installed")
def test_compose_itself_accepts_the_file(tmp_path):
    filled = re.sub(r"^([A-Z_]+)=$", r"\1=value", EXAMPLE, flags=re.MULTILINE)
    (tmp_path / "env").write_text(filled)
    command = [
        "docker",
        "compose",
        "--env-file",
        str(tmp_path / "env"),
        "--file",
        "docker-compose.yml",
        "config",
    ]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if "not a docker command" in answer.stderr or "unknown" in answer.stderr:
        pytest.skip("docker compose is not installed")
    assert answer.returncode == 0, answer.stderr
    assert yaml.safe_load(answer.stdout)["services"].keys() == SERVICES.keys()
