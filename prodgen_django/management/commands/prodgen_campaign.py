"""``manage.py prodgen_campaign``: banners and posters of up to twelve products."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from prodgen_django.catalog import get_catalog
from prodgen_django.management.jobcommand import JobCommand


class Command(JobCommand):
    help = "Make campaign pictures: products with a headline, price and button, in the sizes of channels."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--headline", help="what the pictures say first")
        parser.add_argument("--subline", help="a second sentence")
        parser.add_argument("--call", help="what the button says")
        parser.add_argument(
            "--size", action="append", dest="formats",
            help="a size, such as hero, or a channel's sizes, such as meta; may be given several times",
        )  # fmt: skip
        parser.add_argument(
            "--language", action="append", dest="languages", help="a language; may be given several times"
        )
        parser.add_argument("--designs", type=int, dest="variations", help="how many designs to compare")
        parser.add_argument("--source", help="the promotion: offer:3, voucher:2 or range:5")
        parser.add_argument("--slot", help="the place in the shop's templates")

    def handle(self, *args: Any, **options: Any) -> None:
        from prodgen_django.studio.banners import FORMATS, GROUPS

        sizes: list[str] | None = None
        if options["formats"]:
            sizes = [name for word in options["formats"] for name in GROUPS.get(word, (word,))]
            unknown = [name for name in sizes if name not in FORMATS]
            if unknown:
                raise CommandError(f"There is no size {unknown[0]}: {', '.join([*GROUPS, *FORMATS])}")
        if options["source"] and get_catalog().promotion(options["source"]) is None:
            raise CommandError(f"There is no promotion {options['source']}.")
        names = ("headline", "subline", "call", "languages", "variations", "source", "slot")
        self.start("campaign", {"formats": sizes, **{name: options[name] for name in names}}, options)
