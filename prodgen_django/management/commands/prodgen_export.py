"""``manage.py prodgen_export``: approved pictures as files that channels take, in a folder or a ZIP."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prodgen_django.atomicfile import replacing
from prodgen_django.catalog import get_catalog
from prodgen_django.models import GeneratedImage
from prodgen_django.pictures.packs import Entry, Names, Report, entries_for, write_zip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

READY = (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED)


class Command(BaseCommand):
    help = "Write approved pictures as channels take them, named by the products' numbers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "channels", help="amazon_main, google_merchant, ebay, web, …; several with commas"
        )
        parser.add_argument("target", type=Path, help="a folder, or a file that ends in .zip")
        parser.add_argument("--job", type=int, help="only the pictures of this job")
        parser.add_argument("--kind", help="only pictures of this kind")
        parser.add_argument("--published", action="store_true", help="only published pictures")

    def handle(self, *args: Any, **options: Any) -> None:
        images = GeneratedImage.objects.filter(state__in=READY).select_related("product").order_by("pk")
        if options["job"]:
            images = images.filter(job_id=options["job"])
        if options["kind"]:
            images = images.filter(kind=options["kind"])
        if options["published"]:
            images = images.filter(state=GeneratedImage.State.PUBLISHED)
        channels = [name.strip() for name in options["channels"].split(",") if name.strip()]
        target: Path = options["target"]
        try:
            entries = self._told(self._entries(images, channels))
            if target.suffix.lower() == ".zip":
                with replacing(target) as file:
                    count, refused = write_zip(entries, file)
            else:
                count, refused = _write_folder(entries, target)
        except LookupError as error:
            raise CommandError(str(error)) from error
        if refused:
            raise CommandError(f"{refused} of {count + refused} cannot be exported")
        if not count:
            raise CommandError("No picture has been approved yet.")

    def _entries(self, images: QuerySet[GeneratedImage], channels: list[str]) -> Iterator[Entry]:
        code = get_catalog().code
        names = Names(code(image.product) for image in images.iterator() if image.product is not None)
        for image in images.iterator():
            yield from entries_for(image, channels, names)

    def _told(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.refused:
                self.stderr.write(f"{entry.title}: {entry.channel}: {entry.refused}")
            else:
                size = f"{entry.size[0]}×{entry.size[1]}"
                self.stdout.write(f"{entry.path}  {size}  {' '.join(entry.changes)}".rstrip())
            yield entry


def _write_folder(entries: Iterable[Entry], folder: Path) -> tuple[int, int]:
    report = Report()
    for entry in entries:
        report.add(entry)
        if not entry.refused:
            with replacing(folder / entry.path) as file:
                file.write(entry.data)
    with replacing(folder / "report.csv") as file:
        file.write(str(report).encode())
    return report.files, report.refused
