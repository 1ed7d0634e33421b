"""The stories, one module each, from beginning to end."""
