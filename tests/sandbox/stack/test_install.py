from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.stack.install import pip_options, uv_settings

PROJECT = Path(__file__).resolve().parents[3]
LISTING = """\
:env:.cert='/etc/ssl/own.pem'
:env:.default-timeout='180'
:env:.find-links='/wheels'
global.find-links='/opt/wheels'
global.extra-index-url='https://one.example/simple https://two.example/simple'
global.index-url='https://mirror.example/simple'
install.trusted-host='mirror.example'
list.format='columns'
"""


def test_pip_options_are_read_and_the_environment_wins():
    options = pip_options(LISTING)
    assert options["find-links"] == ["/wheels"]
    assert options["extra-index-url"] == ["https://one.example/simple", "https://two.example/simple"]
    assert "format" not in options


def test_uv_is_led_to_the_index_that_pip_knows():
    settings = uv_settings(pip_options(LISTING), {"HOME": "/root"})
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert settings["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert settings["UV_FIND_LINKS"] == "/wheels"
    assert settings["UV_INSECURE_HOST"] == "mirror.example"
    assert settings["SSL_CERT_FILE"] == "/etc/ssl/own.pem"


def test_what_a_person_set_for_uv_stays():
    settings = uv_settings(
        pip_options(LISTING), {"UV_DEFAULT_INDEX": "https://mine.example", "UV_CACHE_DIR": "/mine"}
    )
    assert not {"UV_DEFAULT_INDEX", "UV_CACHE_DIR"} & set(settings)


@pytest.mark.parametrize("environment", [{}, {"HOME": ""}, {"HOME": "/proc/nowhere"}])
def test_without_a_usable_home_the_cache_lies_in_the_project(environment):
    assert uv_settings({}, environment)["UV_CACHE_DIR"] == str(PROJECT / ".local" / "cache" / "uv")


def test_an_empty_home_is_a_usable_one(tmp_path):
    assert uv_settings({}, {"HOME": str(tmp_path)})["UV_CACHE_DIR"] == f"{tmp_path}/.cache/uv"


def test_real_pip_prints_what_is_understood(tmp_path):
    configuration = tmp_path / "pip.conf"
    configuration.write_text("[global]\nindex-url = https://mirror.example/simple\n")
    answer = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={"PIP_CONFIG_FILE": str(configuration), "PIP_NO_INDEX": "1", "PATH": "/usr/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    if "No module named pip" in answer.stderr:
        pytest.skip("this environment was made without pip")
    options = pip_options(answer.stdout)
    assert options["index-url"] == ["https://mirror.example/simple"]
    assert options["no-index"] == ["1"]


def test_it_imports_nothing_that_must_first_be_installed():
    code = f"import sys; sys.path.insert(0, {str(PROJECT / 'sandbox' / 'stack')!r}); import install"
    subprocess.run([sys.executable, "-I", "-S", "-c", code], check=True, capture_output=True)


def test_every_requirement_is_locked_with_a_hash():
    for name in ("requirements.txt", "requirements-dev.txt"):
        entries = re.split(r"\n(?=\S)", (PROJECT / name).read_text().strip())
        assert len(entries) > 5
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries), name
