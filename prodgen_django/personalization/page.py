"""What one page showed: kept on its request, told to the page's script sealed, and to the browser as cookies."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodgen_django.catalog import get_catalog, parent_key, product_key
from prodgen_django.catalog.keys import instance_of
from prodgen_django.conf import settings
from prodgen_django.personalization import campaigns, identity
from prodgen_django.personalization.choice import Chosen, Decision, choose_pictures
from prodgen_django.personalization.pictures import Look, Picture, width_of
from prodgen_django.personalization.sealing import Tampered, seal, unseal
from prodgen_django.personalization.visitor import Visitor, visitor_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

_ATTRIBUTE = "_prodgen_page"
_NOTHING = Chosen(None)
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
    #: The page comes out of a shared cache, and a script asks for the choices.
    is_for_all: bool = False
    _marks: dict[Any, str] = field(default_factory=dict)
    _look: Look | None = None

    def choose(self, products: Iterable[Any]) -> None:
        """Choose for those products that nothing was chosen for yet: three queries at most, or none."""
        new = [one for one in products if product_key(one) not in self.chosen]
        if not new:
            return
        choices = choose_pictures(self.visitor, new)
        self.chosen.update(choices.chosen)
        if choices.consents:
            self.taste, self.policy_version, self.consents = choices.taste, choices.policy_version, True

    def chosen_for(self, product: Any, key: Any = None) -> Chosen:
        """What the page shows of a product (of that key); chosen now where it was not before."""
        key = product_key(product) if key is None else key
        if key is not None and key not in self.chosen:
            self.choose([product])
        return self.chosen.get(key, _NOTHING)

    def picture(self, product: Any, size: str) -> Picture:
        """The picture chosen for a product, noted as shown.

        Of nothing, and of what is no product, it is the shop's placeholder. Raises LookupError for a size that is none.
        """
        key = product_key(product)
        chosen = self.chosen_for(product, key)
        self._look = self._look or Look.now()
        mark = self._marks.get(key)
        if mark is None:
            mark = self._marks[key] = "" if key is None else self._mark(product, chosen)
        return Picture(chosen, _alt(product, chosen), width_of(size), mark, self._look)

    def campaign(self, slot: str, *, language: str, wide: str, phone: str) -> campaigns.Shown | None:
        """The campaign picture of a place, noted as shown. After `choose` it goes by the same taste."""
        taste, consents = (self.taste, self.consents) if self.chosen else (None, None)
        found = campaigns.choose_campaign(
            self.visitor, slot, language=language, wide=wide, phone=phone, taste=taste, consents=consents
        )
        if found is None or found.decision is None:
            return found
        self.consents, self.policy_version = True, found.policy_version or self.policy_version
        return replace(found, mark=self._note(found.decision))

    def _mark(self, product: Any, chosen: Chosen) -> str:
        """Note that the page shows the product, and return the HTML attribute that says where in the record."""
        if self.is_for_all:
            return f'data-prodgen-product="{_plain_key(product)}"'
        return "" if chosen.decision is None else self._note(chosen.decision)

    def _note(self, decision: Decision) -> str:
        self.shown.append(decision)
        return f'data-prodgen="{len(self.shown) - 1}"'

    def record(self) -> str:
        """What the page showed, sealed; "" where there is nothing to tell, or nobody to tell of."""
        if not (self.consents and self.shown):
            return ""
        user = self.visitor.user_id
        data = {
            "v": self.visitor.key,
            "u": None if user is None else str(user),
            "t": int(time.time()),
            "c": self.taste,
            **({} if user is None else {"o": self.visitor.other_keys}),
            "i": [
                [
                    str(one.product_id),
                    one.image_id,
                    round(one.propensity, 6),
                    [round(share, 6) for share in one.propensities],
                    int(one.is_holdout),
                    one.candidates,
                    one.tokens(self.visitor),
                    self.policy_version if one.is_new else one.version,
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
        # A view that has not changed needs no new cookie.
        shown = [(one.product_id, self._seen(one)) for one in self.shown if not self._is_known(one)]
        if shown:
            text = identity.write_seen(identity.merged(self.visitor.seen, shown))
            response.set_cookie(
                identity.SEEN_COOKIE, text, max_age=settings.STABLE_DAYS * 86_400 + 3600, **options
            )

    def _is_known(self, one: Decision) -> bool:
        before = self.visitor.seen.get(str(one.product_id))
        return before is not None and (before.image_id, before.hour) == (one.image_id, one.hour)

    def _seen(self, one: Decision) -> identity.Seen:
        version = self.policy_version if one.is_new else one.version
        return identity.Seen(one.image_id, one.hour, share=one.propensity, version=version)


def page_of(request: HttpRequest) -> Page:
    """The page that a request makes; with ``CHOOSE_IN = "script"`` it is made for nobody in particular."""
    found = getattr(request, _ATTRIBUTE, None)
    if found is not None and not found.is_for_all:
        visitor_of(request)  # a cache within the page may just have begun to listen
    if found is None:
        for_all = scripted()
        found = Page(Visitor() if for_all else visitor_of(request), is_for_all=for_all)
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
        record = json.loads(zlib.decompress(unseal(text, "page")))
    except (zlib.error, ValueError) as error:
        raise Tampered("not sealed here") from error
    if not (isinstance(record, dict) and set("vutci") <= record.keys()):
        raise Tampered("another release's")
    return record


def _plain_key(product: Any) -> str:
    """A product's key, and its parent's, for an HTML attribute: "12", "12:5"."""
    keys = (product_key(product), parent_key(product))
    return ":".join(quote(str(key), safe="") for key in keys if key is not None)


def _alt(product: Any, chosen: Chosen) -> str:
    """The product's title, else what its picture says. The catalog is asked last: a variant's title is its parent's,
    which Oscar reads with a query of its own.
    """
    product = instance_of(product)
    title = getattr(product, "title", None)
    is_known = isinstance(title, str)  # where it is not, titles are called otherwise in this shop
    picture, own = chosen.picture, chosen.own
    said = picture.facts.title if picture is not None else own.caption if own is not None else ""
    if is_known and (title or said):
        return title or said
    catalog = get_catalog()
    return str(catalog.title(product)) if isinstance(product, catalog.model) else said
