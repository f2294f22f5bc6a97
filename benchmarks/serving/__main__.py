"""What a page pays for its pictures, beside the thumbnail tags of sorl, easy-thumbnails and imagekit.

    python -m benchmarks.serving tags  [--database postgres://postgres@127.0.0.1/prodgen_bench] [--cache redis://…/13]
    python -m benchmarks.serving scale [--database …] [--sizes 1000,100000,1000000]

`tags`: cost of 1, 20 and 200 products, ratio to each peer, queries with warm and cold caches, in one process, the tags
taking turns. `scale`: the same page of 20 products in shops of 1 k, 100 k and 1 M products, with the plans that the
database makes; its tables are filled in SQL. The database is made anew each time; without --database it is an SQLite
file in a temporary folder. Times are CPU time of the process, so that a busy machine is fair to all; what PostgreSQL
itself does is told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import urlsplit


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["tags", "scale"])
    parser.add_argument("--database", default="")
    parser.add_argument("--cache", default="")
    parser.add_argument("--products", default="1,20,200")
    parser.add_argument("--sizes", default="1000,100000")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="prodgen-bench-"))
    url = options.database or f"sqlite:///{folder}/bench.sqlite3"
    os.environ |= {"BENCH_FOLDER": str(folder), "BENCH_DATABASE_URL": url, "BENCH_CACHE_URL": options.cache}
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.serving.settings"
    try:
        _empty_database(url)
        rows = _run(options)
        if options.out:
            options.out.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(options: argparse.Namespace) -> list[dict[str, object]]:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)
    if options.what == "tags":
        from benchmarks.serving import tags

        counts = [int(count) for count in options.products.split(",")]
        rows = tags.measure(tags.fill(max(counts)), counts, options.rounds)
        tags.show(rows)
        return rows
    from benchmarks.serving import scale

    return scale.measure([int(size) for size in options.sizes.split(",")], options.rounds)


def _empty_database(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return
    name = parts.path.lstrip("/")
    server = ["-h", parts.hostname or "", "-p", str(parts.port or 5432), "-U", parts.username or "postgres"]
    if not name.startswith("prodgen_bench"):
        raise SystemExit("the database is dropped first, so its name must start with prodgen_bench")
    subprocess.run(["dropdb", *server, "--if-exists", name], check=True)
    subprocess.run(["createdb", *server, name], check=True)


if __name__ == "__main__":
    main()
