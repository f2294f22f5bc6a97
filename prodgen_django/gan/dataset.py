"""A shop's photographs as training data: prepared once, cached as memory-mapped uint8, reported on.

Every photo that does not enter is listed with its reason, so that an admin sees what the generator will learn
from before anything trains.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from prodgen_django.atomicfile import replacing
from prodgen_django.gan import preparation
from prodgen_django.gan.preparation import Pixels

__all__ = ["PhotoDataset", "PreparationReport", "Rejected"]

_VERSION = 1  # of what preparation does; a cache of another version is not used
_HEIC = (".heic", ".heif", ".hif")
#: Names of pictures that are read, and of such as a camera or a designer's program writes: what cannot be read of
#: them is listed, so that nobody wonders where a photo is.
_SUFFIXES = {
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".apng", ".webp", ".avif", ".gif", ".bmp", ".dib", ".tif",
    ".tiff", *_HEIC,
    ".jp2", ".jxl", ".psd", ".psb", ".xcf", ".svg", ".eps", ".ai", ".pdf", ".ico", ".tga", ".exr", ".hdr",
    ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".raf", ".orf", ".rw2", ".pef", ".srw", ".3fr",
}  # fmt: skip

Reason = Literal["unreadable", "tiny", "blurred", "duplicate"]
#: uint8 H×W×3/4, or a file's bytes or path, or the exception that kept the photo from being read; label; key.
Photo = tuple[Any, str, str]


@dataclass(frozen=True)
class Rejected:
    """A photo that is not trained on. `detail` says why in words; `duplicate_of` is the key that it
    repeats."""

    key: str
    label: str
    reason: Reason
    detail: str
    duplicate_of: str | None = None


@dataclass
class PreparationReport:
    """What went in, what came out, what did not and why."""

    offered: int = 0
    kept: int = 0
    per_label: dict[str, int] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    @property
    def reasons(self) -> dict[str, int]:
        """How many were rejected for which reason."""
        return dict(Counter(r.reason for r in self.rejected))

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it, with `reasons` counted."""
        return {**asdict(self), "reasons": self.reasons}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PreparationReport:
        rejected = [Rejected(**r) for r in values["rejected"]]
        return cls(values["offered"], values["kept"], values["per_label"], rejected)


class PhotoDataset:
    """N photographs of one size: `images` uint8 N×S×S×3, `targets` int64 N, `labels` class names, `keys` N
    names."""

    def __init__(
        self,
        images: Pixels,
        targets: NDArray[np.int64],
        labels: Sequence[str],
        keys: Sequence[str],
        report: PreparationReport | None = None,
    ) -> None:
        if (
            images.ndim != 4
            or images.shape[1] != images.shape[2]
            or images.shape[3] != 3
            or images.dtype != np.uint8
        ):
            raise ValueError(f"images are uint8 N×S×S×3, not {images.dtype} {images.shape}")
        if not len(images) == len(targets) == len(keys):
            raise ValueError("images, targets and keys differ in length")
        self.images, self.targets = images, np.asarray(targets, np.int64)
        self.labels, self.keys = list(labels), list(keys)
        self.report = report or PreparationReport(len(keys), len(keys), self.counts())

    # -- making one

    @classmethod
    def from_folder(
        cls,
        path: str | Path,
        size: int,
        cache_dir: str | Path | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PhotoDataset:
        """Every picture below `path`; its folder's name is its label (pictures directly in `path` have the
        label ""). One of a kind that cannot be read is in the report, by name and with what to do about it.

        With `cache_dir` the prepared pictures are kept there and used again as long as no file has changed.
        """
        root = Path(path)
        files = sorted(p for p in root.rglob("*") if _is_picture(p))
        if not files:
            raise ValueError(f"there are no pictures in {root.name}")

        def photos() -> Iterator[Photo]:
            for file in files:
                label = file.parent.name if file.parent != root else ""
                yield file, label, file.relative_to(root).as_posix()

        stats = [(f.relative_to(root).as_posix(), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        if find_spec("pillow_heif") and any(f.suffix.lower() in _HEIC for f in files):
            stats.append(("HEIC can be read", 0, 0))  # what was left out without the reader is taken with it
        fingerprint = hashlib.sha256(json.dumps(stats).encode()).hexdigest()
        return cls.from_photos(photos(), size, cache_dir, fingerprint, len(files), on_progress)

    @classmethod
    def from_pack(cls, folder: str | Path, size: int) -> PhotoDataset:
        """A set that `from_folder` or `from_photos` kept in `folder`, without the photos it was made of: two files
        that can be taken to another machine. Raises `ValueError` where there is none of that size, or where a file is
        damaged."""
        pack = Path(folder)
        try:
            index = json.loads((pack / f"{size}.json").read_text(encoding="utf-8"))
            pixels = (pack / f"{size}-{index['sha256']}.u8").read_bytes()
            if hashlib.sha256(pixels).hexdigest()[:16] != index["sha256"]:
                raise ValueError("its pixels have changed")
            found = cls._open(pack, size, index["fingerprint"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{pack.name} holds no usable pack of {size} px: {error}") from error
        if found is None:
            raise ValueError(f"{pack.name} holds no usable pack of {size} px: another version wrote it")
        return found

    @classmethod
    def from_photos(
        cls,
        photos: Iterable[Photo],
        size: int,
        cache_dir: str | Path | None = None,
        fingerprint: str | None = None,
        total: int | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> PhotoDataset:
        """From (pixels or bytes, label, key) triples; bytes are decoded by `prodgen_django.imagefile`, and an
        exception in their place is reported as a photo that cannot be read.

        `fingerprint` names the content: where `cache_dir` holds a prepared set of that name and size,
        `photos` is not even iterated. Without one, the set is prepared anew (and still kept in `cache_dir`,
        memory-mapped). `on_progress(done, total)` is called for each photo. Raises `ValueError` when nothing
        usable is left.
        """
        folder = Path(cache_dir) if cache_dir else None
        if folder and fingerprint and (cached := cls._open(folder, size, fingerprint)) is not None:
            return cached
        report = PreparationReport()
        pictures: list[Pixels] = []
        kept: list[tuple[str, str]] = []
        descriptors: list[NDArray[np.float32]] = []
        for source, label, key in photos:
            report.offered += 1
            prepared = _prepare(source, size)
            if isinstance(prepared, tuple):
                report.rejected.append(Rejected(key, label, *prepared))
            else:
                pictures.append(prepared)
                kept.append((label, key))
                descriptors.append(preparation.descriptor(prepared))
            if on_progress:
                on_progress(report.offered, total or report.offered)
        repeats = preparation.find_duplicates(np.stack(descriptors)) if descriptors else {}
        for later, first in sorted(repeats.items()):
            label, key = kept[later]
            original = kept[first][1]
            report.rejected.append(
                Rejected(key, label, "duplicate", f"the same picture as {original}", original)
            )
        good = [i for i in range(len(kept)) if i not in repeats]
        if not good:
            raise ValueError(f"none of {report.offered} photos can be used: {report.reasons}")
        labels = sorted({kept[i][0] for i in good})
        targets = np.array([labels.index(kept[i][0]) for i in good], np.int64)
        keys = [kept[i][1] for i in good]
        report.kept = len(good)
        dataset = cls(np.stack([pictures[i] for i in good]), targets, labels, keys, report)
        report.per_label = dataset.counts()
        if folder:
            dataset._save(folder, size, fingerprint or "")
            return cls._open(folder, size, fingerprint or "") or dataset
        return dataset

    # -- the cache: <size>.u8 (pixels) and <size>.json (the rest), the JSON written last

    def _save(self, folder: Path, size: int, fingerprint: str) -> None:
        pixels = np.ascontiguousarray(self.images)
        index = {
            "version": _VERSION, "size": size, "fingerprint": fingerprint, "labels": self.labels,
            "keys": self.keys, "targets": self.targets.tolist(), "report": self.report.to_dict(),
            "sha256": hashlib.sha256(pixels.data).hexdigest()[:16],
        }  # fmt: skip
        with replacing(folder / f"{size}-{index['sha256']}.u8") as file:
            file.write(pixels.data)
        with replacing(folder / f"{size}.json") as file:
            file.write(json.dumps(index).encode())

    @classmethod
    def _open(cls, folder: Path, size: int, fingerprint: str) -> PhotoDataset | None:
        try:
            index = json.loads((folder / f"{size}.json").read_text(encoding="utf-8"))
            if index["version"] != _VERSION or index["fingerprint"] != fingerprint or index["size"] != size:
                return None
            shape = (len(index["keys"]), size, size, 3)
            pixels = np.memmap(folder / f"{size}-{index['sha256']}.u8", np.uint8, "r", shape=shape)
        except (OSError, ValueError, KeyError):
            return None
        report = PreparationReport.from_dict(index["report"])
        return cls(pixels, np.array(index["targets"], np.int64), index["labels"], index["keys"], report)

    # -- using one

    def __len__(self) -> int:
        return len(self.keys)

    @property
    def size(self) -> int:
        """Side of every picture in pixels."""
        return int(self.images.shape[1])

    def counts(self) -> dict[str, int]:
        """Photos per label."""
        return {label: int((self.targets == i).sum()) for i, label in enumerate(self.labels)}

    def facts(self) -> dict[str, Any]:
        """How many photos were offered, and why some were not taken."""
        return {"offered": self.report.offered, "rejected": self.report.reasons}

    def fingerprint(self) -> str:
        """Names exactly these pictures and labels; a resumed training refuses others."""
        digest = hashlib.sha256(
            json.dumps([self.labels, self.keys, self.targets.tolist(), self.size]).encode()
        )
        for start in range(0, len(self), 256):
            digest.update(self.images[start : start + 256].tobytes())
        return digest.hexdigest()

    def subset(self, index: NDArray[np.int64]) -> PhotoDataset:
        """The photos at `index`, under the same labels (also those of which none is left)."""
        keys = [self.keys[i] for i in index]
        return PhotoDataset(self.images[index], self.targets[index], self.labels, keys)

    def split(self, holdout: float) -> tuple[PhotoDataset, PhotoDataset]:
        """(train, held out): a share of every label, by the hash of the keys, so that it stays the same split
        when photos are added. At least one photo and at most half of a label is held out, where it has two or
        more."""
        train: list[int] = []
        held: list[int] = []
        for label in range(len(self.labels)):
            members = np.flatnonzero(self.targets == label).tolist()
            ranked = sorted(members, key=lambda i: hashlib.sha256(self.keys[i].encode()).digest())
            count = min(len(ranked) // 2, max(1, round(holdout * len(ranked))))
            held += ranked[:count]
            train += ranked[count:]
        return self.subset(np.array(sorted(train), np.int64)), self.subset(np.array(sorted(held), np.int64))

    def weights(self, balance: float) -> NDArray[np.float64]:
        """Probability of each photo to be drawn. 0: all photos alike, 1: all labels alike, between:
        near-balanced."""
        counts = np.bincount(self.targets, minlength=len(self.labels)).astype(np.float64)
        weights = counts[self.targets] ** -balance
        return weights / weights.sum()


def _is_picture(path: Path) -> bool:
    # A name that begins with a dot is another system's note about a picture ("._mug.jpg"), and none itself.
    return path.suffix.lower() in _SUFFIXES and not path.name.startswith(".") and path.is_file()


def _prepare(source: Any, size: int) -> Pixels | tuple[Reason, str]:
    """The training picture, or (reason, words)."""
    if isinstance(source, Exception):
        return "unreadable", str(source)
    if isinstance(source, (bytes, bytearray, memoryview, Path)):
        from prodgen_django.imagefile import ImageRejected, load_image

        try:
            source = load_image(source if isinstance(source, Path) else bytes(source))
        except ImageRejected as error:
            return "unreadable", str(error)
    image = preparation.flatten(np.asarray(source))
    height, width = image.shape[:2]
    if max(height, width) < size:
        return "tiny", f"{width}×{height} pixels; training needs a longer side of {size}"
    picture = preparation.fit_square(image, size)
    blur = preparation.blur_effect(picture)
    if blur > preparation.MAX_BLUR:
        return "blurred", f"no detail at {size} pixels (blur {blur:.2f}, at most {preparation.MAX_BLUR})"
    return picture
