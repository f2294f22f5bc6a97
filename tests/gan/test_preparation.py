"""A shop's photos become training data; what does not enter is listed with its reason."""

from __future__ import annotations

import json
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from prodgen_django.gan import PhotoDataset
from prodgen_django.gan import dataset as dataset_module
from prodgen_django.gan.preparation import blur_effect, fit_square
from prodgen_django.imagefile import encode_image

from .conftest import drawn_photo, drawn_photos


def encoded(pixels: np.ndarray, format: str = "png") -> bytes:  # noqa: A002
    return encode_image(pixels, format=format, source_type="digitalCapture")


def test_every_reason_is_reported_with_its_key_and_the_rest_is_kept():
    rng = np.random.default_rng(3)
    good = drawn_photo(rng, "disc", 96)
    soft = cv2.GaussianBlur(drawn_photo(rng, "disc", 96), (0, 0), 12)
    photos = [
        (good, "a", "good"),
        (encoded(drawn_photo(rng, "bar", 96)), "b", "bytes"),
        (b"GIF89a, or so it says", "a", "broken"),
        (encoded(drawn_photo(rng, "bar", 96))[:400], "a", "cut short"),
        (drawn_photo(rng, "bar", 20), "b", "small"),
        (soft, "b", "soft"),
        (np.full((96, 96, 3), 200, np.uint8), "b", "flat"),
        (encoded(good, "jpeg"), "a", "again"),
    ]
    dataset = PhotoDataset.from_photos(photos, 32)
    assert dataset.keys == ["good", "bytes"]
    assert dataset.labels == ["a", "b"]
    report = dataset.report
    assert (report.offered, report.kept, report.per_label) == (8, 2, {"a": 1, "b": 1})
    assert {r.key: r.reason for r in report.rejected} == {
        "broken": "unreadable", "cut short": "unreadable", "small": "tiny", "soft": "blurred",
        "flat": "blurred", "again": "duplicate",
    }  # fmt: skip
    assert next(r for r in report.rejected if r.key == "again").duplicate_of == "good"
    assert json.loads(json.dumps(report.to_dict()))["reasons"] == {
        "unreadable": 2, "tiny": 1, "blurred": 2, "duplicate": 1,
    }  # fmt: skip
    assert all(r.detail for r in report.rejected)


def test_the_same_shape_in_another_colour_is_no_duplicate():
    ground = np.random.default_rng(0).integers(150, 190, (96, 96, 3)).astype(np.uint8)
    photos = []
    for name, colour in (("red", (200, 30, 30)), ("blue", (30, 30, 200)), ("green", (20, 160, 40))):
        shirt = ground.copy()
        shirt[20:80, 30:70] = colour
        photos.append((shirt, "shirt", name))
    assert len(PhotoDataset.from_photos(photos, 32)) == 3


def test_of_a_folder_every_picture_is_taken_or_listed_by_name(tmp_path, monkeypatch):
    """Phones and Windows write .heic, .jfif and .JPE; designers .psd; a Mac leaves "._" notes beside them."""
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    rng = np.random.default_rng(5)
    for name in ("a.jfif", "b.JPE", "c.jpg", "d.webp", "e.PNG"):
        kind = {"webp": "webp", "PNG": "png"}.get(name.rpartition(".")[2], "jpeg")
        (tmp_path / name).write_bytes(
            encoded(drawn_photo(rng, "disc" if ord(name[0]) % 2 else "bar", 96), kind)
        )
    (tmp_path / "f.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    (tmp_path / "g.HEIF").write_bytes(b"\0\0\0\x18ftypmif1" + bytes(40))
    (tmp_path / "h.psd").write_bytes(b"8BPS" + bytes(40))
    (tmp_path / "i.svg").write_bytes(b"<svg/>")
    (tmp_path / "j.cr3").write_bytes(b"\0\0\0\x18ftypcrx " + bytes(40))
    for name in ("._c.jpg", ".DS_Store", "Thumbs.db", "readme.txt", "list.csv"):
        (tmp_path / name).write_bytes(b"no picture")
    (tmp_path / "folder.jpg").mkdir()
    dataset = PhotoDataset.from_folder(tmp_path, 32)
    assert dataset.keys == ["a.jfif", "b.JPE", "c.jpg", "d.webp", "e.PNG"]
    told = {one.key: one.detail for one in dataset.report.rejected}
    assert set(told) == {"f.heic", "g.HEIF", "h.psd", "i.svg", "j.cr3"}
    assert "prodgen-django[heic]" in told["f.heic"]
    assert "Photoshop" in told["h.psd"]
    assert all(reason.endswith(".") for reason in told.values())


def test_heic_photos_of_a_folder_are_taken_where_they_can_be_read(tmp_path, monkeypatch):
    pillow_heif = pytest.importorskip("pillow_heif")
    rng = np.random.default_rng(6)
    (tmp_path / "a.jpg").write_bytes(encoded(drawn_photo(rng, "disc", 96), "jpeg"))
    pillow_heif.from_pillow(Image.fromarray(drawn_photo(rng, "bar", 96))).save(
        tmp_path / "b.heic", quality=95
    )
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pillow_heif", None)
        without.setattr(dataset_module, "find_spec", lambda name: None)
        assert PhotoDataset.from_folder(tmp_path, 32, tmp_path / "kept").keys == ["a.jpg"]
    # What was prepared without the reader is prepared anew with it.
    assert PhotoDataset.from_folder(tmp_path, 32, tmp_path / "kept").keys == ["a.jpg", "b.heic"]


def test_nothing_usable_is_said_in_words():
    with pytest.raises(ValueError, match=r"none of 1 photos can be used.*unreadable"):
        PhotoDataset.from_photos([(b"no picture", "", "x")], 32)


@settings(max_examples=60)
@given(
    width=st.integers(20, 300),
    height=st.integers(20, 300),
    size=st.sampled_from([16, 28, 64]),
    seed=st.integers(0, 99),
)
def test_fitting_never_crops(width, height, size, seed):
    """Four marks in the corners of the photo are all still there, whatever its shape."""
    photo = np.full((height, width, 3), 120, np.uint8)
    reach_y, reach_x = max(4, height // 5), max(4, width // 5)
    photo[:reach_y, :reach_x] = (255, 0, 0)
    photo[-reach_y:, -reach_x:] = (0, 0, 255)
    fitted = fit_square(photo, size)
    assert fitted.shape == (size, size, 3)
    if min(width, height) / max(width, height) * size >= 8:  # else a mark is thinner than a pixel
        centre = fitted.astype(int)
        assert (centre[..., 0] - centre[..., 2]).max() > 60
        assert (centre[..., 2] - centre[..., 0]).max() > 60


def test_a_packshot_is_continued_in_white_and_a_floor_is_continued_as_floor():
    packshot = np.full((80, 40, 3), 255, np.uint8)
    packshot[20:60, 10:30] = (180, 20, 20)
    assert (fit_square(packshot, 64)[:, :8] == 255).all()
    floor = np.full((80, 40, 3), (120, 90, 60), np.uint8)
    assert np.abs(fit_square(floor, 64)[:, :8].astype(int) - (120, 90, 60)).max() <= 1


def test_a_cut_out_stands_on_white():
    cut_out = np.zeros((64, 64, 4), np.uint8)
    cut_out[16:48, 16:48] = (200, 10, 10, 255)
    cut_out[20:30, 20:30, :3] = np.random.default_rng(0).integers(0, 255, (10, 10, 3))
    dataset = PhotoDataset.from_photos([(cut_out, "", "x")], 64)
    assert (dataset.images[0, :10] == 255).all()


@settings(max_examples=20)
@given(seed=st.integers(0, 1000), contrast=st.floats(0.2, 1.0))
def test_blur_is_seen_whatever_the_contrast(seed, contrast):
    photo = drawn_photo(np.random.default_rng(seed), "disc", 64) * contrast
    photo = photo.astype(np.uint8)
    assert blur_effect(photo) < 0.55 < blur_effect(cv2.GaussianBlur(photo, (0, 0), 4))


def test_the_cache_is_memory_mapped_and_spares_the_decoding(tmp_path):
    first = PhotoDataset.from_photos(drawn_photos(12), 16, tmp_path, fingerprint="one")

    def never():
        raise AssertionError("the cache was not used")
        yield

    again = PhotoDataset.from_photos(never(), 16, tmp_path, fingerprint="one")
    assert isinstance(again.images, np.memmap)
    assert again.fingerprint() == first.fingerprint()
    assert again.report.to_dict() == first.report.to_dict()
    other = PhotoDataset.from_photos(drawn_photos(9, seed=5), 16, tmp_path, fingerprint="two")
    assert len(other) == 9


@pytest.mark.parametrize("damage", ["pixels", "index", "half"])
def test_a_damaged_cache_is_made_anew(tmp_path, damage):
    PhotoDataset.from_photos(drawn_photos(12), 16, tmp_path, fingerprint="one")
    pixels, index = next(tmp_path.glob("*.u8")), tmp_path / "16.json"
    if damage == "pixels":
        pixels.unlink()
    elif damage == "index":
        index.write_text("{", encoding="utf-8")
    else:
        pixels.write_bytes(pixels.read_bytes()[:100])
    assert len(PhotoDataset.from_photos(drawn_photos(12), 16, tmp_path, fingerprint="one")) == 12


def test_a_folder_is_read_by_its_labels_and_again_after_a_change(tmp_path):
    for pixels, label, key in drawn_photos(9):
        (tmp_path / "shop" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / label / key).write_bytes(encoded(pixels))
    (tmp_path / "shop" / "notes.txt").write_text("no picture", encoding="utf-8")
    seen = []
    dataset = PhotoDataset.from_folder(
        tmp_path / "shop", 16, tmp_path / "cache", on_progress=lambda done, total: seen.append((done, total))
    )
    assert dataset.counts() == {"bar": 3, "disc": 6}
    assert seen[-1] == (9, 9)
    (tmp_path / "shop" / "bar" / "bar-0.png").unlink()
    assert len(PhotoDataset.from_folder(tmp_path / "shop", 16, tmp_path / "cache")) == 8
    with pytest.raises(ValueError, match="no pictures"):
        PhotoDataset.from_folder(tmp_path / "cache", 16)


@pytest.mark.parametrize(("balance", "share"), [(0.0, 1 / 3), (0.5, 1 / (1 + 2**0.5)), (1.0, 1 / 2)])
def test_balance_moves_from_the_shops_frequencies_to_equal_labels(dataset, balance, share):
    assert dataset.weights(balance)[dataset.targets == 0].sum() == pytest.approx(share, abs=0.02)


def test_held_out_photos_are_of_every_label_and_stay_held_out_when_photos_are_added(dataset):
    train, held = dataset.split(0.2)
    assert not set(train.keys) & set(held.keys)
    assert len(train) + len(held) == len(dataset)
    assert all(count > 0 for count in held.counts().values())
    more = PhotoDataset.from_photos([*drawn_photos(60), *drawn_photos(6, seed=9)], 16)
    kept = len(set(held.keys) & set(more.split(0.2)[1].keys))
    assert kept >= len(held) - 2


@pytest.mark.data
def test_real_photographs_enter_and_their_known_duplicates_do_not(shared_data):
    dataset = PhotoDataset.from_folder(shared_data / "garments-256" / "validation", 64)
    assert len(dataset.labels) == 10
    assert dataset.report.kept >= 0.98 * dataset.report.offered
    train = PhotoDataset.from_folder(shared_data / "garments-256" / "train" / "skirt", 64)
    assert len(train) >= 95
