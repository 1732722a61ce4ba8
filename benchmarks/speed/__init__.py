"""Ours beside the same work in R and elsewhere, timed in one run.

One thread each: R's linear algebra has one, and the second of OpenBLAS, which waits by turning
round and round, would count as work where seconds of the processor are measured.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
