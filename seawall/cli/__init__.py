"""The door for people at a terminal: parse, call one workflow, render."""
