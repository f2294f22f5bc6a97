"""Two small endpoints for a page's script: what to show (where pages come out of a cache), and what was seen.

Neither writes to the database nor calls the broker. Both answer nobody who has not consented.
"""

from __future__ import annotations

import json
import logging
import re
import time
from typing import Any
from urllib.parse import unquote

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from prodgen_django.catalog import product_key
from prodgen_django.conf import settings
from prodgen_django.personalization.log.sealing import Tampered
from prodgen_django.personalization.serve.address import network_of, source_of
from prodgen_django.personalization.serve.page import MOST_TEXT, Page, read_record
from prodgen_django.personalization.serve.pictures import Addresses, Picture, width_of
from prodgen_django.personalization.serve.tell import report_seen
from prodgen_django.personalization.serve.visitor import has_consented, visitor_of

logger = logging.getLogger("prodgen_django.events")

#: Most products that one page asks for.
MOST_PRODUCTS = 300
#: A page that is older is not believed any more, in seconds.
_OLDEST = 86_400
#: Who says of themselves that they are no person.
_BOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|headless|phantom|lighthouse|preview|monitor|scan|fetch|archive"
    r"|curl|wget|httpx|libwww|python-|java/|go-http|okhttp|axios|facebookexternalhit",
    re.IGNORECASE,
)


@never_cache
@require_GET
@transaction.non_atomic_requests
def choices(request: HttpRequest) -> HttpResponse:
    """The visitor's pictures of the products that a page shows: ``?products=12,13&size=card``.

    Answers ``{"pictures": {"12": {"src", "srcset", "width", "height", "sources", "index"}}, "page": "…"}``, with no
    pictures where the ones that everybody sees are right.
    """
    asked = _products(request.GET.get("products", ""))
    try:
        width = width_of(request.GET.get("size", "large"))
    except LookupError:
        return HttpResponseBadRequest("no such size")
    visitor = visitor_of(request)
    if not visitor.consents or not asked:
        return JsonResponse({"pictures": {}})
    page = Page(visitor)
    page.choose(asked.values())
    pictures, addresses = {}, Addresses.now()
    for name, product in asked.items():
        choice = page.chosen[product_key(product)]
        if choice.candidates:
            page.shown.append(choice)
            picture = Picture(choice, "", width, "", addresses).as_dict()
            pictures[name] = {**picture, "index": len(page.shown) - 1}
    response = JsonResponse({"pictures": pictures, "page": page.record()})
    page.remember(response, secure=request.is_secure())
    return response


@csrf_exempt  # the sealed record of the page is what says that the report is from one of ours
@require_POST
@transaction.non_atomic_requests
def events(request: HttpRequest) -> HttpResponse:
    """A page's script tells what came into view and what was clicked: ``{"page": "…", "seen": [0, 1], "click": [1]}``.

    Answers 204, whether the report is kept or not; 400 for what no page of ours sends, 429 for too much.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "same-site"):
        return HttpResponseBadRequest("not from a page of this site")
    if is_bot(request) or not has_consented(request):
        return HttpResponse(status=204)
    try:
        # Read before anything is believed of it, its length included.
        body = request.read(2 * MOST_TEXT + 1)
        if len(body) > 2 * MOST_TEXT:
            return HttpResponse(status=413)
        told = json.loads(body)
        record = read_record(str(told["page"]))
        seen, clicked = _places(told.get("seen", [])), _places(told.get("click", []))
    except (Tampered, ValueError, KeyError, TypeError, RecursionError, OSError):
        return HttpResponseBadRequest("not a report")
    if not 0 <= time.time() - record["t"] + 5 <= _OLDEST:
        return HttpResponse(status=204)
    if not within_rate(request, record["v"]):
        return HttpResponse(status=429)
    report_seen(record, seen, clicked, source_of(request))
    return HttpResponse(status=204)


def is_bot(request: HttpRequest) -> bool:
    """Whether the request says of itself that no person made it."""
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(_BOTS.search(agent)) or "prefetch" in request.headers.get("Sec-Purpose", "")


def within_rate(request: HttpRequest, visitor: str) -> bool:
    """Whether the visitor, and their address, reported less than ``EVENT_RATE`` times in this minute."""
    minute, most = int(time.time()) // 60, settings.EVENT_RATE
    limits = {f"prodgen:rate:{visitor}:{minute}": most}
    if network := network_of(request):
        limits[f"prodgen:rate:{network}:{minute}"] = 10 * most
    try:
        return all(_counted(key) <= limit for key, limit in limits.items())
    except Exception as error:  # noqa: BLE001  (each cache raises its own)
        # What one address may add to the log in a day is bounded there as well.
        logger.warning("the cache does not count reports: %s", error)
        return True


def _counted(key: str) -> int:
    cache.add(key, 0, 120)
    try:
        return cache.incr(key)
    except ValueError:  # thrown out of the cache in between
        return 1


class _Product:
    """As much of a product as choosing needs."""

    def __init__(self, pk: Any, parent_id: Any = None) -> None:
        self.pk, self.parent_id = pk, parent_id


def _products(text: str) -> dict[str, _Product]:
    """Products of a list "12,13:5" (a variant with its parent), by what stands there; what is no key is left out."""
    found = {}
    for part in text.split(",")[:MOST_PRODUCTS]:
        keys = [product_key(unquote(key)) for key in part.split(":", 2)]
        if None not in keys and len(keys) < 3:
            found[part] = _Product(*keys)
    return found


def _places(found: Any) -> list[int]:
    if not isinstance(found, list) or len(found) > 2 * MOST_PRODUCTS:
        raise ValueError("no list of places")
    if not all(type(place) is int for place in found):
        raise ValueError("no whole number")
    return found
