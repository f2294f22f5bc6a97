"""The report of what choosing pictures for visitors brings, as a page of the admin."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.core.cache import cache
from django.db.models import Max
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prodgen_django.admin.changelist import ReadOnlyAdmin
from prodgen_django.admin.permissions import may_see
from prodgen_django.admin.plots import percent, rate_whisker, ratio_whisker, uplift_plot
from prodgen_django.admin.words import file_url
from prodgen_django.catalog import get_catalog
from prodgen_django.models import Exposure, GeneratedImage, PersonalisationReport, PolicyVersion
from prodgen_django.personalization.policy.features import AXES, STYLE_AXES
from prodgen_django.personalization.report.report import TARGET, Report, has_rows, make_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from django.http import HttpRequest, HttpResponse

    from prodgen_django.personalization.report.comparison import Row
    from prodgen_django.personalization.report.evidence import Verdict
    from prodgen_django.personalization.report.report import Outcome

PERIODS = (7, 30, 90)
#: Products whose pictures are shown; the others are of less traffic.
MOST_PRODUCTS = 20
#: So many of them at once, the others behind a click.
FIRST_PRODUCTS = 4
#: A report is made anew after so many seconds, or when there are new rows.
CACHE_SECONDS = 600
#: Share of clicks more or less from which on a cell of the table of beliefs has its full colour.
FULL_COLOUR = 0.8


@admin.register(PersonalisationReport)
class PersonalisationReportAdmin(ReadOnlyAdmin):
    """One page in the place of a list of rows."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see(request.user) or request.user.has_perm("prodgen_django.view_personalisationreport")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        from django.core.exceptions import PermissionDenied

        if not self.has_view_permission(request):
            raise PermissionDenied
        return report_page(request, self.admin_site)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    """What was learnt when."""

    list_display = ("__str__", "created_at", "impressions", "clicks", "is_current", "is_simulated")
    list_display_links = None
    list_filter = ("is_simulated", "is_current")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("sums", "policy")


def report_page(request: HttpRequest, site: admin.AdminSite) -> HttpResponse:
    days = int(request.GET.get("days", "")) if request.GET.get("days", "") in map(str, PERIODS) else 30
    kinds = {kind: has_rows(simulated=kind) for kind in (False, True)}
    # Made-up visitors are shown by themselves where there are no others.
    asked = request.GET.get("visitors")
    simulated = kinds[True] and (asked == "simulated" or (not kinds[False] and asked != "real"))
    report = cached_report(days, simulated=simulated)
    products = list(_products(report))
    context = {
        **site.each_context(request),
        "title": _("Personalisation report"),
        "opts": PersonalisationReport._meta,
        "report": report,
        "days": days,
        "periods": PERIODS,
        "both": all(kinds.values()),
        "target": round(100 * TARGET),
        "exposures": number(report.exposures),
        "sides": [number(side.visitors) for side in (report.personal, report.held)],
        **_headline(report),
        "outcomes": [_outcome(outcome) for outcome in report.outcomes],
        "plot": uplift_plot(report.days),
        "products": products[:FIRST_PRODUCTS],
        "others": products[FIRST_PRODUCTS:],
        "more": max(0, len(report.pictures) - MOST_PRODUCTS),
        "campaigns": list(_campaigns(report)),
        "styles": [_row(row, axis_name(row.key)) for row in report.styles],
        "beliefs": _beliefs(report),
        "policies": _policies(report),
        "history": PolicyVersion.objects.filter(is_simulated=simulated).count(),
    }
    return TemplateResponse(request, "prodgen_django/admin/report.html", context)


def cached_report(days: int, *, simulated: bool) -> Report:
    """The report, made anew only where there is something new in it."""
    newest = Exposure.objects.filter(is_simulated=simulated).aggregate(newest=Max("pk"))["newest"]
    version = PolicyVersion.objects.filter(is_simulated=simulated).aggregate(newest=Max("pk"))["newest"]
    key = f"prodgen:report:{days}:{simulated}:{newest}:{version}"
    report = cache.get(key)
    if report is None:
        report = make_report(days, simulated=simulated)
        cache.set(key, report, CACHE_SECONDS)
    return report


def _headline(report: Report) -> dict[str, Any]:
    """The page's one sentence, and how sure it is."""
    main = report.main
    verdict = main.verdict
    if not report.exposures:
        return {"state": "idle", "badge": _("No traffic yet"), "sentence": ""}
    if not report.held.visitors or not report.share:
        sentence = _("Nobody is held out, so there is nothing to compare with. Set HOLDOUT above 0.")
        return {"state": "pending", "badge": _("Cannot be said"), "sentence": sentence}
    if not verdict.is_decided:
        sentence = ngettext(
            "About %(missing)s more exposure is missing until an uplift of %(target)d %% would show.",
            "About %(missing)s more exposures are missing until an uplift of %(target)d %% would show.",
            main.missing,
        ) % {"missing": _rounded(main.missing), "target": round(100 * TARGET)}
        return {"state": "pending", "badge": _("Not enough data"), "sentence": sentence}
    words = {
        "by": percent(verdict.ratio or 1).lstrip("+−"),
        "low": _bound(verdict.low),
        "high": _bound(verdict.high),
    }
    if verdict.winner > 0:
        sentence = _(
            "Visitors for whom pictures are chosen click %(by)s more often than those of the hold-out "
            "(between %(low)s and %(high)s)."
        )
        return {"state": "published", "badge": _("It helps"), "sentence": sentence % words}
    sentence = _(
        "Visitors for whom pictures are chosen click %(by)s less often than those of the hold-out "
        "(between %(low)s and %(high)s)."
    )
    return {"state": "failed", "badge": _("It does harm"), "sentence": sentence % words}


def _outcome(outcome: Outcome) -> dict[str, Any]:
    names = {"followed": _("Clicked"), "basket": _("Put into the basket"), "ordered": _("Ordered")}
    verdict = outcome.verdict
    return {
        "name": names[outcome.name],
        "personal": f"{100 * outcome.personal:.1f} %",
        "held": f"{100 * outcome.held:.1f} %",
        "uplift": percent(verdict.ratio) if verdict.ratio else "–",
        "interval": interval(verdict),
        "confidence": f"{100 * (1 - verdict.alpha):g} %",
        "whisker": ratio_whisker(verdict),
        "winner": verdict.winner,
        "missing": _rounded(outcome.missing) if outcome.missing else "",
    }


def _row(row: Row, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "shown": number(row.shown),
        "followed": number(row.followed),
        "rate": f"{100 * row.rate:.1f} %" if row.shown else "–",
        "difference": percent(row.verdict.ratio) if row.verdict.ratio else "–",
        "interval": interval(row.verdict),
        "whisker": ratio_whisker(row.verdict, math.log(4)),
        "winner": row.winner,
    }


def _products(report: Report) -> Iterator[dict[str, Any]]:
    wanted = dict(list(report.pictures.items())[:MOST_PRODUCTS])
    model: Any = get_catalog().model
    products = model._default_manager.in_bulk(wanted)
    # str() of a variant has no title of its own.
    titles = {key: get_catalog().title(product) for key, product in products.items()}
    return _groups(wanted, titles, lambda image: ", ".join(str(tag) for tag in image.tags[:4]))


def _campaigns(report: Report) -> Iterator[dict[str, Any]]:
    titles = {slot: _("Place “%s”") % slot for slot in report.campaigns}
    return _groups(report.campaigns, titles, lambda image: image.title)


def _groups(
    wanted: Mapping[Any, Sequence[Row]], titles: Mapping[Any, str], name: Callable[[GeneratedImage], str]
) -> Iterator[dict[str, Any]]:
    """Pictures that compete, under what they compete for; those that have been deleted are left out."""
    keys = {row.key for rows in wanted.values() for row in rows}
    images = GeneratedImage.objects.only("pk", "uuid", "title", "thumbnail", "tags").in_bulk(keys)
    for key, rows in wanted.items():
        shown = []
        for row in rows:
            image = images.get(row.key)
            if image is not None:
                shown.append(
                    {**_row(row, name(image) or str(image)), "pk": image.pk, "url": file_url(image.thumbnail)}
                )
        if shown:
            yield {
                "title": titles.get(key, ""),
                "pictures": shown,
                "shown": number(sum(row.shown for row in rows)),
            }


def _beliefs(report: Report) -> dict[str, Any]:
    """The table of what is believed, only of styles that the published pictures have."""
    had = [row.key for row in report.styles]
    columns = [name for name in AXES[: len(STYLE_AXES)] if name in had]
    rows = []
    for taste in ("", *AXES[: len(STYLE_AXES)]):
        cells = []
        for style in columns:
            value = report.beliefs.get((taste, style), 0.0)
            cells.append(
                {
                    "value": percent(max(0.0, 1 + value)),
                    "strength": round(min(1.0, abs(value) / FULL_COLOUR), 2),
                    "good": value >= 0,
                }
            )
        rows.append({"name": axis_name(taste) if taste else _("everybody"), "cells": cells, "all": not taste})
    return {"columns": [axis_name(name) for name in columns], "rows": rows if columns else []}


def _policies(report: Report) -> dict[str, Any]:
    judgement = report.judgement
    known = [policy for policy in judgement.policies if policy.best is not None]
    highest = [policy.best.high for policy in known if policy.best and math.isfinite(policy.best.high)]
    most = max([*highest, judgement.earned or 0.0, 1e-6]) if highest else 1.0
    rows = []
    for policy in known:
        best = policy.best
        if best is None or not math.isfinite(best.value):
            continue
        rows.append(
            {
                "name": policy.name,
                "about": policy.about,
                "estimates": [
                    f"{100 * policy.estimates[name].value:.2f} %" if name in policy.estimates else "–"
                    for name in ("ips", "snips", "dr")
                ],
                "interval": f"{100 * max(0.0, best.low):.1f} – {100 * best.high:.1f} %",
                "effective": number(round(best.effective)),
                "enough": best.is_enough,
                "whisker": rate_whisker(best.value, best.low, best.high, judgement.earned, most),
            }
        )
    return {
        "rows": rows,
        "events": number(judgement.events),
        "since": judgement.since,
        "earned": judgement.earned,
    }


def axis_name(axis: str) -> str:
    """What a style is called."""
    names = {
        "light": _("light"), "dark": _("dark"), "warm": _("warm"), "cool": _("cool"), "soft": _("soft"),
        "muted": _("muted"), "vivid": _("vivid"), "natural": _("natural"), "wood": _("wood"),
        "elegant": _("elegant"), "modern": _("modern"), "home": _("home"), "plain": _("plain"),
    }  # fmt: skip
    return names.get(axis, axis)


def interval(verdict: Verdict) -> str:
    """Where the difference may lie, as far as anything is known of it."""
    has_low, has_high = verdict.low > 0, verdict.high < math.inf
    words = {"low": _bound(verdict.low), "high": _bound(verdict.high)}
    if has_low and has_high:
        return _("%(low)s to %(high)s") % words
    if has_low:
        return _("above %(low)s") % words
    return _("below %(high)s") % words if has_high else "–"


def _bound(ratio: float) -> str:
    return percent(ratio) if 0 < ratio < math.inf else "?"


def _rounded(count: int) -> str:
    """Two digits are all that a forecast is good for."""
    if count >= 100:
        digits = len(str(count)) - 2
        count = round(count, -digits)
    return number(count)


def number(count: int) -> str:
    """Thousands apart by a narrow space."""
    return f"{count:,}".replace(",", "\u202f")
