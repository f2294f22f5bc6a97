"""Two people decide about one picture at the same moment: the second waits for the first, and then sees what they did.

SQLite has one writer at a time; `tests.shops.test_shops` runs this on databases that lock rows.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from prodgen_django.models import GeneratedImage, Job
from prodgen_django.pictures import review
from tests.services.sites import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.usefixtures("broker"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows"),
]

#: How many connections wait for a lock of ours.
_WAITING = {
    "postgresql": "SELECT count(*) FROM pg_locks"
    " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))",
    "mysql": "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p"
    " ON p.id = t.trx_mysql_thread_id WHERE t.trx_state = 'LOCK WAIT' AND p.db = database()",
}


@pytest.fixture
def image(reviewed_job: Job) -> GeneratedImage:
    return reviewed_job.images.order_by("pk")[0]


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING[connection.vendor])
        return int(cursor.fetchone()[0])


def meanwhile(first: Callable[[], Any], second: Callable[[], Any]) -> Any:
    """Do the one in a transaction that ends only when the other, in a connection of its own, waits for it; what became
    of the other.
    """
    found: list[Any] = []

    def other() -> None:
        try:
            found.append(second())
        except review.ReviewError as error:
            found.append(error.code)
        finally:
            connection.close()

    thread = threading.Thread(target=other)
    with transaction.atomic():
        first()
        thread.start()
        # MariaDB looks anew only where nobody has asked for a tenth of a second.
        eventually(waiting, what="a wait for the row", pause=0.2)
    thread.join(30)
    assert not thread.is_alive()
    return found[0]


@pytest.mark.parametrize(
    ("before", "first", "second", "outcome", "state", "decisions"),
    [
        # What was to be taken back is taken back already, and what stood before it is somebody's own decision.
        (["approve"], "undo", "undo", "nothing_to_undo", "pending", ["approve", "undo"]),
        (["approve"], "publish", "undo", None, "approved", ["approve", "publish", "undo"]),
        (
            ["approve", "publish"],
            "undo",
            "unpublish",
            "wrong_state",
            "approved",
            ["approve", "publish", "undo"],
        ),
        (["approve"], "reject", "publish", "wrong_state", "rejected", ["approve", "reject"]),
    ],
)
def test_the_second_sees_what_the_first_did(
    image: GeneratedImage,
    before: list[str],
    first: str,
    second: str,
    outcome: str | None,
    state: str,
    decisions: list[str],
) -> None:
    for action in before:
        getattr(review, action)(image, review.SYSTEM)
    found = meanwhile(
        lambda: getattr(review, first)(image, review.SYSTEM),
        lambda: getattr(review, second)(GeneratedImage.objects.get(pk=image.pk), review.SYSTEM),
    )
    assert (found if isinstance(found, str) else None) == outcome
    image.refresh_from_db()
    assert image.state == state
    assert [event.action for event in image.events.order_by("pk")] == decisions
