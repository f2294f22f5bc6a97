"""How the cut-out networks are taught: pictures whose truth is known, faults that are measured, pieces that go on."""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from prodgen_django.imagefile import encode_image
from prodgen_django.studio.matting.network import FAULTS, CutOutNet
from training.cutouts.compose import Composer, Known, Material
from training.cutouts.dressing import dressed
from training.cutouts.faults import MADE, faulty, verdict
from training.cutouts.label import Source, labelled
from training.cutouts.material import bare_grounds, packshots
from training.cutouts.pieces import Pieces
from training.cutouts.shapes import drawn_product
from training.cutouts.train import batch_of, between, loss_of


@pytest.fixture
def material(vase: tuple[np.ndarray, np.ndarray]) -> Material:
    photo, mask = vase
    known = Known(lambda: (photo, mask.astype(np.uint8) * 255))
    ground = np.random.default_rng(1).integers(0, 255, (40, 90, 3), np.uint8)
    return Material(packshots=[known], garments=[known], grounds=[ground])


def test_a_seed_is_a_picture_and_its_truth(material: Material) -> None:
    make = Composer(material, 96)
    for seed in range(25):
        one, again = (make(np.random.default_rng(seed)) for _ in range(2))
        assert (one.image == again.image).all()
        assert one.image.shape == (96, 96, 3)
        for plane in (one.product, one.shadow, one.things):
            assert plane is None or (plane.shape == (96, 96) and 0 <= plane.min() <= plane.max() <= 1.001)


def test_where_the_product_is_there_is_no_shadow_and_nothing_else(material: Material) -> None:
    make = Composer(material, 96)
    for seed in range(25):
        one = make(np.random.default_rng(seed))
        for plane in (one.shadow, one.things):
            assert plane is None or plane[one.product > 0.99].max(initial=0) < 0.02


def test_a_product_in_other_clothes_keeps_its_outline(vase: tuple[np.ndarray, np.ndarray]) -> None:
    image, mask = vase
    looks = [dressed(image, mask, np.random.default_rng(seed)) for seed in range(30)]
    changed = [look[mask] != image[mask] for look in looks]
    assert 0.3 < np.mean([one.any() for one in changed]) < 1
    assert any(0.05 < one.mean() < 0.8 for one in changed), "no product had a part in another colour"


def test_some_drawn_products_are_frames_that_one_sees_through() -> None:
    masks = [drawn_product(np.random.default_rng(seed), 128)[1] for seed in range(60)]
    holes = [(verdict(np.ones_like(m, np.float32), m.astype(np.float32))["holes"]) for m in masks]
    assert 5 < sum(holes) < 55


def test_a_held_out_packshot_and_its_like_are_not_taught(tmp_path: Path) -> None:
    """1 is the first in another print, 2 is another thing, 3 is held out as well."""
    for folder in ("mask", "rgba"):
        (tmp_path / folder).mkdir()
    for number, side in enumerate((60, 60, 90, 20)):
        mask = np.zeros((120, 120, 3), np.uint8)
        mask[10 : 10 + side, 10:50] = 255
        for folder, image in (("mask", mask), ("rgba", mask // (number + 1))):
            data = encode_image(image, format="png", source_type=None)
            (tmp_path / folder / f"{number}.png").write_bytes(data)
    assert [int((item.alpha > 0).sum()) for item in packshots(tmp_path)] == [90 * 40]
    assert [int((item.alpha > 0).sum()) for item in packshots(tmp_path, apart=True)] == [60 * 40, 20 * 40]


def test_grounds_are_the_sides_of_photographs(vase: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    (tmp_path / "vase.png").write_bytes(encode_image(vase[0], format="png", source_type=None))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    strips = bare_grounds([Source(tmp_path / "vase.png"), Source(tmp_path / "broken.png")])
    assert len(strips) == 4
    assert {strip.shape[1] for strip in strips[:2]} == {213}


def test_only_photographs_that_labelled_themselves_teach(tmp_path: Path) -> None:
    easy, hard, unseen = (Source(tmp_path / f"{name}.jpg") for name in ("easy", "hard", "unseen"))
    np.savez_compressed(
        easy.kept_in(tmp_path), image=np.ones((9, 8, 3), np.uint8), mask=np.ones((9, 8), bool)
    )
    np.savez_compressed(hard.kept_in(tmp_path), refused=np.array(True))
    (found,) = labelled([easy, hard, unseen], tmp_path)
    assert found.mask.shape == (9, 8)


class TestVerdicts:
    """What a judge would see of a chair's outline, of 200 px."""

    @pytest.fixture
    def chair(self) -> np.ndarray:
        truth = np.zeros((200, 200), np.float32)
        truth[60:110, 50:150] = 1
        truth[20:60, 50:62] = truth[20:60, 138:150] = truth[20:32, 50:150] = 1  # a back one sees through
        truth[110:180, 54:60] = truth[110:180, 140:146] = 1
        return truth

    def said(self, alpha: np.ndarray, truth: np.ndarray) -> set[str]:
        return {name for name, seen in verdict(alpha, truth).items() if seen}

    def test_nothing_is_said_of_the_truth(self, chair: np.ndarray) -> None:
        assert self.said(chair, chair) == set()
        assert self.said(cv2.GaussianBlur(chair, (0, 0), 0.6), chair) == set()

    def test_a_leg_that_is_cut_is_missing(self, chair: np.ndarray) -> None:
        cut = chair.copy()
        cut[150:, 130:] = 0
        assert self.said(cut, chair) == {"missing", "poor"}

    def test_a_pale_shadow_that_is_left_is_a_remnant(self, chair: np.ndarray) -> None:
        left = chair.copy()
        left[172:180, 66:120] = 0.3
        assert self.said(left, chair) == {"remnants", "poor"}

    def test_a_filled_back_is_a_hole(self, chair: np.ndarray) -> None:
        filled = chair.copy()
        filled[32:60, 62:138] = 1
        assert self.said(filled, chair) == {"holes", "poor"}

    def test_a_hole_within_the_seat_is_one_too(self, chair: np.ndarray) -> None:
        torn = chair.copy()
        torn[75:95, 80:110] = 0.4
        assert self.said(torn, chair) == {"holes", "poor"}

    def test_a_wide_rim_is_a_halo(self, chair: np.ndarray) -> None:
        assert "halo" in self.said(cv2.dilate(chair, np.ones((5, 5))), chair)

    def test_glass_is_said_to_be_glass(self, chair: np.ndarray) -> None:
        clear = chair.copy()
        clear[66:104, 60:140] = 0.4
        assert self.said(clear, clear) == {"glass", "poor"}

    @given(st.integers(0, 10_000), st.sampled_from(MADE))
    def test_a_fault_stays_an_outline(self, seed: int, make: object) -> None:
        rng = np.random.default_rng(seed)
        truth = drawn_product(rng, 96)[1].astype(np.float32)
        alpha = faulty(truth, np.zeros_like(truth), rng)
        assert alpha.shape == truth.shape
        assert alpha.dtype == np.float32
        assert 0 <= alpha.min() <= alpha.max() <= 1
        assert set(verdict(alpha, truth)) == set(FAULTS)

    def test_most_faults_are_seen(self, chair: np.ndarray) -> None:
        shadow = np.zeros_like(chair)
        shadow[170:190, 40:190] = 0.8
        found = [verdict(faulty(chair, shadow, np.random.default_rng(n)), chair)["poor"] for n in range(60)]
        assert np.mean(found) > 0.7


def options(seconds: float) -> argparse.Namespace:
    return argparse.Namespace(cpu_seconds=seconds, piece=seconds, check_every=1e9)


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock is a count of steps: one second each."""
    ticks = iter(range(10_000))
    monkeypatch.setattr("training.cutouts.pieces.time.process_time", lambda: float(next(ticks)))

    def run(folder: str, *ends: float) -> torch.Tensor:
        for end in ends:
            torch.manual_seed(0)
            net = torch.nn.Linear(3, 1)
            groups = [{"params": list(net.parameters()), "highest": 0.1}]
            told = options(6)
            told.piece = end
            state = tmp_path / f"{folder}.safetensors"
            pieces = Pieces({"net": net}, torch.optim.AdamW(groups), state, {"seed": 0}, told)

            def batch(step: int, share: float) -> torch.Tensor:
                return torch.from_numpy(np.random.default_rng(step).normal(size=(4, 3)).astype(np.float32))

            pieces.run(
                batch, lambda x, net=net: (net(x) - x.sum(1, keepdim=True)).square().mean(), lambda: "kept"
            )
        return torch.cat([value.ravel() for value in net.state_dict().values()])

    whole = run("whole", 6)
    assert torch.equal(run("halves", 3, 3), whole)
    assert not torch.equal(run("begun", 3), whole)


def test_a_step_of_the_network_lowers_what_it_errs(material: Material) -> None:
    torch.manual_seed(0)
    net, make = CutOutNet(), Composer(material, 64)
    batch = batch_of([make(np.random.default_rng(n)) for n in range(2)])
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
    losses = []
    for _ in range(6):
        loss = loss_of(net(batch.photo), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss))
    assert losses[-1] < losses[0]


def test_what_is_written_may_lie_on_the_way_back_to_the_start() -> None:
    start, learnt = torch.nn.Linear(2, 1), torch.nn.Linear(2, 1)
    for net, value in ((start, 1.0), (learnt, 3.0)):
        for each in net.parameters():
            torch.nn.init.constant_(each, value)
    assert all((value == 2.5).all() for value in between(learnt, start, 0.25).state_dict().values())
    assert all((value == 3.0).all() for value in between(learnt, start, 0.0).state_dict().values())
    assert all((value == 3.0).all() for value in learnt.state_dict().values())
