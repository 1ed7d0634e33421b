"""
Seawall on this machine, from nothing but Python: `python3 start.py [seawall arguments…]`.

    .venv ─▶ pinned packages ─▶ this package ─▶ the `seawall` command ─▶ `seawall demo`

Run it as often as you like: what is done is not done again, and what was interrupted is continued.
"""

from __future__ import annotations  # so that an older Python reads far enough to be told so

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
UNFINISHED = VENV / "unfinished"  # there while pip writes, so that a killed pip is noticed


def main(arguments: list[str]) -> None:
    """Set up what is missing, then become the `seawall` command."""
    if set_up("run") and not link_command():
        say("For the seawall command in this terminal: source .venv/bin/activate")
    os.execv(BIN / "seawall", ["seawall", *(arguments or ["demo"])])  # noqa: S606 - our own command


def set_up(purpose: str) -> bool:
    """
    Make `.venv` hold `requirements/{purpose}.txt` and this package; True when something was done.

    Ends the program with a sentence when that is not possible; what was finished until then stays.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 - the one file that meets an older Python
        version = ".".join(map(str, sys.version_info[:3]))
        sys.exit(f"Seawall needs Python 3.11 or newer; {sys.executable} is {version}.")
    if os.name != "posix":
        sys.exit("Seawall runs on Linux and macOS; on Windows, run it inside WSL.")
    requirements = ROOT / "requirements" / f"{purpose}.txt"
    stamp = VENV / f"{purpose}.stamp"
    if stamp.is_file() and stamp.read_text() == fingerprint(requirements):
        return False

    make_venv()
    UNFINISHED.touch()
    packages = sum("==" in line for line in requirements.read_text().splitlines())
    say(f"Installing {packages} packages into .venv, once; this takes a minute or two…")
    # What Seawall runs on comes ready-made; two of the packages it is checked against are compiled.
    ready_made = ("--only-binary", ":all:") if purpose == "run" else ()
    if not pip("install", "--require-hashes", *ready_made, "-r", str(requirements)):
        UNFINISHED.unlink()  # pip installs when it has everything, so nothing is half installed
        sys.exit(
            "The packages could not be installed; pip says why above. They come over the network:"
            " check the connection (or pip's proxy settings) and run this again. What has been"
            " downloaded is kept."
        )
    if not pip("install", "--no-index", "--no-deps", "--no-build-isolation", "-e", str(ROOT)):
        sys.exit("Seawall itself could not be installed into .venv; pip says why above.")
    UNFINISHED.unlink()
    stamp.write_text(fingerprint(requirements))
    return True


def fingerprint(requirements: Path) -> str:
    """What an installed `.venv` depends on: the packages, this package's description, both Pythons."""
    parts = (requirements.read_bytes(), (ROOT / "pyproject.toml").read_bytes())
    place = f"{VENV} {sys.version}".encode()
    return hashlib.sha256(b"\0".join((*parts, place))).hexdigest()


def make_venv() -> None:
    """A `.venv` with a working pip; one left half made, or made by another Python, is made anew."""
    same = f"import pip, sys; sys.exit(sys.version_info[:2] != {tuple(sys.version_info[:2])})"
    python = BIN / "python"
    if not UNFINISHED.exists() and python.exists() and succeeds(str(python), "-c", same):
        return
    say("Making .venv…")
    if not succeeds(sys.executable, "-m", "venv", "--clear", str(VENV)):
        sys.exit(
            f"{sys.executable} cannot make a virtual environment here; it says why above."
            " On Debian and Ubuntu: apt install python3-venv."
        )


def link_command() -> bool:
    """
    The `seawall` command in `~/.local/bin`, when terminals look there; True when it is there.

    Nothing of that name that is somebody else's is touched.
    """
    link = Path.home() / ".local" / "bin" / "seawall"
    if str(link.parent) not in os.environ.get("PATH", "").split(os.pathsep):
        return False
    if not os.path.lexists(link):
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(BIN / "seawall")
        say(f"The seawall command is now {link}.")
    return link.is_symlink() and link.resolve() == (BIN / "seawall").resolve()


def pip(*arguments: str) -> bool:
    """Run `.venv`'s pip, which asks nothing and says only what went wrong."""
    quiet = ("-qq", "--no-input", "--disable-pip-version-check")
    return succeeds(str(BIN / "python"), "-m", "pip", *quiet, *arguments)


def succeeds(*command: str) -> bool:
    """Whether the command ends well; what it says goes to stderr."""
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0  # noqa: S603 - our own


def say(sentence: str) -> None:
    """Tell the person at the terminal, and leave stdout to the command's results."""
    print(sentence, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit("Interrupted; run it again to continue.")
