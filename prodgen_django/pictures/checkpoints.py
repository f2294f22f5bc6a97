"""Checkpoints for recipes: which one is active, its file on this machine, its model in this process."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _now

from prodgen_django.clean import clean_json, clean_text
from prodgen_django.models import Checkpoint
from prodgen_django.recipes.devices import device
from prodgen_django.storage import DamagedFile, local_copy, read_file, save_content

if TYPE_CHECKING:
    from prodgen_django.gan import Sampler

#: Checkpoints that come with the package.
SHIPPED = Path(__file__).resolve().parents[1] / "checkpoints"


def active_checkpoint(task: str) -> Checkpoint | None:
    """The active checkpoint of a task; where there is none, one that comes with the package is registered."""
    found = Checkpoint.objects.filter(task=task, is_active=True).first()
    if found is not None:
        return found
    for card_file in sorted(SHIPPED.glob("*.json")):
        card = json.loads(card_file.read_text(encoding="utf-8"))
        weights = card_file.with_suffix(".safetensors")
        if card.get("task") == task and weights.is_file():
            return register(card_file.stem, weights.read_bytes(), card)
    return None


def register(name: str, data: bytes, card: dict[str, Any], job_id: int | None = None) -> Checkpoint:
    """Keep a checkpoint's file and card, once; it becomes the active one of its task where there is none.

    One that may not be offered (it copies its photos, or has collapsed) is kept but never made active by
    itself.
    """
    sha256, card = hashlib.sha256(data).hexdigest(), clean_json(card)
    offerable = bool(card.get("offerable", True))
    checkpoint, _made = Checkpoint.objects.get_or_create(
        sha256=sha256,
        defaults={
            "task": card["task"],
            "name": name[:120],
            "file": save_content("checkpoints", data, "safetensors"),
            "config": card.get("config", {}),
            "card": card,
            "metrics": card.get("metrics", {}),
            "licence": clean_text(card.get("licence", ""), 120),
            "job_id": job_id,
            "offerable": offerable,
        },
    )
    if offerable and not Checkpoint.objects.filter(task=checkpoint.task, is_active=True).exists():
        try:
            with transaction.atomic():
                Checkpoint.objects.filter(pk=checkpoint.pk).update(is_active=True)
        except IntegrityError:
            pass  # another worker's became active at the same moment
        checkpoint.refresh_from_db()
    return checkpoint


def sampler_of(checkpoint: Checkpoint) -> Sampler:
    """The checkpoint's sampler, loaded once in this process. Raises `gan.CheckpointError`."""
    return _sampler(str(local_file(checkpoint)), checkpoint.sha256, device())


@lru_cache(maxsize=2)
def _sampler(path: str, sha256: str, device: str) -> Sampler:
    from prodgen_django.gan import Sampler

    return Sampler.load(path, device=device)


def local_file(checkpoint: Checkpoint) -> Path:
    """The checkpoint as a file of this machine, checked against its hash. Raises `gan.CheckpointError`."""
    from prodgen_django.gan import CheckpointError

    try:
        return local_copy("checkpoints", checkpoint.sha256, "safetensors", lambda: read_file(checkpoint.file))
    except (DamagedFile, FileNotFoundError) as error:
        sentence = _now(
            "The file of the model “%(name)s” is damaged or gone; train it again or choose another."
        )
        raise CheckpointError("mismatch", sentence % {"name": checkpoint.name}) from error
