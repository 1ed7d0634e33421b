"""HTTP, one module for each noun: a route parses, calls one workflow, renders."""
