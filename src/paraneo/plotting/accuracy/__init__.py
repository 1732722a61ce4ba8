"""Drawings of tests and their accuracy."""
