"""What one page showed: kept on its request, told to the page's script sealed, and to the browser as cookies."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodgen_django.conf import settings
from prodgen_django.personalization import identity
from prodgen_django.personalization.choice import Chosen, Decision, choose_pictures
from prodgen_django.personalization.sealing import Tampered, seal, unseal
from prodgen_django.personalization.visitor import Visitor, visitor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

_ATTRIBUTE = "_prodgen_page"
#: Longest text of a page's record that is read back; a page of 500 products needs a quarter.
MOST_TEXT = 64_000
_YEAR = 365 * 86_400


@dataclass
class Page:
    """The choices of one page."""

    visitor: Visitor
    #: By product key.
    chosen: dict[Any, Chosen] = field(default_factory=dict)
    #: In the order in which the page showed them.
    shown: list[Decision] = field(default_factory=list)
    taste: Mapping[str, float] = field(default_factory=dict)
    policy_version: str = ""
    consents: bool = False
    _marks: dict[Any, str] = field(default_factory=dict)

    def choose(self, products: Iterable[Any]) -> None:
        """Choose for those products that nothing was chosen for yet: one query, or none."""
        new = [p for p in products if p is not None and p.pk not in self.chosen]
        if not new:
            return
        choices = choose_pictures(self.visitor, new)
        self.chosen.update(choices.chosen)
        if choices.consents:
            self.taste, self.policy_version, self.consents = choices.taste, choices.policy_version, True

    def mark(self, product: Any) -> str:
        """Note that the page shows the product, and return the HTML attribute that says where in the record."""
        found = self._marks.get(product.pk)
        if found is None:
            if scripted():
                found = f'data-prodgen-product="{_plain_key(product)}"'
            else:
                decision = self.chosen[product.pk].decision
                found = ""
                if decision is not None:
                    found = f'data-prodgen="{len(self.shown)}"'
                    self.shown.append(decision)
            self._marks[product.pk] = found
        return found

    def record(self) -> str:
        """What the page showed, sealed; "" where there is nothing to tell, or nobody to tell of."""
        if not (self.consents and self.shown):
            return ""
        user = self.visitor.user_id
        data = {
            "v": self.visitor.key,
            "u": None if user is None else str(user),
            "t": int(time.time()),
            "p": self.policy_version,
            "c": self.taste,
            "i": [
                [
                    str(one.product_id),
                    one.image_id,
                    [round(share, 6) for share in one.propensities] if one.is_new else [],
                    int(one.is_holdout),
                    one.candidates,
                    one.tokens,
                    one.hour if one.is_new else 0,
                ]
                for one in self.shown
            ],
        }
        return seal(zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 1), "page")

    def remember(self, response: HttpResponse, *, secure: bool) -> None:
        """Give the browser what keeps its view the same; only where the visitor consents."""
        if not self.consents:
            return
        options: dict[str, Any] = {"httponly": True, "samesite": "Lax", "secure": secure}
        if self.visitor.new_id:
            response.set_cookie(identity.ID_COOKIE, self.visitor.new_id, max_age=_YEAR, **options)
        shown = [
            (one.product_id, identity.Seen(one.image_id, one.hour))
            for one in self.shown
            # A view that has not changed needs no new cookie.
            if self.visitor.seen.get(str(one.product_id)) != identity.Seen(one.image_id, one.hour)
        ]
        if shown:
            text = identity.write_seen(identity.merged(self.visitor.seen, shown))
            response.set_cookie(
                identity.SEEN_COOKIE, text, max_age=settings.STABLE_DAYS * 86_400 + 3600, **options
            )


def page_of(request: HttpRequest) -> Page:
    """The page that a request makes; with ``CHOOSE_IN = "script"`` it is made for nobody in particular."""
    found = getattr(request, _ATTRIBUTE, None)
    if found is None:
        found = Page(Visitor() if scripted() else visitor_of(request))
        setattr(request, _ATTRIBUTE, found)
    return found


def had_page(request: HttpRequest) -> Page | None:
    """The page of a request that made one."""
    return getattr(request, _ATTRIBUTE, None)


def scripted() -> bool:
    """Whether pages come out of a cache, so that a script asks for the choices."""
    return settings.CHOOSE_IN == "script"


def read_record(text: str) -> dict[str, Any]:
    """What `Page.record` wrote. Raises Tampered for anything else."""
    if len(text) > MOST_TEXT:
        raise Tampered("too long")
    try:
        return json.loads(zlib.decompress(unseal(text, "page")))
    except (zlib.error, ValueError) as error:
        raise Tampered("not sealed here") from error


def _plain_key(product: Any) -> str:
    """A product's key, and its parent's, for an HTML attribute: "12", "12:5"."""
    parent = getattr(product, "parent_id", None)
    keys = [product.pk] if parent is None else [product.pk, parent]
    return ":".join(quote(str(key), safe="") for key in keys)
