"""Pictures as files that sales channels take, in folders by channel, named by the product's number."""

from __future__ import annotations

import csv
import io
import itertools
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from anyascii import anyascii
from django.utils.translation import gettext as _

from prodgen_django.catalog import get_catalog
from prodgen_django.csvsafe import csv_safe
from prodgen_django.storage import DamagedFile, read_file, read_picture

if TYPE_CHECKING:
    from prodgen_django.models import GeneratedImage

__all__ = ["Entry", "Names", "Report", "entries_for", "write_zip"]

#: Longest name of a file, without its extension: a path with some folders before it is still short enough for Windows.
LONGEST_NAME = 80
#: Names that Windows keeps for devices, whatever extension follows.
_DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(10))}

#: A long picture is cut into slices of at most the height that the channel advises.
SLICED = ("taobao_detail",)


@dataclass
class Entry:
    """One file of a pack, or the reason why there is none (`refused`). `data` is the file, not part of the report."""

    channel: str
    title: str
    code: str
    image: int
    path: str = ""
    size: tuple[int, int] = (0, 0)
    changes: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    refused: str = ""
    name: str = ""
    data: bytes = field(default=b"", repr=False)

    def as_dict(self) -> dict[str, Any]:
        return {key: value for key, value in asdict(self).items() if key != "data"}


class Names:
    """Names of a pack's files: the product's number, or its title where it has none, in letters that every file system
    and every ZIP program takes; no two of a channel are alike, not even in capitals.

    `codes` are the numbers of all products of the pack: a second picture of MUG is never called "MUG-2" beside a
    product of that number, as the channel would show it there.
    """

    def __init__(self, codes: Iterable[str] = ()) -> None:
        self._codes = {_readable(code).casefold() for code in codes}
        self._taken: set[tuple[str, str]] = set()
        self._next: dict[tuple[str, str, bool], int] = {}

    def take(self, channel: str, code: str, title: str, extension: str) -> str:
        """The next free name, as "channel/name.extension"; the name is at most `LONGEST_NAME` characters long."""
        own = _readable(code)
        stem = own or _readable(title).lower() or "picture"
        folder, asked = channel.casefold(), stem.casefold()
        for number in itertools.count(self._next.get((folder, asked, bool(own)), 1)):
            end = f"-{number}" if number > 1 else ""
            name = f"{stem[: LONGEST_NAME - len(end)]}{end}"
            folded = name.casefold()
            if (folder, folded) in self._taken or (folded in self._codes and (end or not own)):
                continue
            self._taken.add((folder, folded))
            self._next[folder, asked, bool(own)] = number + 1
            return f"{channel}/{name}.{extension}"
        raise AssertionError("numbers do not end")


def _readable(text: str) -> str:
    """A product's number or title in ASCII, other scripts by their sound; "" where nothing of it can be written."""
    latin = anyascii(unicodedata.normalize("NFKC", text))
    stem = re.sub(r"\.{2,}", ".", re.sub(r"[^A-Za-z0-9._-]+", "-", latin)).strip("-.")
    stem = stem[:LONGEST_NAME].rstrip("-.")
    return f"_{stem}"[:LONGEST_NAME] if stem.partition(".")[0].upper() in _DEVICES else stem


def entries_for(image: GeneratedImage, channels: Iterable[str], names: Names) -> Iterator[Entry]:
    """The files of one picture for each channel; what a channel cannot take is an entry with the reason.

    Raises LookupError for an unknown channel.
    """
    from prodgen_django.imagefile import ImageRejected, load_made
    from prodgen_django.studio import CHANNELS, ExportError, export_for_channel

    code = get_catalog().code(image.product) if image.product is not None else ""
    mask = None
    for channel in channels:
        entry = Entry(channel=channel, title=image.title, code=code, image=image.pk)
        if image.recipe.get("repair") and channel in CHANNELS and not CHANNELS[channel].takes_repaired:
            entry.refused = _("It takes no photo whose light was repaired.")
            yield entry
            continue
        try:
            data = read_picture(image)
            if mask is None:
                mask = _mask(image)
            made = export_for_channel(data, channel, mask=mask)
            slices = _sliced(made.data, channel) if channel in SLICED else [made.data]
        except (ExportError, ImageRejected) as error:
            entry.refused = str(error)
            yield entry
            continue
        except DamagedFile as error:
            entry.refused = error.message
            yield entry
            continue
        except OSError:
            entry.refused = _("The storage does not give out the file of this picture; try again later.")
            yield entry
            continue
        for part in slices:
            rows, columns = load_made(part).shape[:2] if len(slices) > 1 else made.size[::-1]
            yield Entry(
                channel=channel, title=image.title, code=code, image=image.pk,
                path=names.take(channel, code, image.title, made.extension), size=(columns, rows),
                changes=made.changes, advice=tuple(result.message for result in made.report.advice), data=part,
            )  # fmt: skip


def _mask(image: GeneratedImage) -> Any:
    """Where the product is in the picture, by the kept outline and how the photo was placed; None if unknown."""
    import numpy as np

    from prodgen_django.imagefile import load_made
    from prodgen_django.studio.resampling import onto_canvas

    cut, transform = image.scores.get("cut_out") or {}, image.recipe.get("transform")
    if not cut.get("mask") or not transform:
        return None
    try:
        data = read_file(cut["mask"])
    except (DamagedFile, FileNotFoundError) as error:
        # Without it nobody would notice a crop through the product.
        raise DamagedFile(
            _("The outline of this picture is damaged or gone; make the picture again.")
        ) from error
    outline = load_made(data)[..., 0].astype(np.float32) / 255
    size = image.recipe.get("photo_size")
    if not size:
        return None
    # The outline is kept smaller than the photo: what it would be moved by is scaled with it.
    matrix = np.array(transform, np.float64)
    across, down = size[0] / outline.shape[1], size[1] / outline.shape[0]
    larger = np.array([[across, 0, across / 2 - 0.5], [0, down, down / 2 - 0.5], [0, 0, 1]])
    return onto_canvas(outline, matrix @ larger, (image.height, image.width))


def _sliced(data: bytes, channel: str) -> list[bytes]:
    """A picture higher than the channel advises, in slices from top to bottom, each with its source type."""
    from prodgen_django.imagefile import encode_image, load_made, read_source_type
    from prodgen_django.studio import CHANNELS

    most = min((r.limit[1] for r in CHANNELS[channel].rules if r.name == "height" and r.limit[1]), default=0)
    pixels = load_made(data)
    if not most or len(pixels) <= most:
        return [data]
    wanted = CHANNELS[channel]
    origin = read_source_type(data)
    return [
        encode_image(
            pixels[top : top + most],
            format=wanted.format,
            source_type=origin,
            quality=wanted.quality,
            carried=True,
        )
        for top in range(0, len(pixels), most)
    ]


class Report:
    """The table `report.csv` of a pack: each file with the product that it shows, what was done to it, and what was
    refused, and why."""

    def __init__(self) -> None:
        self.files = self.refused = 0
        self._text = io.StringIO()
        self._rows = csv.writer(self._text)
        self._rows.writerow(
            ["channel", "file", "product", "number", "width", "height", "done to it", "advice", "refused"]
        )

    def add(self, entry: Entry) -> None:
        if entry.refused:
            self.refused += 1
        else:
            self.files += 1
        self._rows.writerow(
            csv_safe(value)
            for value in (
                entry.channel, entry.path, entry.title, entry.code, entry.size[0] or "", entry.size[1] or "",
                " ".join(entry.changes), " ".join(entry.advice), entry.refused,
            )
        )  # fmt: skip

    def __str__(self) -> str:
        return self._text.getvalue()


def write_zip(entries: Iterable[Entry], file: BinaryIO) -> tuple[int, int]:
    """Write a pack: the files in folders by channel, and `report.csv`. Returns how many files there are, and how many
    were refused."""
    report = Report()
    # The files are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as pack:
        for entry in entries:
            report.add(entry)
            if not entry.refused:
                pack.writestr(_dated(entry.path), entry.data)
        pack.writestr(_dated("report.csv"), str(report))
    return report.files, report.refused


def _dated(path: str) -> zipfile.ZipInfo:
    # One date for all: the same pictures give the same pack.
    return zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0))
