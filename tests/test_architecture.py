"""The map in the package docstring, the import contract and the folders tell the same story."""

import configparser
import re
import subprocess
import sys
from pathlib import Path

import seawall

ROOT = Path(__file__).parent.parent
ON_THE_MAP = re.findall(r"^    (\w+)  ", seawall.__doc__, re.MULTILINE)
UNDERNEATH = re.search(r"Under everything: (.+)\.", seawall.__doc__)[1].split(", ")


def layers():
    """The names on each line of the contract, lowest first."""
    contract = configparser.ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:layers"]["layers"].strip().splitlines()
    return [[name.strip() for name in re.split(r"[|:]", line)] for line in reversed(lines)]


def test_the_map_is_in_the_order_of_the_contract():
    """Reading order is import order: each folder on the map sits above the ones before it."""
    level = {name: depth for depth, line in enumerate(layers()) for name in line}

    assert sorted(ON_THE_MAP, key=level.__getitem__) == ON_THE_MAP


def test_everything_in_the_package_is_on_the_map_and_in_the_contract():
    """A folder that nobody drew is a folder nobody finds."""
    package = Path(seawall.__file__).parent
    folders = {path.parent.name for path in package.glob("*/__init__.py")}
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    in_the_contract = {name for line in layers() for name in line}

    assert {*ON_THE_MAP, *UNDERNEATH} == in_the_contract
    assert folders | modules == in_the_contract


def test_a_folder_says_what_lives_there():
    """Its sentence on the map is the sentence it opens with."""
    for folder in ON_THE_MAP:
        opening = ROOT / "seawall" / folder / "__init__.py"
        if not opening.exists():
            continue
        sentence = re.search(rf"^    {folder}  +(.+)$", seawall.__doc__, re.MULTILINE)[1]
        text = opening.read_text(encoding="utf-8").strip()
        assert text.lower() == f'"""{sentence}."""'.lower()


def test_imports_point_down():
    """The contract holds; when it does not, what import-linter prints says where."""
    lint = Path(sys.executable).with_name(
        "lint-imports"
    )  # in a process of its own: it silences every logger
    ran = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout


def test_a_server_without_a_provider_of_accounts_loads_nothing_for_one():
    """Most have none, and start the sooner for it."""
    loaded = "import seawall.web.application, sys; print({'authlib', 'joserfc'} & {*sys.modules})"
    ran = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
