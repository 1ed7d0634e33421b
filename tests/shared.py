"""Real photos, videos and hashes that stand beside the checkout, where they are."""

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1].parent / "shared" / "data"


def shared_data(relative: str = "") -> Path:
    """The file or folder of this name; without it the test is skipped, or fails where CI says so."""
    path = FOLDER / relative
    if path.exists():
        return path
    reason = f"there is no {path}"
    if os.environ.get("SEAWALL_REQUIRE_ALL") == "1":
        pytest.fail(f"{reason}, and SEAWALL_REQUIRE_ALL=1 wants every test to run.")
    pytest.skip(reason)
