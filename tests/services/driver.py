"""The shop's web process: takes one JSON command a line and answers with one JSON line."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.services.settings")

import django

from tests.services.audit import approve_all, audit, busy, open_work

__all__ = [
    "approve_all",
    "audit",
    "busy",
    "cancel",
    "create",
    "create_many",
    "done",
    "double",
    "look",
    "migrate",
    "open_work",
    "purge",
    "seconds",
]


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", run_syncdb=True, verbosity=0)


def create(count: int, **options: Any) -> int:
    from prodgen_django.jobs import create_job
    from tests.services.shop.models import Product

    products = [Product.objects.create(title=f"Thing {n}") for n in range(count)]
    return create_job("paint", products=products, options=options).pk


def create_many(count: int) -> int:
    from prodgen_django.jobs import create_job
    from tests.services.shop.models import Product

    Product.objects.bulk_create([Product(title=f"Thing {n}") for n in range(count)], batch_size=2000)
    return create_job("paint", products=Product.objects.order_by("pk")).pk


def done(job_id: int) -> int:
    from prodgen_django.models import JobItem

    return JobItem.objects.filter(job=job_id, state="done").count()


def look(job_id: int) -> dict[str, Any]:
    from prodgen_django.models import Job

    job = Job.objects.get(pk=job_id)
    items = list(job.items.order_by("position").values("title", "state", "attempts", "error", "error_code"))
    images = [
        [image.item.title, image.slot, _whole(image)]
        for image in job.images.select_related("item").order_by("item__position", "slot")
    ]
    return {"state": job.state, "items": items, "images": images}


def _whole(image: Any) -> bool:
    """Whether the picture's file, and its thumbnail, are what was made."""
    from prodgen_django.storage import read_file, read_picture

    return bool(read_picture(image) and read_file(image.thumbnail))


def seconds() -> float:
    """The longest that a dead worker's lane may stay empty: a lease, a lost message's term, and two sweeps."""
    from prodgen_django.conf import settings

    return float(settings.LEASE_SECONDS + settings.REPUBLISH_SECONDS + 2 * settings.SWEEP_SECONDS)


def cancel(job_id: int) -> None:
    from prodgen_django.jobs import cancel_job
    from prodgen_django.models import Job

    cancel_job(Job.objects.get(pk=job_id))


def double(job_id: int, times: int) -> None:
    from prodgen_django.jobs.send import Message, deliver

    deliver([Message("prodgen.run_job", (job_id,))] * times)


def purge() -> int:
    """Lose every message that waits."""
    from prodgen_django.broker import QUEUES
    from tests.services.site import app

    with app.connection_for_write() as connection:
        count = 0
        for name in QUEUES:
            queue = app.amqp.queues[name](connection.default_channel)
            queue.declare()
            count += queue.purge() or 0
        return count


def main() -> None:
    django.setup()
    import tests.services.site  # noqa: F401  (the app that wake-ups are published with)

    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = {"answer": globals()[asked["call"]](**asked["with"])}
        except Exception as error:  # noqa: BLE001  (told to the test)
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
