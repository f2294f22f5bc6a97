"""What one page showed: kept on its request, told to the page's script sealed, and to the browser as cookies."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from prodgen_django.catalog import get_catalog, parent_key, product_key
from prodgen_django.catalog.keys import instance_of
from prodgen_django.conf import settings
from prodgen_django.personalization.log.sealing import Tampered, seal, unseal
from prodgen_django.personalization.serve import cookies
from prodgen_django.personalization.serve.campaigns import CampaignPicture, Design, choose_campaign
from prodgen_django.personalization.serve.choice import Choice, choose_for
from prodgen_django.personalization.serve.known import Known, read_profile
from prodgen_django.personalization.serve.pictures import Addresses, Picture, width_of
from prodgen_django.personalization.serve.visitor import Visitor, visitor_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_ATTRIBUTE = "_prodgen_page"
_NOTHING = Choice()
#: Longest text of a page's record that is read back; a page of 500 products needs a quarter.
MOST_TEXT = 64_000
_YEAR = 365 * 86_400


@dataclass
class Page:
    """The choices of one page."""

    visitor: Visitor
    #: By product key.
    chosen: dict[Any, Choice] = field(default_factory=dict)
    #: In the order in which the page showed them.
    shown: list[Choice] = field(default_factory=list)
    #: Of the visitor; None until something was chosen.
    known: Known | None = None
    #: The page comes out of a shared cache, and a script asks for the choices.
    is_for_all: bool = False
    _marks: dict[Any, str] = field(default_factory=dict)
    _addresses: Addresses | None = None

    @property
    def consents(self) -> bool:
        return self.known is not None and self.known.consents

    def choose(self, products: Iterable[Any]) -> None:
        """Choose for those products that nothing was chosen for yet: three queries at most, or none."""
        new = [one for one in products if product_key(one) not in self.chosen]
        if new:
            choices, known = choose_for(self.visitor, new)
            self.chosen.update(choices)
            if choices and (known.consents or self.known is None):
                self.known = known

    def chosen_for(self, product: Any, key: Any = None) -> Choice:
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
        choice = self.chosen_for(product, key)
        self._addresses = self._addresses or Addresses.now()
        mark = self._marks.get(key)
        if mark is None:
            mark = self._marks[key] = "" if key is None else self._mark(product, choice)
        return Picture(choice, _alt(product, choice), width_of(size), mark, self._addresses)

    def campaign(self, slot: str, *, language: str, wide: str, phone: str) -> CampaignPicture | None:
        """The campaign picture of a place, noted as shown. After `choose` it goes by the same taste."""
        if self.known is None:
            self.known = read_profile(self.visitor)
        found = choose_campaign(self.visitor, slot, self.known, language=language, wide=wide, phone=phone)
        if found is None:
            return None
        choice, design, small = found
        addresses = Addresses.now()

        def drawn(choice: Choice, design: Design, width: int, mark: str) -> Picture:
            return Picture(choice, design.alt, max(width, design.candidate.facts.width), mark, addresses)

        narrow = drawn(Choice(candidate=small.candidate), small, 0, "") if small else None
        return CampaignPicture(drawn(choice, design, 1920, self._note(choice)), narrow, design, choice)

    def _mark(self, product: Any, choice: Choice) -> str:
        """Note that the page shows the product, and return the HTML attribute that says where in the record."""
        return f'data-prodgen-product="{_plain_key(product)}"' if self.is_for_all else self._note(choice)

    def _note(self, choice: Choice) -> str:
        if not choice.candidates:
            return ""
        self.shown.append(choice)
        return f'data-prodgen="{len(self.shown) - 1}"'

    def record(self) -> str:
        """What the page showed, sealed; "" where there is nothing to tell, or nobody to tell of."""
        if not (self.known and self.known.consents and self.shown):
            return ""
        user = self.visitor.user_id
        data = {
            "v": self.visitor.key,
            "u": None if user is None else str(user),
            "t": int(time.time()),
            "c": self.known.taste,
            **({} if user is None else {"o": self.visitor.other_keys}),
            "i": [
                [
                    str(one.key),
                    one.candidate.id if one.candidate else 0,
                    round(one.propensity, 6),
                    [round(share, 6) for share in one.propensities],
                    int(one.is_holdout),
                    one.candidates,
                    one.tokens(self.visitor),
                    one.version,
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
            response.set_cookie(cookies.ID_COOKIE, self.visitor.new_id, max_age=_YEAR, **options)
        seen, is_new = dict(self.visitor.seen), False
        for one in self.shown:
            assert one.candidate is not None
            memory = cookies.Memory(one.candidate.id, one.hour, share=one.propensity, version=one.version)
            before = seen.get(str(one.key))
            # A view that has not changed needs no new cookie.
            if before is None or (before.image_id, before.hour) != (memory.image_id, memory.hour):
                seen.pop(str(one.key), None)
                seen[str(one.key)], is_new = memory, True
        if is_new:
            age = settings.STABLE_DAYS * 86_400 + 3600
            response.set_cookie(cookies.SEEN_COOKIE, cookies.write_seen(seen), max_age=age, **options)


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


def _alt(product: Any, choice: Choice) -> str:
    """The product's title, else what its picture says. The catalog is asked last: a variant's title is its parent's,
    which Oscar reads with a query of its own.
    """
    product = instance_of(product)
    title = getattr(product, "title", None)
    is_known = isinstance(title, str)  # where it is not, titles are called otherwise in this shop
    picture, own = choice.candidate, choice.own
    said = picture.facts.title if picture is not None else own.caption if own is not None else ""
    if is_known and (title or said):
        return title or said
    catalog = get_catalog()
    return str(catalog.title(product)) if isinstance(product, catalog.model) else said
