"""``manage.py prodgen_doctor``: try each part of the installation and say what to do where one does not work."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prodgen_django.doctor import Finding, examine


class Command(BaseCommand):
    help = "Try the settings, database, storage, broker, workers, engines and letters; status 0 only if all work."
    # A wrong setting is one of the things to be told of, among the others.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="One JSON list, for a monitor.")
        parser.add_argument(
            "--seconds",
            type=float,
            default=5.0,
            help="How long the broker, a worker or the storage may take (5).",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = []
        for finding in examine(options["seconds"]):
            found.append(finding)
            if not options["json"]:
                self._say(finding)
        if options["json"]:
            self.stdout.write(json.dumps([asdict(finding) for finding in found], indent=1))
        faults = sum(finding.state == "fault" for finding in found)
        if faults:
            raise CommandError(f"{faults} of {len(found)} are faults.")

    def _say(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "fault": self.style.ERROR}
        self.stdout.write(f"{style[finding.state](f'{finding.state:<8}')}{finding.part}: {finding.text}")
        if finding.advice:
            self.stdout.write(f"{'':8}  → {finding.advice}")
