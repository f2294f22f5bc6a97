"""The personalisation report in a terminal."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from prodgen_django.personalization.report.evidence import Verdict
from prodgen_django.personalization.report.report import TARGET, Report, make_report


class Command(BaseCommand):
    help = "Prints what choosing pictures for visitors brings, as the admin's report shows it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30)
        parser.add_argument(
            "--simulated", action="store_true", help="of made-up visitors instead of real ones"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = make_report(options["days"], simulated=options["simulated"])
        if report.simulated:
            self.stdout.write(self.style.WARNING("Simulated: these visitors are made up."))
        self.stdout.write(
            f"{report.since:%Y-%m-%d} to {report.until:%Y-%m-%d}: {report.exposures} exposures, "
            f"{report.personal.visitors} visitors, {report.held.visitors} more in the hold-out"
        )
        self._campaigns(report)
        if not report.exposures:
            return
        if report.suspicious:
            self.stdout.write(
                self.style.ERROR("The size of the hold-out is not chance: do not trust the uplift.")
            )
        self._outcomes(report)
        self._rows(report)
        self._policies(report)

    def _outcomes(self, report: Report) -> None:
        self.stdout.write("")
        for outcome in report.outcomes:
            verdict = outcome.verdict
            said = {1: "better", -1: "worse", 0: "not enough data"}[verdict.winner]
            missing = f", {outcome.missing} exposures missing for {TARGET:+.0%}" if outcome.missing else ""
            self.stdout.write(
                f"{outcome.name:<9} {outcome.personal:7.2%} against {outcome.held:7.2%}: "
                f"{_change(verdict)} [{_bounds(verdict)}] {said}{missing}"
            )

    def _campaigns(self, report: Report) -> None:
        for slot, rows in report.campaigns.items():
            for row in rows:
                self.stdout.write(
                    f"campaign in {slot!r}, picture {row.key}: "
                    f"shown {row.shown}, clicked {row.followed} ({row.rate:.1%})"
                )

    def _rows(self, report: Report) -> None:
        groups = [*report.pictures.values(), *report.campaigns.values()]
        rows = [(f"picture {row.key}", row) for rows in groups for row in rows]
        rows += [(f"style {row.key}", row) for row in report.styles]
        decided = [(name, row) for name, row in rows if row.winner]
        self.stdout.write("")
        self.stdout.write(
            f"{len(decided)} of {len(rows)} pictures and styles are known to be better or worse"
        )
        for name, row in decided:
            said = "better" if row.winner > 0 else "worse"
            self.stdout.write(f"  {name:<16} {said} {_change(row.verdict)} [{_bounds(row.verdict)}]")

    def _policies(self, report: Report) -> None:
        judgement = report.judgement
        if not judgement.policies:
            return
        self.stdout.write("")
        self.stdout.write(
            f"Other policies on {judgement.events} later exposures, which earned {judgement.earned:.2%}"
        )
        for policy in judgement.policies:
            parts = [f"{name} {found.value:.2%}" for name, found in policy.estimates.items()]
            best = policy.best
            if best is not None:
                parts.append(f"[{best.low:.2%}, {best.high:.2%}]")
                parts.append("" if best.is_enough else "not enough data")
            self.stdout.write(f"  {policy.name:<28} {', '.join(part for part in parts if part)}")


def _change(verdict: Verdict) -> str:
    return f"{verdict.ratio - 1:+.0%}" if verdict.ratio else "–"


def _bounds(verdict: Verdict) -> str:
    return f"{verdict.low - 1:+.0%}, {verdict.high - 1:+.0%}"
