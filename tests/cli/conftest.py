"""Commands print as where there is no terminal, wherever the tests run."""

import os

os.environ["COLUMNS"] = "118"
