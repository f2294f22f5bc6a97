"""What the job machine can do: items a second of real workers, and what the admin's pages cost in a large shop.

    python -m benchmarks.jobs work  [--items 20000] [--workers 1,2,4] [--seconds 40]
    python -m benchmarks.jobs pages [--database postgres://postgres@127.0.0.1/prodgen_bench_jobs] [--pictures 200000]

`work`: one job, Redis, PostgreSQL, and workers of one process each, doing pictures so small that hardly anything but
the machine itself is measured; items that were done in a window of some seconds, since a job of 20,000 items would take
many minutes. `pages`: queries and times of each page that shows jobs and pictures, and of each step of a batch, in a
shop of 200,000 pictures whose tables are filled in SQL. Without --database an SQLite file in a temporary folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["work", "pages"], nargs="?")
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--workers", default="1,2,4")
    parser.add_argument("--seconds", type=float, default=40)
    parser.add_argument("--database", default="")
    parser.add_argument("--pictures", type=int, default=200_000)
    given = parser.parse_args()
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores; load before the run {load}")
    if given.what in (None, "work"):
        from benchmarks.jobs import work

        work.measure(given.items, [int(one) for one in given.workers.split(",")], given.seconds)
    if given.what in (None, "pages"):
        _pages(given.database, given.pictures, given.items)


def _pages(database: str, pictures: int, items: int) -> None:
    from benchmarks.serving.__main__ import _empty_database

    folder = Path(tempfile.mkdtemp(prefix="prodgen-bench-"))
    url = database or f"sqlite:///{folder}/bench.sqlite3"
    os.environ |= {"BENCH_FOLDER": str(folder), "BENCH_DATABASE_URL": url, "BENCH_CACHE_URL": ""}
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.serving.settings"
    try:
        _empty_database(url)
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", run_syncdb=True, verbosity=0)
        from benchmarks.jobs import pages

        pages.measure(pictures, items)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
