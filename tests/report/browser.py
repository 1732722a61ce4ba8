"""A page opened in a browser without a window, by the WebDriver protocol; skipped without one."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest


class Browser:
    """A session of a browser."""

    def __init__(self, port: int) -> None:
        self.root = f"http://127.0.0.1:{port}"
        self.session = ""

    def ask(self, path: str, **body: Any) -> Any:
        given = json.dumps(body).encode() if body or path != "/status" else None
        request = Request(f"{self.root}{path}", data=given)
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def start(self, width: int, height: int) -> None:
        options = {
            "args": [
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                f"--window-size={width},{height}",
            ],
            "mobileEmulation": {"deviceMetrics": {"width": width, "height": height}},
        }
        wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        found = self.ask("/session", capabilities={"alwaysMatch": wanted})
        self.session = f"/session/{found['sessionId']}"

    def open(self, page: Path) -> None:
        self.ask(f"{self.session}/url", url=page.as_uri())

    def run(self, script: str, *given: Any) -> Any:
        return self.ask(f"{self.session}/execute/sync", script=script, args=list(given))

    def said(self) -> list[str]:
        """Return what the console holds: faults of scripts, and what the policy kept out."""
        return [one["message"] for one in self.ask(f"{self.session}/se/log", type="browser")]


@contextmanager
def browser(width: int = 1200, height: int = 900) -> Iterator[Browser]:
    """Give a browser, or skip the test."""
    driver = shutil.which("chromedriver")
    if driver is None or not (shutil.which("chromium") or shutil.which("google-chrome")):
        pytest.skip("no chromium with chromedriver is installed")
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([driver, f"--port={port}"], stdout=quiet, stderr=quiet)
    one = Browser(port)
    try:
        for _ in range(100):
            with suppress(URLError, ConnectionError):
                if one.ask("/status")["ready"]:
                    break
            time.sleep(0.1)
        one.start(width, height)
        yield one
    finally:
        with suppress(Exception):
            urlopen(Request(f"{one.root}{one.session}", method="DELETE"), timeout=20)
        process.terminate()
        process.wait(timeout=20)
