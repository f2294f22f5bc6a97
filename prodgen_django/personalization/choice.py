"""Choosing among published pictures, with three queries at most for a whole page.

One asks what is known of the visitor (`known`), one for the published pictures, and one for the shop's own where
nothing of ours is published (`reading`).

What a visitor was shown stays for ``STABLE_DAYS``. Otherwise a random hold-out sees any of the pictures, each as often
as the others, and for everybody else the policy chooses (`policy`). Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from prodgen_django.catalog import parent_key, product_key
from prodgen_django.conf import settings
from prodgen_django.personalization import identity
from prodgen_django.personalization.candidate import Candidate, Own
from prodgen_django.personalization.features import taste_vector
from prodgen_django.personalization.known import Known, read_known
from prodgen_django.personalization.policy import Ensemble, choose_page, is_held_out, seed_of
from prodgen_django.personalization.reading import own_pictures, published_pictures
from prodgen_django.personalization.taste import (
    STRENGTHS,
    blend,
    make_taste,
    mean_features,
    picture_features,
)
from prodgen_django.personalization.visitor import Visitor

if TYPE_CHECKING:
    from prodgen_django.models import GeneratedImage

#: Kinds that show the real product. Others (a concept, a banner) stand in only where none of these is published.
TRUE_KINDS = ("display", "stitch")


class Decision(NamedTuple):
    """How a picture came to be chosen for a visitor: what the log will say."""

    #: For a campaign's picture the key of its place (`identity.slot_key`).
    product_id: Any
    image_id: int
    candidates: tuple[int, ...]
    #: The probability with which each candidate could have been chosen, in (0, 1]; empty for an earlier decision.
    propensities: tuple[float, ...]
    #: The probability with which this one was; 0 where only the log knows.
    propensity: float
    is_holdout: bool
    #: When it was taken, in hours since the epoch.
    hour: int
    #: The decision's name in the log, where the log told it.
    token: str = ""
    #: Which policy chose, where it was on an earlier page.
    version: str = ""
    #: False where the decision was taken before.
    is_new: bool = True

    def tokens(self, visitor: Visitor) -> tuple[str, ...]:
        """Names of the decision in the log; several where it may have been taken before the visitor signed in, or
        before the shop changed its secret key.
        """
        if self.token:
            return (self.token,)
        if self.is_new:
            return (identity.decision_token(visitor.key, self.product_id, self.hour),)
        names = visitor.names or ((visitor.key, *visitor.other_keys),)
        return identity.decision_tokens(names, self.product_id, self.hour)


class Chosen(NamedTuple):
    """What a page shows of one product."""

    picture: Candidate | None
    own: Own | None = None
    #: Whether the policy chose, for a visitor of whom a taste is known.
    personal: bool = False
    #: None for a visitor who has not consented, and where nothing of ours is shown.
    decision: Decision | None = None


@dataclass(frozen=True)
class Choices:
    """What a page shows, and what it rests on."""

    #: By product key.
    chosen: dict[Any, Chosen]
    #: The visitor's taste; empty where nothing is known or nothing may be.
    taste: Mapping[str, float] = field(default_factory=dict)
    policy_version: str = ""
    #: The visitor's consent, with what is stored of it taken into account.
    consents: bool = False


def choose_images(visitor: Visitor, products: Iterable[Any]) -> dict[Any, GeneratedImage | None]:
    """``{product.pk: picture}`` for products of a page: the published picture that suits the visitor, or None.

    Three queries at most, whatever the number of products. What a visitor has been shown stays for ``STABLE_DAYS``.
    """
    chosen = choose_pictures(visitor, products).chosen
    return {key: one.picture.instance() if one.picture else None for key, one in chosen.items()}


def choose_pictures(visitor: Visitor, products: Iterable[Any]) -> Choices:
    """As `choose_images`, with the shop's own picture where nothing is published, and how each was chosen.

    `products`: whatever `catalog.product_key` takes.
    """
    parents = {key: parent_key(one) for one in products if (key := product_key(one)) is not None}
    wanted = {*parents, *(parent for parent in parents.values() if parent is not None)}
    if not wanted:
        return Choices({})
    known = read_known(visitor, wanted)
    likes = _likes(visitor, known) if known.consents else {}
    # Of liked products that nothing is written down of yet, the pictures tell.
    pictures = published_pictures(wanted | (likes.keys() - known.traits.keys()))
    groups = {key: _candidates(pictures, key, parent) for key, parent in parents.items()}
    bare = {
        key for one, group in groups.items() if not group for key in (one, parents[one]) if key is not None
    }
    own = own_pictures(bare)
    if not known.consents or known.policy is None:
        plain = {key: Chosen(group[0]) for key, group in groups.items() if group}
        return Choices({key: plain.get(key) or _own(own, key, parents[key]) for key in parents})
    taste = _taste(likes, known, pictures)
    decisions = _decide(visitor, known, groups.values(), taste, known.policy)
    chosen = {}
    for key, group in groups.items():
        if not group:
            chosen[key] = _own(own, key, parents[key])
            continue
        decision = decisions[group[0].product_id]
        picture = next(candidate for candidate in group if candidate.id == decision.image_id)
        is_personal = bool(taste) and len(group) > 1 and not decision.is_holdout
        chosen[key] = Chosen(picture, None, is_personal, decision)
    return Choices(chosen, taste, known.policy.version, True)


def _own(own: Mapping[Any, Own], key: Any, parent: Any) -> Chosen:
    return Chosen(None, own.get(key) or own.get(parent))


def _candidates(pictures: Mapping[Any, Sequence[Candidate]], key: Any, parent: Any) -> Sequence[Candidate]:
    """What may be shown of a product, first what everybody sees who has no taste: the last one published.

    A variant without pictures of its own shows its parent's.
    """
    found = pictures.get(key) or pictures.get(parent) or []
    # Only what shows the product competes for it, where there is any.
    return [candidate for candidate in found if candidate.facts.kind in TRUE_KINDS] or found


def _decide(
    visitor: Visitor,
    known: Known,
    groups: Iterable[Sequence[Candidate]],
    taste: Mapping[str, float],
    policy: Ensemble,
) -> dict[Any, Decision]:
    """By the key of the product that the pictures are of: a variant shows what its parent does."""
    hour = identity.now_hour()
    is_holdout = is_held_out(visitor.key, settings.HOLDOUT)
    epoch = hour // (24 * settings.STABLE_DAYS)
    has_seen = bool(known.seen or visitor.seen)
    decided: dict[Any, Decision] = {}
    asked: list[tuple[int, Sequence[Candidate], tuple[int, ...]]] = []
    for group in groups:
        if not group:
            continue
        product = group[0].product_id
        keys = tuple([candidate.id for candidate in group])
        before = _before(visitor, known, product, keys) if has_seen else None
        if before is not None:
            decided[product] = Decision(
                product,
                before.image_id,
                keys,
                (),
                before.share,
                is_holdout,
                before.hour,
                before.token,
                before.version,
                is_new=False,
            )
            continue
        seed = seed_of(visitor.key, product, epoch)
        if is_holdout:
            image, even = sorted(keys)[seed % len(keys)], (1.0 / len(keys),) * len(keys)
            decided[product] = Decision(product, image, keys, even, even[0], True, hour)
        else:
            asked.append((seed, group, keys))
    choices = choose_page(policy, taste_vector(taste), [(seed, group) for seed, group, _keys in asked])
    for (_seed, group, keys), choice in zip(asked, choices, strict=True):
        product = group[0].product_id
        decided[product] = Decision(
            product, keys[choice.index], keys, choice.propensities, choice.propensity, False, hour
        )
    return decided


def _before(visitor: Visitor, known: Known, product: Any, candidates: Sequence[int]) -> identity.Seen | None:
    """The decision that stands for a product: the account's own, else this browser's."""
    for found in (
        known.seen.get((visitor.key, product)),
        visitor.seen.get(str(product)),
        *(known.seen.get((key, product)) for key in visitor.other_keys),
    ):
        if found is not None and found.image_id in candidates:
            return found
    return None


def _likes(visitor: Visitor, known: Known) -> dict[Any, float]:
    """By liked product, how much."""
    likes: dict[Any, float] = {}
    for place, signal in enumerate(visitor.signals):
        # The cookie has no dates, but an order: what was looked at last counts most. What a source calls a product and
        # cannot be one of the shop's says nothing.
        if (key := product_key(signal.product_id)) is not None:
            likes[key] = STRENGTHS.get(signal.kind, 1.0) * 0.93**place
    for kind, key in known.liked:
        likes[key] = max(likes.get(key, 0.0), STRENGTHS.get(kind, 1.0))
    return likes


def _taste(
    likes: Mapping[Any, float], known: Known, pictures: Mapping[Any, Sequence[Candidate]]
) -> dict[str, float]:
    described = []
    for key, strength in likes.items():
        features = known.traits.get(key)
        if features is None:
            # What its pictures have in common describes it.
            facts = [picture.facts for picture in pictures.get(key, ())]
            features = mean_features([picture_features(one.tags, one.palette) for one in facts])
        if features:
            described.append((strength, features))
    return blend(make_taste(described), known.profile)
