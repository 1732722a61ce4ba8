"""Drawings, one a file; each reads a summary frame and nothing else."""
