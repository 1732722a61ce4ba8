"""Simulation studies, one a file, each opening with its aims and data."""
