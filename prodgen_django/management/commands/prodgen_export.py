"""``manage.py prodgen_export``: approved pictures as files that a channel takes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prodgen_django.models import GeneratedImage
from prodgen_django.storage import read_file

READY = (GeneratedImage.State.APPROVED, GeneratedImage.State.PUBLISHED)


class Command(BaseCommand):
    help = "Write approved pictures into a folder, framed and encoded for a channel; refuses what it would refuse."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", help="amazon_main, google_merchant, ebay, web, …")
        parser.add_argument("folder", type=Path, help="where the files are written")
        parser.add_argument("--job", type=int, help="only the pictures of this job")
        parser.add_argument("--kind", help="only pictures of this kind")

    def handle(self, *args: Any, **options: Any) -> None:
        from prodgen_django.imagefile import ImageRejected
        from prodgen_django.studio import ExportError, export_for_channel

        images = GeneratedImage.objects.filter(state__in=READY).order_by("pk")
        if options["job"]:
            images = images.filter(job_id=options["job"])
        if options["kind"]:
            images = images.filter(kind=options["kind"])
        folder: Path = options["folder"]
        folder.mkdir(parents=True, exist_ok=True)
        refused, count = 0, 0
        for image in images.iterator():
            count += 1
            try:
                made = export_for_channel(read_file(image.file), options["channel"])
            except LookupError as error:
                raise CommandError(str(error)) from error
            except (ExportError, ImageRejected, OSError) as error:
                refused += 1
                self.stderr.write(f"{image.title}: {error}")
                continue
            words = re.sub(r"[^a-z0-9]+", "-", image.title.lower()).strip("-") or "picture"
            path = folder / f"{words}-{image.uuid.hex[:8]}.{made.extension.lstrip('.')}"
            path.write_bytes(made.data)
            self.stdout.write(f"{path}  {made.size[0]}×{made.size[1]}  {' '.join(made.changes)}".rstrip())
        if refused:
            raise CommandError(f"{refused} of {count} cannot be exported")
        if not count:
            raise CommandError("No picture has been approved yet.")
