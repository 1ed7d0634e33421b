"""One module per outside exchange: its client, its words turned into ours."""
