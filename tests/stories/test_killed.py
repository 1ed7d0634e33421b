"""Nothing acknowledged is lost, however the process ends; the long form is `benchmarks/crash.py`."""

from benchmarks.crash import survive


def test_a_killed_server_has_kept_what_it_acknowledged(tmp_path):
    """Two workers, killed with -9 under load: every upload, entry and audit line is there, once, and every verdict."""
    outcome = survive(tmp_path / "home", kills=2, workers=2, seed=7)

    assert outcome.faults == ()
    assert outcome.uploads > 0
    assert outcome.screenings > 0
