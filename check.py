"""
Everything that is checked before a change lands: `python3 check.py`.

    .venv with requirements/check.txt ─▶ format, lint, types, imports, tests ─▶ a line for each

`python3 check.py --only tests -k hamming` runs one of them, with the rest as its arguments.
"""

from __future__ import annotations  # so that an older Python reads far enough to be told so

import argparse
import os
import subprocess
import sys
import time

from start import BIN, ROOT, say, set_up

PROCESSES = str(1 + min(4, os.cpu_count() or 1))  # one more than processors: tests also wait
STEPS = {
    "format": ("ruff", "format", "--check", "."),
    "lint": ("ruff", "check", "."),
    "types": ("mypy", "--strict", "seawall", "start.py", "check.py", "tools/lock.py"),
    "imports": ("lint-imports",),
    # This way `tests` itself can be imported from; a file's tests stay together, for they may share what they open.
    "tests": (
        "python",
        "-m",
        "pytest",
        "-n",
        PROCESSES,
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",
    ),
}


def main(arguments: list[str]) -> int:
    """Run every step, however the others end; 0 when all of them passed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0], allow_abbrev=False)
    parser.add_argument("--only", choices=STEPS, help="run this step alone")
    chosen, rest = parser.parse_known_args(arguments)
    if rest and not chosen.only:
        parser.error(f"{' '.join(rest)}: arguments are for one step; name it with --only.")

    set_up("check")
    steps = {chosen.only: STEPS[chosen.only]} if chosen.only else STEPS
    outcomes = [run(name, (*command, *rest)) for name, command in steps.items()]
    say("\n".join(("", *(line for _, line in outcomes))))
    return 0 if all(passed for passed, _ in outcomes) else 1


def run(name: str, command: tuple[str, ...]) -> tuple[bool, str]:
    """Run one step with `.venv` first on the path; whether it passed, and its line of the summary."""
    say(f"\n── {name}: {' '.join(command)}")
    path = os.pathsep.join((str(BIN), os.environ.get("PATH", "")))
    begun = time.monotonic()
    step = subprocess.run(  # noqa: S603 - the table above
        (str(BIN / command[0]), *command[1:]),
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        check=False,
    )
    seconds = time.monotonic() - begun
    passed = step.returncode == 0
    return passed, f"{name:8} {'passed' if passed else 'FAILED'} in {seconds:.1f} s"


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
