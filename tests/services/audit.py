"""What a soak is judged by: every row, and every byte that stands in the storage."""

from __future__ import annotations

import hashlib
import io
import os
from collections import Counter
from pathlib import Path
from typing import Any

#: An orphan is swept when it is older than a day.
OLD = 3 * 86_400


def approve_all(job_id: int) -> None:
    """A reviewer approves what a job has made, by way of the worker that decides about many."""
    from prodgen_django.errands.run import ask_for_decision
    from prodgen_django.models import GeneratedImage

    keys = GeneratedImage.objects.filter(job=job_id, state="pending").values_list("pk", flat=True)
    ask_for_decision("approve", keys, _reviewer())


def _reviewer() -> Any:
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get_or_create(username="reviewer", defaults={"is_superuser": True})[0]


def busy() -> list[int]:
    """The processes that have items in hand."""
    from prodgen_django.models import JobItem

    names = JobItem.objects.filter(state="running").values_list("claimed_by", flat=True)
    return sorted({int(name.rpartition(":")[2]) for name in names})


def open_work() -> dict[str, int]:
    from prodgen_django.models import Errand, Job, JobItem

    return {
        "items": JobItem.objects.filter(state__in=["queued", "running"]).count(),
        "jobs": Job.objects.filter(state__in=["queued", "running"]).count(),
        "errands": Errand.objects.filter(over_at=None).count(),
    }


def audit(pictures: int) -> dict[str, Any]:
    """Counts of what is lost, doubled and corrupt, and of files that no row names before and after the sweep."""
    from prodgen_django.models import GeneratedImage, JobItem

    images = list(GeneratedImage.objects.all())
    slots = Counter((image.item_id, image.slot) for image in images)
    wanted = {(pk, slot) for pk in JobItem.objects.values_list("pk", flat=True) for slot in range(pictures)}
    named: set[str] = set()
    lost, corrupt = sorted(wanted - set(slots)), []
    for image in images:
        files = [image.file.name, image.thumbnail, *(one["name"] for one in image.renditions)]
        named.update(files)
        sizes = {one["name"]: one["bytes"] for one in image.renditions}
        corrupt += [name for name in files if not _whole(name, sizes.get(name), image)]
    before = _orphans(named)
    return {
        "items": JobItem.objects.count(),
        "attempts": Counter(JobItem.objects.values_list("attempts", flat=True)).most_common(),
        "pictures": len(images),
        "files": len(named),
        "lost": len(lost)
        + JobItem.objects.exclude(state="done").count()
        + sum(image.state != "approved" for image in images),
        "unrendered": sum(not image.renditions for image in images),
        "doubled": sum(count > 1 for count in slots.values()) + len(set(slots) - wanted),
        "corrupt": len(corrupt),
        "orphans_before": len(before),
        "orphans": _swept(named),
        "examples": [*map(str, lost[:5]), *corrupt[:5]],
    }


def _whole(name: str, size: int | None, image: Any) -> bool:
    from PIL import Image

    from prodgen_django.storage import get_storage

    try:
        data = get_storage().open(name, "rb").read()
        with Image.open(io.BytesIO(data)) as picture:
            picture.load()
    except Exception:  # noqa: BLE001  (whatever is wrong with it)
        return False
    if name == image.file.name:
        return hashlib.sha256(data).hexdigest() == image.sha256
    return size in (None, len(data))


def _stored() -> dict[str, Path]:
    from django.conf import settings

    root = Path(settings.MEDIA_ROOT)
    return {str(path.relative_to(root)): path for path in root.rglob("*") if path.is_file()}


def _orphans(named: set[str]) -> list[str]:
    return sorted(set(_stored()) - named)


def _swept(named: set[str]) -> int | None:
    """Files that no row names, once all are old enough and swept; None where this version sweeps no files."""
    from django.core.management import CommandError, call_command

    for path in _stored().values():
        past = path.stat().st_mtime - OLD
        os.utime(path, (past, past))
    try:
        call_command("prodgen_sweep", "--files", stdout=io.StringIO(), stderr=io.StringIO())
    except (CommandError, TypeError):
        return None
    return len(_orphans(named))
