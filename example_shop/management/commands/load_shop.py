from __future__ import annotations

import io
from typing import Any

from django.contrib.sites.models import Site
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from example_shop.catalogue import load_catalogue
from example_shop.history import welcome_everybody
from example_shop.shelves import stock


class Command(BaseCommand):
    help = "Fill the shop: catalogue, photographs, prices, stock, people with their histories, search index."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-index", action="store_true", help="leave the search index as it is")

    def handle(self, *args: Any, **options: Any) -> None:
        specs = load_catalogue()
        stocked = stock(specs)
        if not stocked.added + stocked.kept:
            raise CommandError("The catalogue has no photographs to load.")
        Site.objects.update_or_create(pk=1, defaults={"domain": "localhost:8000", "name": "Alder & Loom"})
        told = welcome_everybody(specs)
        call_command("prodgen_taste", verbosity=0, stdout=io.StringIO())
        if not options["no_index"]:
            call_command("rebuild_index", interactive=False, verbosity=0)
        self.stdout.write(
            f"{stocked.added} products loaded, {stocked.kept} were there, {stocked.photos} photographs added,"
            f" {told} customers' histories written."
        )
        if stocked.waiting:
            self.stdout.write(self.style.WARNING(f"{stocked.waiting} products have no photographs yet."))
