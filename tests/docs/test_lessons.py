"""The tutorial and the README's example do what they say, typed into a shell."""

import os
import re
import socket
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path

from seawall.workflows.pictures import ALTERATIONS, landscape
from tests.docs.pages import ROOT, blocks

MARK = "———"  # between the outputs of two blocks
TIDY = "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT\n"


def typed(script: str, folder: Path) -> str:
    """What a shell says to these lines, with a port of their own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("SEAWALL_")
    }
    ran = subprocess.run(
        ["bash", "-c", "set -m\n" + TIDY + script.replace(":8800", f":{port}")],
        cwd=folder,
        env=environment
        | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "SEAWALL_HOME": str(folder / "home"),
            "SEAWALL_SERVER_PORT": port,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    assert "Traceback" not in ran.stdout, ran.stdout
    return ran.stdout


def says(shown: str, output: str) -> bool:
    """Whether the lines of a page appear in the output in their order; … stands for anything."""
    lines = iter([" ".join(line.split()) for line in output.splitlines()])
    for wanted in (" ".join(line.split()) for line in shown.splitlines() if line.strip() != "…"):
        pattern = re.sub(r" ?… ?", "*", re.sub(r"([\[\]*?])", r"[\1]", wanted))
        if not any(fnmatchcase(line, pattern) for line in lines):
            return False
    return True


def test_the_tutorial_says_what_happens(tmp_path):
    """Its commands are run in order in one shell, and each answer it shows is compared with the real one."""
    lesson = [
        block for block in blocks(ROOT / "docs/tutorial.md") if block.language in ("sh", "text")
    ]
    script = "".join(f"echo {MARK}\n{block.text}" for block in lesson if block.language == "sh")

    outputs = iter(typed(script, tmp_path).split(f"{MARK}\n")[1:])

    output = ""
    for block in lesson:
        if block.language == "sh":
            output = next(outputs)
        else:
            assert says(block.text, output), f"The page:\n{block.text}\nThe shell:\n{output}"
    assert list(tmp_path.iterdir()) == []  # the last block cleans up


def test_the_example_of_the_readme_works(tmp_path):
    """With pictures of our own making."""
    (example,) = [block for block in blocks(ROOT / "README.md") if block.language == "sh"]
    (tmp_path / "uploads").mkdir()
    (tmp_path / "photo.jpg").write_bytes(ALTERATIONS["the same file"](landscape(1)))
    for name in ("copy.jpg", "uploads/copy.jpg"):
        (tmp_path / name).write_bytes(ALTERATIONS["half the size"](landscape(1)))

    output = typed(example.text, tmp_path)

    assert "1 file: 1 block. 1 matched" in output
    assert '"measure":"block"' in output
