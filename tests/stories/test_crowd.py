"""Several processes on one database lose nothing; the long form is `benchmarks/crowd.py`."""

from benchmarks.crowd import crowd


def test_processes_on_one_database_lose_nothing(database_url, tmp_path):
    """Every entry is matched by the very next query, and in the end all agree."""
    database = None if database_url.startswith("sqlite") else database_url

    assert crowd(tmp_path / "home", processes=3, stories=12, database=database) == []
