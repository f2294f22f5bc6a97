"""``manage.py prodgen_stitch``: one picture of a product's overlapping photos, or of several products."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from prodgen_django.management.jobcommand import JobCommand

OPTIONS = (
    "mode", "together", "cut_out", "placement", "ground", "crop", "columns", "width", "captions", "slices", "explain",
)  # fmt: skip


class Command(JobCommand):
    help = "Stitch the photos of each product, or with --together one picture of all products."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--mode", help="auto (the default), planar, panorama, grid, row, column or strip")
        parser.add_argument(
            "--together", action="store_true", default=None, help="one picture of all products"
        )

        parser.add_argument(
            "--as-they-are", dest="cut_out", action="store_false", default=None,
            help="photos side by side, instead of products cut out onto one ground",
        )  # fmt: skip
        parser.add_argument("--placement", help="stand (the default) or lie, of what is cut out")
        parser.add_argument("--ground", help="auto (the default), white or stone, of what is cut out")
        parser.add_argument("--crop", help="auto (the default), rectangle, fill or inpaint")
        parser.add_argument("--columns", type=int, help="columns of a grid or strip")
        parser.add_argument("--width", type=int, help="width of a layout in pixels")
        parser.add_argument("--captions", action="store_true", default=None, help="names below the pictures")
        parser.add_argument(
            "--slices", action="store_true", default=None, help="cut a long picture into several files"
        )
        parser.add_argument(
            "--explain", action="store_true", default=None, help="keep the pictures of each step"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.start("stitch", {name: options[name] for name in OPTIONS}, options)
