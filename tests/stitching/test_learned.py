"""The learnt parts of stitching: training, the same arithmetic without torch, and what they may not do."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from prodgen_django.stitching import stitch
from prodgen_django.stitching.learned import shipped
from prodgen_django.stitching.learned.forward import seam_light
from prodgen_django.stitching.learned.grids import BIAS, GAIN, LIFT, Correction
from prodgen_django.stitching.learned.verifier import logit
from prodgen_django.stitching.learned.views import Consensus, view
from prodgen_django.stitching.learned.weights import load

from .scenes import cloth, shoot

torch = pytest.importorskip("torch")

from prodgen_django.stitching.learned.losses import repair, score  # noqa: E402
from prodgen_django.stitching.learned.network import SeamLight, squash  # noqa: E402
from prodgen_django.stitching.learned.photos import PhotoStore  # noqa: E402
from prodgen_django.stitching.learned.scenes import SceneMaker  # noqa: E402
from prodgen_django.stitching.learned.train import train  # noqa: E402
from prodgen_django.stitching.learned.train_verifier import train as train_verifier  # noqa: E402
from prodgen_django.stitching.learned.verifier_net import Verifier  # noqa: E402
from prodgen_django.stitching.learned.verifier_pairs import PairMaker  # noqa: E402


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a shop would give it: photographs and a packshot with an alpha channel."""
    folder = tmp_path_factory.mktemp("photos")
    for seed in range(6):
        cv2.imwrite(str(folder / f"{seed}.jpg"), cv2.resize(cloth(seed), (330, 240)))
    goods = np.dstack([cloth(9, 200, 200), np.zeros((200, 200), np.uint8)])
    cv2.circle(goods[..., 3:].copy(), (100, 100), 60, 255, -1)
    goods[40:160, 40:160, 3] = 255
    cv2.imwrite(str(folder / "goods.png"), goods)
    return folder


def random_net(seed: int = 0, spread: float = 0.05) -> SeamLight:
    torch.manual_seed(seed)
    net = SeamLight()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, 0, spread)
    return net


def arrays(net: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


class TestTraining:
    def test_a_few_steps_repair_a_scene_better(self, photos: Path) -> None:
        scenes = SceneMaker(PhotoStore([photos]), seed=99, bundles=1.0).make(4, 2)
        torch.manual_seed(0)
        net = SeamLight()
        optimizer = torch.optim.Adam(net.parameters(), 2e-3)
        losses = []
        for _ in range(12):
            loss = score(scenes, repair(scenes, net))["loss"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(float(loss.detach()))
        assert losses[-1] < losses[0] - 0.2

    def test_training_goes_on_where_it_stopped_and_writes_what_stitching_reads(
        self, photos: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "light.safetensors"
        lines: list[str] = []
        first = train([photos], out, seconds=1.0, pieces=4, echo=lines.append)
        card = train([photos], out, seconds=2.0, pieces=4, echo=lines.append)
        assert card["step"] > first["step"] > 0
        assert any("going on at step" in line for line in lines)
        found = load(out, "seam")
        assert found is not None
        assert found[1]["parameters"] == pytest.approx(0.6e6, rel=0.1)

    def test_scenes_are_the_same_for_the_same_seed(self, photos: Path) -> None:
        one, two = (SceneMaker(PhotoStore([photos]), seed=3).make(2, 3) for _ in range(2))
        assert torch.equal(one.views, two.views)

    def test_the_first_repair_of_a_scene_is_far_better_than_none(self, photos: Path) -> None:
        scenes = SceneMaker(PhotoStore([photos]), seed=4, bundles=0.0, local=0.0).make(12, 2)
        repaired = score(scenes, repair(scenes, None))["all"]
        scenes.lit = scenes.raw
        untouched = score(scenes, repair(scenes, None))["all"]
        assert float((untouched / repaired).log10().median()) > 0.3  # 3 dB

    def test_a_folder_without_photographs_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no photographs"):
            PhotoStore([tmp_path])


class TestWithoutTorch:
    def test_numpy_does_the_same_arithmetic(self) -> None:
        net = random_net()
        seen = torch.rand(1, 14, 128, 128, generator=torch.Generator().manual_seed(1))
        with torch.no_grad():
            grids, preference = squash(*net(seen))
        ours = seam_light(seen[0].numpy(), arrays(net))
        np.testing.assert_allclose(ours[0], grids[0].numpy(), atol=2e-5)
        np.testing.assert_allclose(ours[1], preference[0, 0].numpy(), atol=2e-5)

    def test_a_stitch_shows_the_network_what_training_did(self, photos: Path) -> None:
        scenes = SceneMaker(PhotoStore([photos]), seed=5, bundles=0.0).make(1, 2)
        side = scenes.truth.shape[-1]
        boxes = [tuple(round(float(v) * side) for v in b) for b in scenes.box[0]]
        consensus = Consensus((side, side))
        parts = []
        for k, box in enumerate(boxes):
            cut = np.s_[box[1] : box[3], box[0] : box[2]]
            lit, raw = (x[0, k].permute(1, 2, 0).numpy()[cut] for x in (scenes.lit, scenes.raw))
            mask = scenes.mask[0, k, 0].numpy()[cut]
            pixels = np.round(raw * 255).astype(np.uint8)
            consensus.add(box, lit, mask, pixels)
            parts.append((box, lit, mask, pixels))
        for k, (box, lit, mask, pixels) in enumerate(parts):
            radius = np.zeros_like(mask)
            ours = view(consensus, box, lit, mask, radius, pixels)
            theirs = scenes.views[k].numpy()
            for channel in (0, 1, 2, 6, 7, 9, 12, 13):
                assert np.abs(ours[channel] - theirs[channel]).mean() < 0.03, channel


def grids(bound: float) -> st.SearchStrategy[np.ndarray]:
    nodes = hnp.arrays(np.int8, (8, 8, 3), elements=st.integers(-100, 100))
    return nodes.map(lambda n: (n / 100 * bound).astype(np.float32))


class TestCorrections:
    @settings(max_examples=25, deadline=None)
    @given(gain=grids(GAIN), bias=grids(BIAS), lift=grids(LIFT))
    def test_no_pixel_leaves_what_the_grids_allow(
        self, gain: np.ndarray, bias: np.ndarray, lift: np.ndarray
    ) -> None:
        photograph = cloth(1, 96, 72)
        lit = photograph.astype(np.float32)
        out = Correction(gain, bias, lift).apply(lit, photograph)
        # Bicubic enlargement overshoots its nodes by at most 1.64-fold in two directions.
        over = 1.7
        # The lift moves burnt-out pixels on the way to white (or, where negative, away from it), no others.
        assert (out <= lit * np.exp(over * GAIN) + 255 * over * (BIAS + LIFT)).all()
        calm = photograph < 235
        assert (out[calm] <= (lit * np.exp(over * GAIN) + 255 * over * BIAS)[calm]).all()
        assert (out[calm] >= (lit * np.exp(-over * GAIN) - 255 * over * BIAS)[calm]).all()

    def test_full_resolution_is_the_grids_themselves(self) -> None:
        rng = np.random.default_rng(0)
        correction = Correction(*(rng.normal(0, 0.05, (8, 8, 3)).astype(np.float32) for _ in range(3)))
        grey = np.full((800, 640, 3), 120, np.uint8)
        large = correction.apply(grey.astype(np.float32), grey)
        # At the centres of the cells the picture is what the nodes say, up to the enlargement's smoothing.
        at = large[50::100, 40::80]
        expected = 120 * np.exp(correction.gain) + 255 * correction.bias
        assert np.abs(at - expected).mean() < 4
        small = correction.apply(grey[::10, ::10].astype(np.float32), grey[::10, ::10])
        assert np.abs(cv2.resize(large, (64, 80), interpolation=cv2.INTER_AREA) - small).max() < 2

    def test_only_what_is_burnt_out_is_lifted_and_never_beyond_white(self) -> None:
        correction = Correction.none()
        correction.lift += 0.5
        photograph = np.full((40, 40, 3), 230, np.uint8)
        photograph[:, 20:] = 255
        darkened = photograph.astype(np.float32) * 0.8
        out = correction.apply(darkened, photograph)
        assert (out[:, :20] == darkened[:, :20]).all()
        assert out[:, 25:] == pytest.approx((204 + 255) / 2)
        assert correction.apply(darkened * 1.5, photograph)[:, 25:] == pytest.approx(306)

    def test_tiles_are_what_the_whole_picture_would_be(self) -> None:
        rng = np.random.default_rng(1)
        correction = Correction(*(rng.normal(0, 0.04, (8, 8, 3)).astype(np.float32) for _ in range(3)))
        photograph = np.full((120, 160, 3), 200, np.uint8)
        fields = correction.fields(photograph)
        whole = correction.apply(photograph.astype(np.float32), photograph)
        size = (160, 120)
        drawn = fields.apply(
            photograph.astype(np.float32),
            photograph,
            lambda nodes: np.asarray(cv2.resize(nodes, size, interpolation=cv2.INTER_LINEAR), np.float32),
        )
        assert np.abs(drawn - whole).mean() < 1.0

    def test_no_correction_is_no_change(self) -> None:
        photograph = cloth(2, 64, 48)
        out = Correction.none().apply(photograph.astype(np.float32), photograph)
        np.testing.assert_array_equal(out, photograph.astype(np.float32))


def pieces(gains: tuple[float, ...], seed: int = 3) -> list[np.ndarray]:
    """A row of overlapping photographs of one cloth, each with its own exposure."""
    scene = cloth(seed, 1000, 420)
    return [
        shoot(scene, (220 + 280 * k, 210), size=(420, 380), gain=gain, seed=k).image
        for k, gain in enumerate(gains)
    ]


class TestStitching:
    def test_a_clean_set_is_left_as_it_is(self) -> None:
        images = pieces((1.0, 1.0))
        plain, learnt = stitch(images, harmonise=False), stitch(images)
        difference = np.abs(plain.image.astype(float) - learnt.image)[plain.mask & learnt.mask]
        assert difference.mean() < 2.0

    def test_a_burnt_out_part_comes_from_the_picture_that_still_shows_it(self) -> None:
        scene = np.clip(cloth(5, 900, 420).astype(np.float32) * 0.35 + 150, 0, 255).astype(np.uint8)
        dark = shoot(scene, (250, 210), size=(420, 380), gain=1.0, seed=1).image
        bright = shoot(scene, (480, 210), size=(420, 380), gain=1.32, seed=2).image
        result = stitch([dark, bright], crop="none")
        to = np.linalg.inv(result.transforms[0])
        seen = cv2.warpPerspective(result.image, to, (420, 380), flags=cv2.INTER_LINEAR)
        shared = seen[40:-40, 260:400].astype(float)
        truth = dark[40:-40, 260:400].astype(float)
        # In the overlap the result follows the well exposed picture's contrast, not the flat white one's.
        assert np.corrcoef(shared.ravel(), truth.ravel())[0, 1] > 0.9
        assert abs(shared.std() / truth.std() - 1) < 0.35

    def test_it_can_be_asked_to_use_nothing_learnt(self) -> None:
        images = pieces((1.0, 0.8))
        assert stitch(images, learned=False).image.shape == stitch(images).image.shape


class TestVerifier:
    def test_numpy_does_the_same_arithmetic(self) -> None:
        torch.manual_seed(0)
        net = Verifier()
        for parameter in net.parameters():
            torch.nn.init.normal_(parameter, 0, 0.1)
        assert sum(p.numel() for p in net.parameters()) == pytest.approx(50e3, rel=0.1)
        patches, scalars = torch.randn(1, 5, 3, 64, 64), torch.rand(1, 10)
        with torch.no_grad():
            theirs = float(net(patches, torch.ones(1, 5, dtype=torch.bool), scalars))
        assert logit(patches[0].numpy(), scalars[0].numpy(), arrays(net)) == pytest.approx(theirs, abs=1e-3)

    def test_examples_hold_true_and_false_matches_of_one_and_of_two_scenes(self, photos: Path) -> None:
        maker = PairMaker(PhotoStore([photos]), seed=1)
        made = [maker.make() for _ in range(30)]
        assert 5 < sum(e.true for e in made) < 25
        assert all(not e.true for e in made if e.kind in ("stranger", "apart", "twin"))
        assert all(e.patches.shape[1:] == (3, 64, 64) and np.isfinite(e.scalars).all() for e in made)

    def test_training_writes_weights_that_stitching_reads(self, photos: Path, tmp_path: Path) -> None:
        out = tmp_path / "verifier.safetensors"
        card = train_verifier([photos], out, examples=40, epochs=2, echo=lambda line: None)
        found = load(out, "verifier")
        assert found is not None
        assert found[1]["weights_sha256"] == card["weights_sha256"]


class TestWeights:
    def test_without_weights_nothing_is_corrected(self, tmp_path: Path) -> None:
        assert shipped(tmp_path / "none.safetensors") is None
        damaged = tmp_path / "damaged.safetensors"
        damaged.write_bytes(b"not weights")
        assert shipped(damaged) is None

    def test_weights_of_another_network_or_changed_ones_are_refused(self, tmp_path: Path) -> None:
        from prodgen_django.gan.checkpoint import write_checkpoint, write_tensors

        net = random_net()
        path = tmp_path / "net.safetensors"
        write_checkpoint(path, net.state_dict(), {"task": "seam"})
        assert load(path, "seam") is not None
        assert load(path, "verifier") is None
        changed = tmp_path / "changed.safetensors"
        write_tensors(changed, net.state_dict(), {"task": "seam", "weights_sha256": "0" * 64})
        assert load(changed, "seam") is None
