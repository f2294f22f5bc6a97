"""The trainer of the outline network: photographs that label themselves, pairs whose truth is known, going on."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from torch import Tensor, nn

from prodgen_django.imagefile import encode_image, load_image
from prodgen_django.studio import cut_out
from prodgen_django.studio.outline.dressing import dressed
from prodgen_django.studio.outline.labels import Labelled, Source, label
from prodgen_django.studio.outline.material import Material, bare_grounds, true_cutouts, true_scenes
from prodgen_django.studio.outline.pairs import PairMaker
from prodgen_django.studio.outline.shapes import drawn_product
from prodgen_django.studio.pieces import unnotched, unshadowed

CATALOGUE = Path(__file__).resolve().parents[2] / "example_shop" / "catalogue"


@pytest.fixture
def labelled(vase: tuple[np.ndarray, np.ndarray]) -> list[Labelled]:
    return [Labelled(np.ascontiguousarray(vase[0][::3, ::3]), vase[1][::3, ::3])]


def test_only_easy_photographs_label_themselves(vase: tuple[np.ndarray, np.ndarray], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    for name, image in (("easy", vase[0]), ("hard", noise)):
        (tmp_path / f"{name}.png").write_bytes(encode_image(image, format="png", source_type=None))
    photographs = [
        Source(tmp_path / "easy.png"),
        Source(tmp_path / "hard.png"),
        Source(tmp_path / "gone.png"),
    ]
    for _again in range(2):  # the second time from what was kept
        (found,) = label(photographs, tmp_path / "labels")
        truth = vase[1][:: 480 // 256 or 1]
        assert found.mask.shape == found.image.shape[:2] == (256, 213)
        assert 0.8 < found.mask.mean() / truth.mean() < 1.2


def test_pairs_know_their_truth(labelled: list[Labelled]) -> None:
    ground = np.random.default_rng(1).integers(0, 255, (40, 90, 3), np.uint8)
    make = PairMaker(Material(labelled, labelled, [ground]), 96)
    for seed in range(25):
        pair, again = (make(np.random.default_rng(seed)) for _ in range(2))
        assert (pair.image == again.image).all()
        assert pair.image.shape == (96, 96, 3)
        assert pair.alpha.shape == (96, 96)
        assert 0 <= pair.alpha.min() <= pair.alpha.max() <= 1.001
    with pytest.raises(ValueError, match="labels itself"):
        PairMaker(Material([]), 96)


def test_a_product_in_other_clothes_keeps_its_outline(labelled: list[Labelled]) -> None:
    item = labelled[0]
    looks = [dressed(item.image, item.mask, np.random.default_rng(seed)) for seed in range(30)]
    changed = [look[item.mask] != item.image[item.mask] for look in looks]
    assert all(look.shape == item.image.shape and look.dtype == np.uint8 for look in looks)
    assert 0.3 < np.mean([one.any() for one in changed]) < 1
    assert any(0.05 < one.mean() < 0.8 for one in changed), "no product had a part in another colour"


def test_parts_of_a_product_take_the_colour_of_its_ground(labelled: list[Labelled]) -> None:
    item, ground = labelled[0], np.array([30.0, 140.0, 90.0])
    rim = item.mask & (cv2.erode(item.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) == 0)

    def alike(look: np.ndarray) -> float:
        return float((np.abs(look[rim] - ground).max(1) < 45).mean())

    looks = [dressed(item.image, item.mask, np.random.default_rng(seed), ground) for seed in range(40)]
    plain = [dressed(item.image, item.mask, np.random.default_rng(seed)) for seed in range(40)]
    assert sum(alike(look) > 0.1 for look in looks) >= 4
    assert sum(alike(look) > 0.1 for look in plain) < sum(alike(look) > 0.1 for look in looks)


def test_some_drawn_products_are_frames_that_one_sees_through() -> None:
    masks = [drawn_product(np.random.default_rng(seed), 128)[1] for seed in range(60)]
    solid, open_ = 0, 0
    for mask in masks:
        count, _, stats, _ = cv2.connectedComponentsWithStats((~mask).astype(np.uint8), connectivity=4)
        within = stats[2:, cv2.CC_STAT_AREA].sum() if count > 2 else 0
        open_ += bool(within > 0.3 * mask.sum())
        solid += bool(within == 0)
    assert open_ > 5
    assert solid > 15


def test_scenes_with_a_true_outline_are_read_and_taught(labelled: list[Labelled], tmp_path: Path) -> None:
    for folder in ("mask", "photo"):
        (tmp_path / folder).mkdir()
    photo = np.full((80, 80, 3), 40, np.uint8)
    photo[20:60, 30:50] = (220, 30, 30)
    outline = np.zeros((80, 80, 3), np.uint8)
    outline[20:60, 30:50] = 255
    for name, mask in (("a", outline), ("nothing", outline * 0)):
        (tmp_path / "photo" / f"{name}.jpg").write_bytes(encode_image(photo, source_type=None))
        (tmp_path / "mask" / f"{name}.png").write_bytes(encode_image(mask, format="png", source_type=None))
    (scene,) = true_scenes(tmp_path)
    assert (scene.mask == (outline[..., 0] > 0)).all()
    make = PairMaker(Material(labelled, scenes=[scene]), 64)
    pairs = [make(np.random.default_rng(seed)) for seed in range(40)]
    whole = [p for p in pairs if np.abs(np.median(p.image, (0, 1)) - 40).max() < 25]
    assert len(whole) > 4, "no scene was taught as it is"


def test_a_held_out_packshot_and_its_like_are_not_taught(tmp_path: Path) -> None:
    """1 is the first in another print, 3 is another thing."""
    for folder in ("mask", "rgba"):
        (tmp_path / folder).mkdir()
    for number, side in enumerate((60, 60, 90, 20)):
        mask = np.zeros((120, 120, 3), np.uint8)
        mask[10 : 10 + side, 10:50] = 255
        for folder, image in (("mask", mask), ("rgba", mask // (number + 1))):
            data = encode_image(image, format="png", source_type=None)
            (tmp_path / folder / f"{number}.png").write_bytes(data)
    taught = true_cutouts(tmp_path, 4)
    assert [int(item.mask.sum()) for item in taught] == [90 * 40, 20 * 40]


def test_grounds_are_the_sides_of_the_photographs(
    vase: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    (tmp_path / "vase.png").write_bytes(encode_image(vase[0], format="png", source_type=None))
    strips = bare_grounds([Source(tmp_path / "vase.png"), Source(tmp_path / "gone.png")])
    assert len(strips) == 4
    assert {strip.shape[1] for strip in strips[:2]} == {213}


def test_an_interrupted_training_goes_on_as_if_nothing_had_been(
    labelled: list[Labelled], tmp_path: Path
) -> None:
    import torch

    from prodgen_django.studio.outline import training

    def run(folder: str, steps: int) -> torch.Tensor:
        checked: list[int] = []
        net, seconds = training.train_outline(
            Material(labelled),
            tmp_path / folder,
            training.Budget(steps),
            batch=2,
            side=64,
            on_check=lambda _net, step, _seconds: checked.append(step),
        )
        assert seconds > 0
        assert checked == [steps]
        return torch.cat([value.float().ravel() for value in net.state_dict().values()])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_share_of_rate", lambda step, spent: 0.5)
        whole = run("whole", 4)
        run("halves", 2)
        assert torch.equal(whole, run("halves", 4))
        assert not torch.equal(whole, run("other", 2))


def test_a_training_ends_when_its_cpu_seconds_are_spent(labelled: list[Labelled], tmp_path: Path) -> None:
    from prodgen_django.studio.outline import training

    losses: list[float] = []
    budget = training.Budget(cpu_seconds=0.05)
    net, seconds = training.train_outline(
        Material(labelled), tmp_path, budget, 2, side=64, on_step=lambda _s, loss, _c: losses.append(loss)
    )
    assert seconds >= 0.05
    assert len(losses) < 100
    iou, good = training.evaluate(net, PairMaker(Material(labelled), 64), count=4)
    assert 0 <= good <= iou <= 1


class _Spot(nn.Module):
    """Sees whatever is red as the product."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[float] = []

    def forward(self, x: Tensor) -> Tensor:
        red = (x[:, :1] - x[:, 1:2]) * 20 - 5
        self.seen.append(float((red > 0).float().mean()))
        return red


def test_a_small_product_is_looked_at_again_from_nearer() -> None:
    from prodgen_django.studio.outline.net import Outliner

    def surety(photo: np.ndarray) -> tuple[np.ndarray, list[float]]:
        net = _Spot()
        return Outliner(net, {})(photo), net.seen  # type: ignore[arg-type]

    photo = np.full((300, 300, 3), 90, np.uint8)
    photo[100:140, 180:240] = (220, 20, 20)
    found, seen = surety(photo)
    assert len(seen) == 2
    assert seen[1] > 4 * seen[0]
    assert ((found > 0.5) == (photo[..., 0] > 200)).mean() > 0.995
    photo[10:290, 10:290] = (220, 20, 20)
    assert len(surety(photo)[1]) == 1  # it fills the picture already


def test_a_network_is_read_back_and_answers_in_the_photographs_size(tmp_path: Path) -> None:
    from prodgen_django.gan.checkpoint import CheckpointError, write_checkpoint
    from prodgen_django.studio.outline.net import OutlineNet, Outliner

    net = OutlineNet(depths=(2, 1, 1, 1))
    card = {"task": "outline", "config": {"depths": net.depths}}
    write_checkpoint(tmp_path / "net.safetensors", net.state_dict(), card)
    photo = np.random.default_rng(0).integers(0, 255, (90, 210, 3), np.uint8)
    surety = Outliner.load(tmp_path / "net.safetensors")(photo)
    assert surety.shape == (90, 210)
    assert 0 <= surety.min() <= surety.max() <= 1
    write_checkpoint(tmp_path / "other.safetensors", OutlineNet().state_dict(), {"task": "concept"})
    with pytest.raises(CheckpointError):
        Outliner.load(tmp_path / "other.safetensors")


def test_a_larger_network_starts_where_a_smaller_one_stands() -> None:
    import torch

    from prodgen_django.studio.outline.net import OutlineNet

    torch.manual_seed(0)
    small, large = OutlineNet(depths=(2, 1, 1, 1)).eval(), OutlineNet(depths=(2, 2, 3, 1)).eval()
    for value in small.parameters():
        torch.nn.init.normal_(value, 0, 0.1)
    x = torch.rand(1, 3, 64, 64)
    assert not torch.allclose(large(x), small(x), atol=1e-3)
    large.grow_from(small)
    assert torch.allclose(large(x), small(x), atol=1e-5)
    with pytest.raises(ValueError):
        small.grow_from(large)


def test_what_is_written_may_lie_between_the_start_and_what_was_learnt() -> None:
    import torch

    from prodgen_django.studio.outline.net import OutlineNet
    from prodgen_django.studio.outline.training import between

    start, learnt = OutlineNet(depths=(1, 1, 1, 1)), OutlineNet()
    for net, value in ((start, 1.0), (learnt, 3.0)):
        for each in net.parameters():
            torch.nn.init.constant_(each, value)
    mixed = between(start, learnt, 0.25).state_dict()
    for name, value in start.named_parameters():
        assert torch.allclose(mixed[name], torch.full_like(value, 2.5))
    same = between(start, learnt, 0.0).state_dict()
    assert all(torch.equal(same[name], value) for name, value in learnt.state_dict().items())
    assert torch.equal(next(start.parameters()), torch.full_like(next(start.parameters()), 1.0))


def test_a_shadow_is_taken_out_of_an_outline_and_a_pale_product_is_not() -> None:
    y, x = np.mgrid[:200, :200]
    product = np.hypot(x - 90, y - 90) < 40
    thrown = (np.hypot((x - 130) / 1.6, y - 120) < 22) & ~product
    lab = np.full((200, 200, 3), (88, 1, 8), np.float32)
    lab[product] = [60, 40, 20]
    found = product | thrown
    surety = np.where(product, 0.98, 0.02).astype(np.float32)

    lab[thrown] = [72, 1, 8.5]
    assert (unshadowed(found, lab, surety) == product).mean() > 0.995
    assert (
        unshadowed(found, lab, np.full_like(surety, 0.9)) == found
    ).all()  # the network sees a product there
    for other in ([90, 1, 6], [72, 12, 8]):  # a part paler than the ground, a part of another hue
        lab[thrown] = other
        assert (unshadowed(found, lab, surety) == found).all()


def test_a_bite_out_of_an_outline_is_given_back_and_what_is_enclosed_stays_open() -> None:
    y, x = np.mgrid[:300, :300]
    whole = (np.abs(x - 150) < 90) & (np.abs(y - 150) < 90)
    ring = np.hypot(x - 170, y - 150) < 25
    bite = (np.abs(y - 120) < 9) & (x < 100)
    found = whole & ~ring & ~bite
    surety = np.where(whole, 0.98, 0.02).astype(np.float32)  # at 128 px the ring is filled
    assert (unnotched(found, surety) == (whole & ~ring)).mean() > 0.999
    assert (unnotched(found, surety * ~bite) == found).all()  # no product for the network
    far = (np.abs(x - 20) < 12) & (np.abs(y - 20) < 12)
    assert (unnotched(found & ~far, np.maximum(surety, far)) & far).sum() == 0  # another thing


@pytest.mark.parametrize("name", ["brook-jug-1", "quay-bench-1"])
def test_what_is_seen_through_a_product_is_left_behind(name: str) -> None:
    """A white jug's handle before pale blue; a bench whose legs and rail enclose more ground than they cover."""
    truth = load_image(CATALOGUE / "outlines" / f"{name}.png")[..., 0] > 127
    photo = load_image(CATALOGUE / "photos" / f"{name}.jpg")
    photo = cv2.resize(photo, truth.shape[::-1], interpolation=cv2.INTER_AREA)
    alpha = cut_out(photo)
    found = alpha >= 0.5
    assert (found & truth).sum() / (found | truth).sum() > 0.95
    count, labels = cv2.connectedComponents((~truth).astype(np.uint8), connectivity=4)
    through = ~truth & (labels != labels[0, 0])
    assert count > 2
    assert through.sum() > 1000
    assert alpha[through].mean() < 0.1
