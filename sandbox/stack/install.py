"""Install locked requirements into the Python that runs this: with uv, with the package index that pip was told of.

Runs before anything is installed, so it uses the standard library alone:
``.venv/bin/python -P sandbox/stack/install.py UV_VERSION requirements.txt [requirements-dev.txt]``.
Every hash is checked. uv reads neither pip.conf nor PIP_*, so what they say is translated for it
(https://docs.astral.sh/uv/reference/environment/, https://pip.pypa.io/en/stable/topics/configuration/).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# pip option, uv variable, what joins several values.
TRANSLATED = (
    ("index-url", "UV_DEFAULT_INDEX", " "),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("trusted-host", "UV_INSECURE_HOST", " "),
    ("no-index", "UV_NO_INDEX", " "),
    ("cert", "SSL_CERT_FILE", " "),
    ("proxy", "HTTPS_PROXY", " "),
)
SECTIONS = ("global", "install", ":env:")


def pip_options(listing: str) -> dict[str, list[str]]:
    """What ``pip config list`` prints, as option and values; the environment wins over files, as in pip."""
    found: dict[str, dict[str, list[str]]] = {section: {} for section in SECTIONS}
    for line in listing.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if section in found:
            found[section][option.replace("_", "-")] = " ".join(shlex.split(value)).split()
    return {option: values for section in SECTIONS for option, values in found[section].items()}


def uv_settings(options: Mapping[str, list[str]], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables by which uv uses the index that pip would use; what the person set for uv is left alone."""
    settings = {
        variable: separator.join(options[option])
        for option, variable, separator in TRANSLATED
        if options.get(option) and variable not in environment
    }
    # As pip does, take a version from whichever index has it; its hash is checked all the same.
    return {"UV_INDEX_STRATEGY": "unsafe-best-match", **settings, **_cache(environment)}


def _is_usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _cache(environment: Mapping[str, str]) -> dict[str, str]:
    if "UV_CACHE_DIR" in environment:
        return {}
    usual = environment.get("XDG_CACHE_HOME") or (environment.get("HOME") and f"{environment['HOME']}/.cache")
    if usual and _is_usable(Path(usual) / "uv"):
        return {"UV_CACHE_DIR": f"{usual}/uv"}
    return {"UV_CACHE_DIR": str(PROJECT / ".local" / "cache" / "uv")}


def _pip(*arguments: str, **options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    return subprocess.run(command, check=False, text=True, **options)


def _sync_with_uv(version: str, requirements: list[str]) -> bool:
    if _pip("install", "--quiet", f"uv=={version}", stderr=subprocess.DEVNULL).returncode:
        return False
    options = pip_options(_pip("config", "list", capture_output=True).stdout)
    environment = {**os.environ, **uv_settings(options, os.environ)}
    command = [
        sys.executable,
        "-m",
        "uv",
        "pip",
        "sync",
        "--quiet",
        "--python",
        sys.executable,
        "--require-hashes",
    ]
    return subprocess.run([*command, *requirements], env=environment, check=False).returncode == 0


def main(version: str, *requirements: str) -> int:
    """Install exactly these requirements; 0 if every one is there with a hash that was expected."""
    names = " and ".join(Path(path).name for path in requirements)
    print(f"Installing {names} into {sys.prefix} …", flush=True)
    if _sync_with_uv(version, list(requirements)):
        return 0
    print("uv cannot be used here; pip takes a few minutes instead.", file=sys.stderr)
    files = [part for path in requirements for part in ("-r", path)]
    if _pip("install", "--quiet", "--require-hashes", *files).returncode == 0:
        return 0
    print(
        f"{names} could not be installed: see the message above. Is the package index reachable?",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
