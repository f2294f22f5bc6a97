"""Bring tastes up to date: from cron, or by hand after a catalogue was loaded."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from prodgen_django.personalization.log.profiles import refresh


class Command(BaseCommand):
    help = "Writes down what liking each product says, and makes the customers' taste profiles from it."

    def handle(self, *args: Any, **options: Any) -> None:
        done = refresh()
        self.stdout.write(f"{done.products} products, {done.profiles} profiles, {done.expired} expired")
