"""
Pins every dependency in `requirements/`, with hashes: `python3 tools/lock.py [--upgrade]`.

    pyproject.toml ──uv──▶ requirements/run.txt ──the same versions──▶ requirements/check.txt

Run it after changing the dependencies in `pyproject.toml`. It needs uv (`pip install uv`); using the
result needs only pip. One file serves every platform and Python version (`--universal`), and
neither file names an address to download from.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = (
    *("uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-annotate", "--no-header"),
)
HEADER = "# Every {what}, pinned by tools/lock.py from pyproject.toml. Do not edit.\n"


def main(options: list[str]) -> None:
    """Write both files; versions already pinned stay unless `--upgrade` asks for newer ones."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    # The package itself is built with what is pinned here, so that nothing is downloaded unpinned.
    build_tools = "\n".join(project["build-system"]["requires"])
    oldest = project["project"]["requires-python"].removeprefix(">=")
    common = [*COMPILE, *options, "--python-version", oldest, "--extra", "postgresql"]

    pin("run", [*common, "pyproject.toml", "-"], build_tools, "package that Seawall runs on")
    pin(
        "check",
        [
            *common,
            "--group",
            "check",
            "--constraint",
            "requirements/run.txt",
            "pyproject.toml",
            "-",
        ],
        build_tools,
        "package that check.py needs, those of run.txt included",
    )


def pin(name: str, command: list[str], build_tools: str, what: str) -> None:
    """Compile one requirements file, keeping the versions it already has."""
    target = ROOT / "requirements" / f"{name}.txt"
    target.parent.mkdir(exist_ok=True)
    compiled = subprocess.run(  # noqa: S603 - our own command
        [*command, "--output-file", target], cwd=ROOT, input=build_tools, text=True, check=False
    )
    if compiled.returncode:
        sys.exit(f"{target.name} was not written; uv says why above.")
    target.write_text(HEADER.format(what=what) + target.read_text())
    print(f"{target.relative_to(ROOT)} is written.")


if __name__ == "__main__":
    main(sys.argv[1:])
