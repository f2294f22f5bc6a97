"""The same page of 20 products in a small shop and in a large one: its time must not grow with the shop."""

from __future__ import annotations

import random
import re
import statistics
import time
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, models
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.serving.tags import cpu_ms, request_of, versions

PAGE = 20
#: Published pictures of a product.
PICTURES = 2
#: Tables of few rows, whatever the size of the shop: reading them whole is right.
SMALL = ("policyversion", "tasteprofile", "profilingconsent", "basket", "value")


def numbers(first: int, last: int) -> str:
    """A table ``n(i)`` of the whole numbers from first to last."""
    if connection.vendor == "postgresql":
        return f"(SELECT generate_series({first}, {last}) AS i) AS n"
    return (
        f"(WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
        " SELECT i FROM n) AS n"
    )


def copy(row: models.Model, first: int, last: int, **changed: str) -> None:
    """Insert copies of a row, one for each number i; `changed`: fields by name, as SQL over ``n.i``."""
    meta, quote = row._meta, connection.ops.quote_name
    columns = [field.column for field in meta.concrete_fields]
    values = [changed.get(field.name, f"t.{quote(field.column)}") for field in meta.concrete_fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {meta.db_table} ({', '.join(map(quote, columns))})"
            f" SELECT {', '.join(values)} FROM {numbers(first, last)}, {meta.db_table} AS t"
            f" WHERE t.{quote(meta.pk.column)} = {row.pk}"
        )


def first_rows() -> dict[str, Any]:
    """One row of each kind, which all others are copies of."""
    from oscar.core.loading import get_model

    from prodgen_django.models import Exposure, GeneratedImage, ProductTraits

    kind = get_model("catalogue", "ProductClass").objects.create(name="Things")
    product = get_model("catalogue", "Product").objects.create(
        pk=1, title="Thing 1", product_class=kind, slug="thing-1"
    )
    picture = GeneratedImage.objects.create(
        pk=PICTURES, product=product, kind="display", state="published", file="prodgen/1.jpg", sha256="0",
        width=1600, height=1200, tags=["warm", "wood", "natural"], palette=["#c4653f", "#f2e8d3", "#36393d"],
        published_at=timezone.now(), renditions=versions("1")[:6],
    )  # fmt: skip
    other = GeneratedImage.objects.get(pk=PICTURES)
    other.pk, other.tags, other.uuid = 1, ["urban", "neutral", "muted"], "0" * 32
    other.save(force_insert=True)
    return {
        "product": product,
        "image": get_model("catalogue", "ProductImage").objects.create(
            product=product, original="images/products/1.jpg"
        ),
        "warm": picture,
        "cool": other,
        "traits": ProductTraits.objects.create(product=product, traits={"tag:warm": 1.0}),
        "exposure": Exposure.objects.create(
            token="1", visitor="1", product=product, image=picture, candidates=[1, 2],
            propensities=[0.5, 0.5], shown_at=timezone.now(),
        ),
    }  # fmt: skip


def grow(rows: dict[str, Any], first: int, last: int) -> None:
    """Fill the shop up with the products from `first` to `last`."""
    postgres = connection.vendor == "postgresql"
    uuid = "gen_random_uuid()" if postgres else "lower(hex(randomblob(16)))"
    visitor = "md5((i % 50000)::text)" if postgres else "printf('%032d', i % 50000)"
    text = "CAST(i AS text)"
    copy(rows["product"], first, last, id="i", title=f"'Thing ' || {text}", slug=f"'thing-' || {text}")
    copy(rows["image"], first, last, id="i", product="i")
    copy(rows["warm"], first, last, id=f"i * {PICTURES}", uuid=uuid, product="i")
    copy(rows["cool"], first, last, id=f"i * {PICTURES} - 1", uuid=uuid, product="i")
    copy(rows["traits"], first, last, id="i", product="i")
    copy(
        rows["exposure"], first, last, id="i", token=text, visitor=visitor, product="i", image=f"i * {PICTURES}"
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def measure(sizes: list[int], rounds: int) -> list[dict[str, Any]]:
    from prodgen_django.models import TasteProfile

    user = User.objects.create_user("bench", "bench@shop.example")
    TasteProfile.objects.create(user=user, weights={"tag:warm": 0.8}, signals=9)
    base, there, found = first_rows(), 1, []
    page = Template(
        "{% load prodgen %}{% personalize_products products %}"
        '{% for p in products %}{% prodgen_picture p size="card" %}{% endfor %}'
    )
    print(
        f"\n{connection.vendor}; a page of {PAGE} products picked at random and one without pictures, signed in;"
    )
    print("CPU ms of the process, least (median), and ms on the clock, median\n")
    print(
        f"{'products':>10}{'filled in s':>13}{'page':>18}{'clock':>10}{'queries':>9}  read without an index"
    )
    for size in sizes:
        started = time.monotonic()
        grow(base, there + 1, size)
        there, filled = size, time.monotonic() - started
        chance = random.Random(size)
        taken, wall = [], []
        for _ in range(rounds + 5):
            products = [base["product"].__class__(pk=chance.randint(1, size)) for _ in range(PAGE)]
            seen = [product.pk for product in products[:5]]
            # Nothing is published of it, so that the shop's own pictures are asked for as well.
            products.append(base["product"].__class__(pk=size + 1))

            def render(products: list[Any] = products, seen: list[int] = seen) -> str:
                return page.render(Context({"request": request_of(user, seen), "products": products}))

            begun = time.perf_counter()
            taken.append(cpu_ms(render))
            wall.append((time.perf_counter() - begun) * 1000)
        with CaptureQueriesContext(connection) as queries:
            render()
        assert len(queries) <= 3
        scans = sorted({table for query in queries for table in unindexed(query["sql"])})
        row = {
            "products": size, "filled": filled, "ms": min(taken[5:]), "median": statistics.median(taken[5:]),
            "wall_median": statistics.median(wall[5:]), "queries": len(queries), "scans": scans,
        }  # fmt: skip
        found.append(row)
        cost = f"{row['ms']:.2f} ({row['median']:.2f})"
        print(
            f"{size:>10}{filled:>13.0f}{cost:>18}{row['wall_median']:>10.2f}{len(queries):>9}"
            f"  {', '.join(scans) or 'nothing'}",
            flush=True,
        )
    first, last = found[0], found[-1]
    print(f"\nfrom {first['products']} to {last['products']} products: × {last['ms'] / first['ms']:.2f}")
    return found


def unindexed(sql: str) -> list[str]:
    """Tables that the database would read whole, but for those of few rows."""
    with connection.cursor() as cursor:
        cursor.execute(("EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN ") + sql)
        lines = [str(row[-1]) for row in cursor.fetchall()]
    scans = [
        match.group(1)
        for line in lines
        if (match := re.search(r"(?:Seq Scan on|SCAN) (\w+)", line)) and "USING" not in line
    ]
    return [table for table in scans if not any(small in table for small in SMALL)]
