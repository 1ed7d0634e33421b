"""The door for programs and browsers: parse, call one workflow, render."""
