"""From what waits in the buffer to rows of the log, in batches off the request.

All of it can be done twice: a choice has one name, and what came of it is noted once.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q
from django.utils import timezone

from prodgen_django.catalog import get_catalog
from prodgen_django.conf import settings
from prodgen_django.personalization.log.buffer import Buffer, Event, get_buffer
from prodgen_django.personalization.log.names import slot_of
from prodgen_django.personalization.log.settle import settle
from prodgen_django.personalization.models import Exposure, ProfilingConsent
from prodgen_django.personalization.policy.robust import Allowance

logger = logging.getLogger("prodgen_django.events")

#: Events written in one transaction.
_BATCH = 1000
_MOMENTS = ("clicked_at", "basket_at", "ordered_at")
_CHANGING = ["shows", "visitor", "user", *_MOMENTS]


@dataclass
class Flushed:
    """What a flush wrote."""

    events: int = 0
    #: Choices new in the log.
    exposures: int = 0
    clicks: int = 0
    baskets: int = 0
    orders: int = 0
    #: Of visitors who withdrew, of products or pictures that are gone, out of date, or too many of one address.
    dropped: int = 0
    #: Rows erased because their visitor said no.
    erased: int = 0

    def __bool__(self) -> bool:
        return self.events > 0

    def __str__(self) -> str:
        return ", ".join(f"{getattr(self, f.name)} {f.name}" for f in fields(self))


def flush(buffer: Buffer | None = None) -> Flushed:
    """Write what waits into the log."""
    done = Flushed()
    buffer = buffer or get_buffer()
    again: list[Event] = []
    for batch in buffer.take():
        for start in range(0, len(batch), _BATCH):
            part = batch[start : start + _BATCH]
            again += _write(part, done)
            done.events += len(part)
    for event in again:
        # Told before the showing it follows from; the browser may still be about to tell of that.
        buffer.push({**event, "again": True})
    return done


def _write(events: Sequence[Event], done: Flushed) -> list[Event]:
    """Write events together, or, where one of them makes that impossible, each by itself without that one."""
    before = replace(done)
    try:
        with transaction.atomic():
            return _Batch(events, done).write()
    except (OperationalError, InterfaceError):
        raise  # the database is away: the events stay where they are
    except Exception:
        logger.exception("%d events cannot be written", len(events))
        done.__dict__.update(before.__dict__)
        if len(events) == 1:
            done.dropped += 1
            return []
    return [later for event in events for later in _write([event], done)]


class _Batch:
    """Some events on their way into the log, within one transaction."""

    def __init__(self, events: Sequence[Event], done: Flushed) -> None:
        self.done = done
        self.rows: dict[str, Exposure] = {}
        self.new: dict[str, Exposure] = {}
        self.changed: dict[str, Exposure] = {}
        self._know_users(events)
        kept = [event for event in events if event.get("k") in ("joined", "gone") or self._may_keep(event)]
        self.settled = kept
        self.events = [event for event in kept if event["k"] not in ("joined", "gone")]

    def write(self) -> list[Event]:
        """Returns the events that should be tried once more."""
        seen = [event for event in self.events if event["k"] == "seen"]
        self._load(token for event in seen for item in event["i"] for token in item[6])
        known = self._known(seen)
        allowance = self._allowance(seen)
        for event in seen:
            for item in event["i"]:
                self._show(event, item, known, allowance)
            for tokens in event["click"]:
                self._note(self._row(tokens), "clicked_at", event["at"])
        self._save()
        bought = [event for event in self.events if event["k"] in ("basket", "order")]
        again = [event for event in bought if not self._bought(event)]
        self._save()
        # Last: what was reported before a sign-in or a withdrawal is in the log now.
        self.done.erased += settle(self.settled, self.users, self.consents, _moment)
        self._confirm(seen)
        return [event for event in again if not event.get("again")]

    # -- who may be written of

    def _know_users(self, events: Sequence[Event]) -> None:
        model: Any = get_user_model()
        keys = {str(event["u"]): None for event in events if event.get("u") is not None}
        users = {}
        for text in keys:
            try:
                users[text] = model._meta.pk.to_python(text)
            except ValidationError:
                continue
        there = set(model._default_manager.filter(pk__in=users.values()).values_list("pk", flat=True))
        #: By key as text: the customers that there are.
        self.users = {text: pk for text, pk in users.items() if pk in there}
        rows = ProfilingConsent.objects.filter(user_id__in=self.users.values())
        self.consents = {row.user_id: row for row in rows}

    def _may_keep(self, event: Event) -> bool:
        ok = event.get("k") in ("seen", "basket", "order")
        if ok and event["u"] is not None:
            pk = self.users.get(str(event["u"]))
            stored = self.consents.get(pk) if pk is not None else None
            ok = pk is not None and (stored is None or stored.given)
            if ok and stored is not None and stored.forgotten_at is not None:
                # Reported before the customer was forgotten, and written only now.
                ok = float(event.get("t") or event["at"]) > stored.forgotten_at.timestamp()
        if not ok:
            self.done.dropped += 1
        return ok

    def _confirm(self, seen: Sequence[Event]) -> None:
        """A customer's yes, as their request said it, is kept for the tasks, who see no request."""
        now = timezone.now()
        present = {self.users[str(event["u"])] for event in seen if event["u"] is not None}
        ProfilingConsent.objects.bulk_create(
            [ProfilingConsent(user_id=pk, given=True, at=now) for pk in present if pk not in self.consents],
            ignore_conflicts=True,
        )
        ProfilingConsent.objects.filter(
            user_id__in=present, given=True, at__lt=now - timedelta(days=1)
        ).update(at=now)

    # -- what was shown

    def _load(self, tokens: Iterable[str]) -> None:
        rows = (
            Exposure.objects.select_for_update().filter(token__in=list(dict.fromkeys(tokens))).order_by("pk")
        )
        self.rows.update({row.token: row for row in rows})

    def _known(self, seen: Sequence[Event]) -> tuple[dict[str, Any], set[int]]:
        """The products, by key as text, and the pictures of these events that still exist."""
        from prodgen_django.models import GeneratedImage

        model: Any = get_catalog().model
        fresh = [item for event in seen for item in event["i"] if item[2] and item[6][0] not in self.rows]
        keys = {model._meta.pk.to_python(item[0]) for item in fresh if not slot_of(item[0])}
        products = model._default_manager.filter(pk__in=keys)
        images = GeneratedImage.objects.filter(pk__in={item[1] for item in fresh})
        return (
            {str(pk): pk for pk in products.values_list("pk", flat=True)},
            set(images.values_list("pk", flat=True)),
        )

    def _row(self, tokens: Sequence[str]) -> Exposure | None:
        return next((self.rows[token] for token in tokens if token in self.rows), None)

    def _allowance(self, seen: Sequence[Event]) -> Allowance:
        """How much of these events' addresses is counted already."""
        found = Allowance(settings.ADDRESS_SHOWINGS, settings.ADDRESS_PRODUCT_SHOWINGS)
        sources = {source for event in seen if (source := event.get("s"))}
        rows = Exposure.objects.order_by().filter(source__in=sources).values_list("source", "product", "slot")
        today = Count("pk", filter=Q(shown_at__gte=_moment(int(time.time()) // 86_400 * 86_400)))
        for source, product, slot, count, of_today in rows.annotate(n=Count("pk"), today=today):
            found.note(source, slot or product, count, of_today)
        return found

    def _show(
        self,
        event: Event,
        item: Sequence[Any],
        known: tuple[dict[str, Any], set[int]],
        allowance: Allowance,
    ) -> None:
        product, image, share, shares, is_holdout, candidates, tokens, version, place = item
        row = self._row(tokens)
        user = None if event["u"] is None else self.users[str(event["u"])]
        if row is not None:
            row.shows += 1
            if row.user_id is None and user is not None:
                # Taken before the visitor signed in; from now on it is their account's, in an e-mail as well.
                row.user_id, row.visitor = user, event["v"]
            self.changed[row.token] = row
            return
        products, images = known
        slot = slot_of(product)
        if not share or not (slot or product in products) or image not in images:
            # The row that the log had when the page was made is gone, or what it is about.
            self.done.dropped += 1
            return
        source = event.get("s", "")
        if not allowance.take(source, slot or products[product]):
            self.done.dropped += 1
            return
        row = Exposure(
            token=tokens[0],
            source=source,
            visitor=event["v"],
            user_id=user,
            product_id=None if slot else products[product],
            slot=slot,
            image_id=image,
            candidates=candidates,
            propensity=share,
            propensities=shares,
            policy_version=str(version)[:40],
            is_holdout=bool(is_holdout),
            context=event["c"],
            position=min(place, 32_767),
            shown_at=_moment(event["t"]),
        )
        self.rows[row.token] = self.new[row.token] = row
        self.done.exposures += 1

    def _note(self, row: Exposure | None, moment: str, at: int) -> bool:
        if row is None:
            return False
        if getattr(row, moment) is None:
            setattr(row, moment, max(_moment(at), row.shown_at))
            self.changed[row.token] = row
            self.done.clicks += moment == "clicked_at"
            self.done.baskets += moment == "basket_at"
            self.done.orders += moment == "ordered_at"
        return True

    # -- what came of it

    def _bought(self, event: Event) -> bool:
        """Put down to the last picture of the product that the visitor was shown; False where there is none."""
        at = _moment(event["at"])
        model: Any = get_catalog().model
        who = Q(visitor__in=event["v"])
        if event["u"] is not None:
            who |= Q(user_id=self.users[str(event["u"])])
        rows = Exposure.objects.select_for_update().filter(
            who,
            product_id__in=[model._meta.pk.to_python(pk) for pk in event["products"]],
            shown_at__lte=at + timedelta(minutes=1),
            shown_at__gte=at - timedelta(days=settings.ATTRIBUTION_DAYS),
        )
        last: dict[Any, Exposure] = {}
        for row in rows.order_by("shown_at", "pk"):
            row = self.rows.setdefault(row.token, row)
            last[row.product_id] = row
        for row in last.values():
            self._note(row, "ordered_at" if event["k"] == "order" else "basket_at", event["at"])
        return bool(last)

    def _save(self) -> None:
        changed = [row for token, row in self.changed.items() if token not in self.new]
        Exposure.objects.bulk_create(list(self.new.values()), ignore_conflicts=True)
        Exposure.objects.bulk_update(changed, _CHANGING, batch_size=200)
        if self.new:
            # With conflicts ignored no keys come back, and a later change needs them.
            self._load(list(self.new))
        self.new, self.changed = {}, {}


def _moment(seconds: int) -> datetime:
    moment = datetime.fromtimestamp(int(seconds), UTC)
    return moment if django_settings.USE_TZ else timezone.make_naive(moment)
