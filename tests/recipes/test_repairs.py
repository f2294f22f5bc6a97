"""Photo repair in a job: asked for it is done and written down, and never where the shop's own channel refuses it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import pytest

from prodgen_django.models import GeneratedImage
from prodgen_django.studio import CHANNELS
from tests.recipes import catalog
from tests.recipes.test_recipes import finished, product
from tests.studio.test_repair import TEAL, before, under

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shop(
    settings: Any,
    tmp_path: Path,
    remembered_cutouts: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A ball before white paper, photographed under a warm lamp."""
    settings.PRODGEN = {
        "CATALOG": "tests.recipes.catalog.FolderCatalog",
        "WORK_DIR": str(tmp_path),
        "DEVICE": "cpu",
        "CHANNELS": ["web", "ebay"],
    }
    monkeypatch.setattr(catalog, "FOLDER", tmp_path)
    photo = under(before((226, 226, 225), TEAL), (1.0, 0.9, 0.8))
    warm = cv2.resize(photo, (1200, 1200), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "lamplit-ball-1.jpg"), warm[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])


def made(**options: Any) -> GeneratedImage:
    job = finished("display", [product("lamplit-ball")], styles=["white"], size=1000, **options)
    assert job.items.get().state == "done", job.items.get().error
    return job.images.get()


def test_a_photo_is_repaired_where_it_is_asked_for_and_says_so() -> None:
    image = made(repair="auto")
    red, _green, blue = image.recipe["repair"]["gains"]
    assert red < blue
    assert any("too warm" in note for note in image.scores["notes"])
    # Measured against the repaired photo.
    assert image.scores["fidelity"]["passed"], image.scores["fidelity"]["failures"]
    assert made().recipe["repair"] is None


def test_where_the_shop_s_own_channel_refuses_it_nothing_is_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(CHANNELS, "web", replace(CHANNELS["web"], takes_repaired=False))
    image = made(repair="auto")
    assert image.recipe["repair"] is None
    assert not any("warm" in note for note in image.scores["notes"])


def test_another_channel_that_refuses_it_stops_no_publication(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left out of that channel's packs alone."""
    monkeypatch.setitem(CHANNELS, "ebay", replace(CHANNELS["ebay"], takes_repaired=False))
    image = made(repair="auto")
    assert image.recipe["repair"] is not None
    assert not [blocker for blocker in image.blockers if "repair" in blocker["message"]]
