"""Strangers' bytes become images and links."""
