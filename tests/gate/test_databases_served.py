"""DuckDB in every door, and PostgreSQL served from this machine: digits as from Parquet."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from tests.gate.calls import CALLS, call
from tests.support import HERE

from paraneo import person_years, query

NAMES = {"birth": "b", "entry": "s", "exit": "e", "event": "d", "age": [0, 60, 70, np.inf]}
PEOPLE = 1_000_000
MOST_MORE = 200e6


@pytest.mark.parametrize("name", CALLS)
def test_a_relation_of_duckdb_is_a_table_in_every_verb(name: str) -> None:
    with duckdb.connect() as base:
        base.register("held", pd.DataFrame(CALLS[name][0]))
        relation = base.sql("select * from held")
        found = _called(name, relation)
        asked = _called(name, query(base, "select * from held")) if name in ASKED else found
    expected = repr(call(name))
    assert repr(found) == expected
    assert repr(asked) == expected


#: A verb that reads in batches and two that gather first.
ASKED = ("person_years", "cox_regression", "incidence_ratios")


def _called(name: str, table: Any) -> Any:
    import paraneo

    return getattr(paraneo, name)(table, **CALLS[name][1])


def _server() -> Path | None:
    """Return the folder of PostgreSQL's programs, newest first; None where it is not there."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


def _nobody() -> dict[str, Any]:
    """Return who runs the server: not root, who may not."""
    if os.getuid():
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """Start PostgreSQL in a folder of its own, on loopback, and stop it afterwards."""
    programs = _server()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    pytest.importorskip("psycopg", reason="psycopg is not installed here")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        who = _nobody()
        if who:
            os.chown(folder, who["user"], who["group"])
        run = {"cwd": folder, "check": True, "capture_output": True, "timeout": 60, **who}
        made = ("-D", "data", "-A", "trust", "-U", "tester", "--no-sync", "-E", "UTF8")
        subprocess.run([programs / "initdb", *made], **run)
        port = _free_port()
        told = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        start = ("-D", "data", "-w", "-l", "log", "-o", f"-p {port} {told}", "start")
        subprocess.run([programs / "pg_ctl", *start], **{**run, "capture_output": False})
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([programs / "pg_ctl", "-D", "data", "-m", "fast", "stop"], **run)


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


#: What the process that is measured does: it prints how much memory the reading took, and why.
MEASURED = """
import resource, sys
import numpy as np, psycopg
from adbc_driver_postgresql import dbapi
from paraneo import person_years, query
address, way, out = sys.argv[1:]
names = {"birth": "b", "entry": "s", "exit": "e", "event": "d", "age": [0, 60, 70, np.inf]}
connect = {"psycopg": psycopg.connect, "adbc": dbapi.connect}[way]
with connect(address) as base:
    person_years(query(base, "select * from people limit 1000"), **names)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    table = person_years(query(base, "select * from people", rows=50_000), **names).summary()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
table.to_parquet(out)
print((after - before) * 1024)
"""


@pytest.mark.parametrize("way", ["psycopg", "adbc"])
def test_a_million_people_of_postgresql_are_read_in_batches(
    served: str, way: str, tmp_path: Path
) -> None:
    pytest.importorskip("adbc_driver_postgresql", reason="the driver is not installed here")
    import psycopg

    path = tmp_path / "people.parquet"
    with psycopg.connect(served) as base:
        base.execute(
            "create table if not exists people as select 1930 + (i * 7919 % 40000) / 1000.0::float8"
            " as b, 2000.0::float8 as s, 2000.5 + (i * 104729 % 9000) / 1000.0::float8 as e,"
            f" (i % 7 = 0)::int as d from generate_series(1::bigint, {PEOPLE}) as i"
        )
        base.commit()
        rows = base.execute("select * from people").fetchall()
    pd.DataFrame(rows, columns=["b", "s", "e", "d"]).to_parquet(path)
    out = tmp_path / "out.parquet"
    words = [sys.executable, "-c", MEASURED, served, way, str(out)]
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent / "src")}
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < MOST_MORE
    expected = person_years(path, **NAMES).summary()
    assert expected["n"].max() > PEOPLE / 3
    pd.testing.assert_frame_equal(pd.read_parquet(out), expected)
