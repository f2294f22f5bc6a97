"""How far a cut-out can be trusted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from prodgen_django.studio import cut_out_report
from prodgen_django.studio.confidence import POOR, confidence, doubt, features, rated
from prodgen_django.studio.outline.opinion import Opinion
from prodgen_django.studio.segmentation import Segmentation, segment


def outline(mask: np.ndarray, **changed: object) -> Segmentation:
    facts: dict[str, object] = {
        "separation": 0.9, "edge": 0.9, "agreement": 0.95, "consensus": 0.9, "complete": 0.95,
        "border_contact": 0.0, "area": float(mask.mean()), "support": 0.95, "beyond": 0.0,
    }  # fmt: skip
    return Segmentation(mask=mask, **(facts | changed))  # type: ignore[arg-type]


@pytest.fixture
def disc() -> np.ndarray:
    mask = np.zeros((400, 400), np.uint8)
    cv2.circle(mask, (200, 200), 110, 1, -1)
    return mask == 1


def test_each_sign_of_a_bad_outline_raises_the_doubt(disc: np.ndarray) -> None:
    good = doubt(features(outline(disc), disc))
    other = disc.copy()
    other[:, 200:] = False  # the second look found one half
    ragged = disc.copy()
    ragged[150:250, 200:] = False
    part = np.zeros_like(disc)
    part[180:220, 180:220] = True
    assert doubt(features(outline(disc), other)) > good
    assert doubt(features(outline(ragged), ragged)) > good
    assert doubt(features(outline(part), part)) > good
    assert doubt(features(outline(disc, support=0.4), disc)) > good
    assert doubt(features(outline(disc, beyond=2.0), disc)) > good
    assert rated(features(outline(disc), disc), 0.95) >= POOR
    assert rated(features(outline(ragged, support=0.4, beyond=2.0), other), 0.95) < POOR


def test_the_odds_are_not_asked_where_there_was_no_second_look(disc: np.ndarray) -> None:
    odd = outline(disc, support=0.4, beyond=2.0)
    alpha = disc.astype(np.float32)
    assert confidence(odd, ~disc, alpha)[0] < POOR
    assert confidence(odd, None, alpha)[0] >= POOR


def test_an_outline_that_the_network_does_not_see_is_poor_and_says_so(disc: np.ndarray) -> None:
    alpha = disc.astype(np.float32)
    seen, _ = confidence(outline(disc, seconded=0.97), None, alpha)
    unseen, reasons = confidence(outline(disc, seconded=0.7), None, alpha)
    assert unseen < POOR <= seen
    assert "A network that looks for products sees another outline." in reasons


def test_a_chair_on_paper_is_trusted_though_its_outline_is_ragged() -> None:
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:500, 0:500]
    photo = np.dstack([228 - y / 60, 226 - x / 70, 220 - y / 50])
    mask = np.zeros((500, 500), np.uint8)
    cv2.rectangle(mask, (150, 230), (350, 265), 1, -1)
    for left in (155, 325):
        cv2.rectangle(mask, (left, 260), (left + 20, 430), 1, -1)
    cv2.rectangle(mask, (150, 90), (170, 235), 1, -1)
    photo[mask == 1] = (120, 60, 30)
    photo = cv2.GaussianBlur(photo, (0, 0), 0.8) + rng.normal(0, 1.5, photo.shape)
    cut = cut_out_report(np.clip(photo, 0, 255).astype(np.uint8))
    assert not cut.poor, cut.reasons


def test_what_is_poor_says_why() -> None:
    """A product of the same cloth as its ground, in which only its print stands out."""
    rng = np.random.default_rng(4)
    cloth = cv2.GaussianBlur(rng.normal(0, 60, (480, 480, 3)), (0, 0), 2) + 150
    cloth[:, ::24] -= 25
    shirt = cloth.copy()
    shirt[100:400, 120:360] = np.roll(cloth, 77, 1)[100:400, 120:360] * 0.9
    cv2.circle(shirt, (240, 220), 30, (40, 50, 160), -1)
    cut = cut_out_report(np.clip(shirt, 0, 255).astype(np.uint8))
    assert cut.poor
    assert cut.reasons


def test_the_network_is_believed_as_far_as_colours_see_something_there_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(4)
    photo = cv2.GaussianBlur(rng.normal(0, 90, (240, 240, 3)), (0, 0), 1.5) + np.array([120, 140, 110])
    y, x = np.mgrid[:240, :240]
    product, elsewhere = (np.hypot(x - cx, y - 120) < 45 for cx in (90, 180))
    photo[product] = [200, 30, 40]
    photo = np.clip(photo, 0, 255).astype(np.uint8)

    def seen(mask: np.ndarray) -> Segmentation:
        opinion = Opinion(np.where(mask, 0.99, 0.01).astype(np.float32), (mask,))
        monkeypatch.setattr(Opinion, "of", lambda *_: opinion)
        return segment(photo)

    agreed, alone = seen(product), seen(elsewhere)
    assert (agreed.mask == product).mean() > 0.98
    assert agreed.seconded is not None
    assert agreed.seconded > 0.9
    # What the network alone sees may be taken, but a person has to look.
    assert alone.seconded is not None
    assert alone.seconded < 0.6
