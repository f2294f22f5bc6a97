"""A model's file is compared with its row's hash, in the storage and on the worker's own disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from prodgen_django.gan import CheckpointError
from prodgen_django.pictures.checkpoints import local_file, register
from tests.files.storages import overwrite

if TYPE_CHECKING:
    from django.core.files.storage import Storage

DATA = b"weights " * 500


@pytest.mark.django_db
@pytest.mark.parametrize(
    "damage", [b"", DATA[:100], DATA[:-1] + b"!", None], ids=["empty", "cut", "changed", "gone"]
)
def test_a_damaged_model_is_never_loaded(storage: Storage, damage: bytes | None) -> None:
    checkpoint = register("Shop", DATA, {"task": "concept", "metrics": {"kid": float("nan")}})
    assert checkpoint.metrics == {"kid": None}
    path = local_file(checkpoint)
    path.write_bytes(damage or b"")
    assert local_file(checkpoint).read_bytes() == DATA  # fetched again
    path.unlink()
    name = str(checkpoint.file)
    if damage is None:
        storage.delete(name)
    else:
        overwrite(storage, name, damage)
    with pytest.raises(CheckpointError, match="train it again or choose another"):
        local_file(checkpoint)
    # The same weights registered once more, as those that come with the package are, mend the file.
    assert register("Shop", DATA, {"task": "concept"}).pk == checkpoint.pk
    assert local_file(checkpoint).read_bytes() == DATA
