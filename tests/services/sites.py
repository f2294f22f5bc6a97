"""A shop on one broker and one database: its web process, its workers, its servers. For the tests of faults, and
for the soak."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FLAVOURS = ("filesystem-sqlite", "redis-postgres", "rabbitmq-postgres")


def eventually(
    condition: Callable[[], Any], seconds: float = 30, what: str = "it", pause: float = 0.05
) -> Any:
    """Poll until the condition holds; AssertionError when it does not in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError(f"{what} did not happen within {seconds} s")


class Worker:
    """A Celery worker and its children. Supervised: `ensure` starts it again when it has died."""

    def __init__(self, site: Site, name: str) -> None:
        self.site, self.name = site, name
        self.process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> Worker:
        if self.process is None or self.process.poll() is not None:
            command = ["-m", "celery", "-A", "tests.services.site", "worker", "-P", "prefork", "-c", "1"]
            command += ["-Q", "prodgen-quick,prodgen", "-n", f"{self.name}@%h", "-l", "INFO"]
            log = (self.site.folder / f"{self.name}.log").open("ab")
            with log:
                self.process = subprocess.Popen(
                    [sys.executable, *command], cwd=ROOT, env=self.site.env, stdout=log, stderr=log
                )
        return self

    def signal(self, number: int) -> None:
        """To the parent and its children, children first."""
        assert self.process
        for pid in [*children(self.process.pid), self.process.pid]:
            os.kill(pid, number)

    def children(self) -> list[int]:
        return children(self.process.pid) if self.process and self.process.poll() is None else []

    def kill_parent(self) -> None:
        """As a machine short of memory does; the children notice by themselves."""
        assert self.process
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(10)


class Site:
    """A shop on one broker and one database: its web process, its workers, its faults."""

    def __init__(
        self, flavour: str, folder: Path, env: dict[str, str], restart: Callable[[], None], settings: str
    ) -> None:
        self.flavour, self.folder = flavour, folder
        #: Breaks the broker and mends it; waiting messages are lost.
        self.restart_broker = restart
        self.env = {
            **os.environ,
            **env,
            "DJANGO_SETTINGS_MODULE": settings,
            "PRODGEN_SERVICES_FOLDER": str(folder),
            "OMP_NUM_THREADS": "1",
        }
        (folder / "faults").mkdir()
        self._driver = subprocess.Popen(
            [sys.executable, "-m", "tests.services.driver"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.worker, self.other = Worker(self, "first"), Worker(self, "second")
        self.call("migrate")

    def call(self, name: str, **arguments: Any) -> Any:
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.write(json.dumps({"call": name, "with": arguments}) + "\n")
        self._driver.stdin.flush()
        answer = json.loads(self._driver.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer["answer"]

    def arm(self, point: str, who: str) -> None:
        (self.folder / "faults" / point).write_text(who)

    def fired(self, point: str) -> bool:
        return bool(list((self.folder / "faults").glob(f"{point}.*")))

    def finished(self, job: int, seconds: float = 40) -> dict[str, Any]:
        """The job's end, with a supervisor that restarts a dead worker meanwhile."""

        def over() -> dict[str, Any] | None:
            self.worker.ensure()
            found = self.call("look", job_id=job)
            return found if found["state"] not in ("queued", "running") else None

        try:
            return eventually(over, seconds, f"the end of job {job}")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.call('look', job_id=job)}") from None

    def tidy(self) -> None:
        """Before the next test: nothing armed, nothing held, one live worker, no message left."""
        self.other.stop()
        for name in ("release", "holding"):
            (self.folder / name).unlink(missing_ok=True)
        for path in (self.folder / "faults").iterdir():
            path.unlink()
        # The same items give the same pictures, and what is there is not written again.
        shutil.rmtree(self.folder / "media", ignore_errors=True)
        # What earlier faults had published again would stand in line before the next test's messages.
        self.call("purge")

    def close(self) -> None:
        self.worker.stop()
        self.other.stop()
        assert self._driver.stdin
        assert self._driver.stdout
        self._driver.stdin.close()
        self._driver.wait(10)
        self._driver.stdout.close()


def children(pid: int) -> list[int]:
    """The processes that any thread of this one has started: a pool replaces a dead child from a thread of its own."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            found += map(int, path.read_text().split())
    return found


class Missing(Exception):
    """A server that a flavour needs is not on this machine."""


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class OwnRedis:
    """A Redis server of our own, without persistence: a restart loses every message."""

    def __init__(self) -> None:
        if not shutil.which("redis-server"):
            raise Missing("redis-server")
        self.port = _free_port()
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        eventually(lambda: _listens(self.port), 10, "Redis")

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def restart(self) -> None:
        self.stop()
        time.sleep(1)  # the outage itself
        self.start()


def _empty(folder: Path) -> None:
    """Somebody clears the folder of messages away and makes a new one."""
    shutil.rmtree(folder)
    time.sleep(1)
    folder.mkdir()


def _rabbitmqctl(*arguments: str) -> None:
    subprocess.run(["rabbitmqctl", "-q", *arguments], check=True, stdout=subprocess.DEVNULL, timeout=60)


def _restart_rabbitmq() -> None:
    """Stop the broker itself and start it again; the node's runtime stays, so that rabbitmqctl can."""
    _rabbitmqctl("stop_app")
    _rabbitmqctl("start_app")


@contextmanager
def fresh_database(name: str) -> Iterator[str]:
    """A PostgreSQL database that goes at the end."""
    import psycopg

    if not _listens(5432):
        raise Missing("PostgreSQL")
    server = {"host": os.environ.get("PGHOST", "127.0.0.1"), "user": os.environ.get("PGUSER", "postgres")}
    with psycopg.connect(dbname="postgres", autocommit=True, **server) as connection:  # type: ignore[arg-type]
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
        yield name
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def opened(flavour: str, folder: Path, settings: str = "tests.services.settings") -> Iterator[Site]:
    """A shop of a flavour, with servers of its own where it can have them. Raises Missing."""
    env: dict[str, str] = {}
    restart: Callable[[], None] = partial(_empty, folder / "messages")
    with ExitStack() as ends:
        if flavour != "filesystem-sqlite":
            name = f"prodgen_services_{os.getpid()}_{flavour.partition('-')[0]}"
            env["PRODGEN_SERVICES_POSTGRES"] = ends.enter_context(fresh_database(name))
        if flavour.startswith("redis"):
            redis = OwnRedis()
            env["PRODGEN_SERVICES_BROKER"] = f"redis://127.0.0.1:{redis.port}/0"
            restart = redis.restart
            ends.callback(redis.stop)
        elif flavour.startswith("rabbitmq"):
            if not shutil.which("rabbitmqctl") or not _listens(5672):
                raise Missing("RabbitMQ")
            host = f"prodgen-services-{os.getpid()}"
            _rabbitmqctl("add_vhost", host)
            _rabbitmqctl("set_permissions", "-p", host, "guest", ".*", ".*", ".*")
            env["PRODGEN_SERVICES_BROKER"] = f"amqp://guest:guest@127.0.0.1:5672/{host}"
            restart = _restart_rabbitmq
            ends.callback(_rabbitmqctl, "delete_vhost", host)
        site = Site(flavour, folder, env, restart, settings)
        ends.callback(site.close)
        yield site
