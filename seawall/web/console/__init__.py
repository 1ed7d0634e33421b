"""Pages for people who work here: parse, call one workflow, render."""
