"""``manage.py prodgen_sweep``: rescue what dead workers and lost messages left lying, and clear away their files."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from prodgen_django.jobs.sweep import sweep
from prodgen_django.orphans import sweep_files, sweep_folders


class Command(BaseCommand):
    help = "Look through the open jobs once, as each worker does every minute."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--files",
            action="store_true",
            help="instead delete files older than a day that no row names, and folders of jobs that are over",
        )
        parser.add_argument("--dry-run", action="store_true", help="with --files: only list and count them")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["files"]:
            return self._files(options["dry_run"])
        if options["dry_run"]:
            raise CommandError("--dry-run goes with --files.")
        found = sweep()
        self.stdout.write(", ".join(f"{name} {count}" for name, count in asdict(found).items()))
        if found.unwoken:
            raise CommandError("The broker took no message. The jobs are safe; they start when it is back.")
        return None

    def _files(self, dry_run: bool) -> None:
        found = sweep_files(dry_run=dry_run)
        if found.refused:
            self.stderr.write(found.refused)
        if dry_run:
            for name in found.orphans:
                self.stdout.write(name)
        folders = sweep_folders(dry_run=dry_run)
        self.stdout.write(
            f"files {found.files}, orphans {len(found.orphans)}, bytes {found.bytes}, deleted {found.deleted}, "
            f"folders {folders}"
        )
