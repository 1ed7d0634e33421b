"""Remembering: SQLite or PostgreSQL, migrations."""
