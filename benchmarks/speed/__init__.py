"""paraneo beside R, in one run each: `python -m benchmarks.speed.NAME`."""
