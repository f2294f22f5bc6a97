"""A whole site for a real browser: web server, Celery worker and database, each a process or file of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
PRODUCTS = ["anello-vase", "brook-jug", "clara-carafe", "apothecary-pump", "azrou-rug"]
#: Milliseconds after which something that was to appear is taken for missing: long, because a machine may be busy with
#: much else, and nothing is lost by it where all is well.
PATIENCE = 900_000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Site:
    """The running test shop. `folder` holds all that it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.e2e.settings",
            "PRODGEN_TEST_FOLDER": str(self.folder),
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }

    def python(self, *arguments: str) -> None:
        subprocess.run([sys.executable, *arguments], env=self.environment, cwd=ROOT, check=True)

    def start(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                [sys.executable, *arguments], env=self.environment, cwd=ROOT, stdout=log, stderr=log
            )

    def start_worker(self) -> None:
        queues = "prodgen-quick,prodgen,prodgen-gpu,celery"
        self.start(
            "worker",
            "-m",
            "celery",
            "-A",
            "tests.e2e.celeryapp",
            "worker",
            "-P",
            "solo",
            "-l",
            "INFO",
            "-Q",
            queues,
        )

    def stop(self, name: str) -> None:
        process = self._processes.pop(name, None)
        if process is not None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop_all(self) -> None:
        for name in list(self._processes):
            self.stop(name)

    def wait_until_served(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            if self._processes["web"].poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/admin/login/", timeout=PATIENCE / 1000):
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        pytest.fail(f"the site does not answer:\n{(self.folder / 'web.log').read_text()[-3000:]}")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site"))
    site.python("-m", "django", "migrate", "--run-syncdb", "-v0")
    site.python("-m", "tests.e2e.seed", *PRODUCTS)
    site.start("web", "-m", "django", "runserver", "--noreload", f"127.0.0.1:{site.port}")
    try:
        site.wait_until_served()
        yield site
    finally:
        site.stop_all()


@pytest.fixture
def worker(site: Site) -> Iterator[Site]:
    site.start_worker()
    yield site
    site.stop("worker")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=PATIENCE)
    path = os.environ.get("PRODGEN_CHROMIUM", "/usr/bin/chromium")
    if not shutil.which(path):
        message = f"there is no chromium at {path} (set PRODGEN_CHROMIUM)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser, site: Site) -> Iterator[BrowserContext]:
    context = browser.new_context(base_url=site.url, viewport={"width": 1300, "height": 900})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A browser in which the shop's owner is signed in; anything that the page's script throws fails the
    test.
    """
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    sign_in(page, "owner")
    page.problems = problems  # type: ignore[attr-defined]
    return page


def sign_in(page: Page, name: str) -> None:
    page.goto("/admin/login/?next=/admin/")
    page.fill("#id_username", name)
    page.fill("#id_password", "secret")
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
