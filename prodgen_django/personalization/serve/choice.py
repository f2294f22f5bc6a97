"""Choosing among published pictures, for products and for campaigns' places alike. Nothing is written.

What a visitor was shown stays for ``STABLE_DAYS``. Otherwise the comparison group sees any of the candidates, each as
often as the others, and for everybody else the policy chooses by their taste.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from prodgen_django.catalog import parent_key, product_key
from prodgen_django.conf import settings
from prodgen_django.personalization.log.names import choice_token, choice_tokens
from prodgen_django.personalization.policy.features import taste_vector
from prodgen_django.personalization.policy.model import choose, is_held_out, seed_of
from prodgen_django.personalization.policy.taste import (
    STRENGTHS,
    blend,
    make_taste,
    mean_features,
    picture_features,
)
from prodgen_django.personalization.serve.candidates import Candidate, Own, own_pictures, published_pictures
from prodgen_django.personalization.serve.cookies import now_hour
from prodgen_django.personalization.serve.known import Known, read_known

if TYPE_CHECKING:
    from prodgen_django.models import GeneratedImage
    from prodgen_django.personalization.serve.visitor import Visitor

#: Kinds that show the real product. Others (a concept, a banner) stand in only where none of these is published.
TRUE_KINDS = ("display", "stitch")


class Choice(NamedTuple):
    """What a page shows of one product or in one campaign's place, and how it came to be chosen."""

    #: The key of the product that the candidates are of; for a campaign's that of its place (`names.slot_key`).
    key: Any = None
    #: None where nothing of ours is published.
    candidate: Candidate | None = None
    #: The shop's own picture, where it is asked for.
    own: Own | None = None
    #: Whether the policy chose, for a visitor of whom a taste is known.
    is_personal: bool = False

    # What the log will say; only of visitors who consent.
    #: The keys of all candidates; empty where nothing is logged.
    candidates: tuple[int, ...] = ()
    #: The probability of each, in (0, 1]; empty for an earlier choice.
    propensities: tuple[float, ...] = ()
    #: The probability of this one; 0 where only the log knows.
    propensity: float = 0.0
    is_holdout: bool = False
    #: When it was made, in hours since the epoch.
    hour: int = 0
    #: The choice's name in the log, where the log told it.
    token: str = ""
    #: Which policy chose.
    version: str = ""
    #: False where it was made on an earlier page.
    is_new: bool = True

    def tokens(self, visitor: Visitor) -> tuple[str, ...]:
        """Names of the choice in the log; several where it may have been made before the visitor signed in, or before
        the shop changed its secret key.
        """
        if self.token:
            return (self.token,)
        if self.is_new:
            return (choice_token(visitor.key, self.key, self.hour),)
        names = visitor.names or ((visitor.key, *visitor.other_keys),)
        return choice_tokens(names, self.key, self.hour)


def choose_images(visitor: Visitor, products: Iterable[Any]) -> dict[Any, GeneratedImage | None]:
    """``{product.pk: picture}`` for products of a page: the published picture that suits the visitor, or None.

    Three queries at most, whatever the number of products. What a visitor has been shown stays for ``STABLE_DAYS``.
    """
    choices, _known = choose_for(visitor, products)
    return {key: one.candidate.instance() if one.candidate else None for key, one in choices.items()}


def choose_for(visitor: Visitor, products: Iterable[Any]) -> tuple[dict[Any, Choice], Known]:
    """By product key what a page shows, the shop's own picture where nothing is published, and what is known.

    `products`: whatever `catalog.product_key` takes.
    """
    parents = {key: parent_key(one) for one in products if (key := product_key(one)) is not None}
    wanted = {*parents, *(parent for parent in parents.values() if parent is not None)}
    if not wanted:
        return {}, Known()
    likes = _likes(visitor)
    known = read_known(visitor, wanted, likes)
    # Of liked products that nothing is written down of yet, the pictures tell.
    untold = likes.keys() - known.traits.keys() if known.consents else set()
    pictures = published_pictures(wanted | untold)
    groups = {key: _candidates(pictures, key, parent) for key, parent in parents.items()}
    bare = {key for one in groups if not groups[one] for key in (one, parents[one]) if key is not None}
    own = own_pictures(bare)
    if known.consents:
        known.taste = _taste(likes, known, pictures)
    chosen = choose_each(visitor, known, {group[0].product_id: group for group in groups.values() if group})
    return {
        key: chosen[group[0].product_id] if group else Choice(own=own.get(key) or own.get(parents[key]))
        for key, group in groups.items()
    }, known


def choose_each(
    visitor: Visitor, known: Known, groups: Mapping[Any, Sequence[Candidate]]
) -> dict[Any, Choice]:
    """One choice a group: `groups` has the candidates, at least one, of each product or place by its key.

    The first candidate is what everybody sees who has not consented.
    """
    policy = known.policy
    if policy is None:
        return {key: Choice(key, group[0]) for key, group in groups.items()}
    hour = now_hour()
    epoch = hour // (24 * settings.STABLE_DAYS)
    is_holdout = is_held_out(visitor.key, settings.HOLDOUT)
    explore = 1.0 if is_holdout else settings.POLICY_EXPLORE
    worth = policy.worth(taste_vector(known.taste)) if known.taste else policy.worth()
    chosen = {}
    for key, group in groups.items():
        ids = tuple([one.id for one in group])
        is_personal = bool(known.taste) and len(group) > 1 and not is_holdout
        before = visitor.seen.get(str(key)) or known.seen.get(key)
        if before is not None and before.image_id in ids:
            chosen[key] = Choice(
                key, group[ids.index(before.image_id)], None, is_personal, ids, (), before.share, is_holdout,
                before.hour, before.token, before.version, is_new=False,
            )  # fmt: skip
            continue
        scores = [float(one.facts.style @ worth) for one in group] if len(group) > 1 else (0.0,)
        place, shares = choose(scores, explore, seed_of(visitor.key, key, epoch))
        chosen[key] = Choice(
            key, group[place], None, is_personal, ids, shares, shares[place], is_holdout, hour,
            version=policy.version,
        )  # fmt: skip
    return chosen


def _candidates(pictures: Mapping[Any, Sequence[Candidate]], key: Any, parent: Any) -> Sequence[Candidate]:
    """What may be shown of a product. A variant without pictures of its own shows its parent's."""
    found = pictures.get(key) or pictures.get(parent) or []
    # Only what shows the product competes for it, where there is any.
    return [candidate for candidate in found if candidate.facts.kind in TRUE_KINDS] or found


def _likes(visitor: Visitor) -> dict[Any, float]:
    """By liked product, how much."""
    likes: dict[Any, float] = {}
    for place, signal in enumerate(visitor.signals):
        # A cookie has no dates, but an order: what was looked at last counts most. What a source calls a product and
        # cannot be one of the shop's says nothing.
        if (key := product_key(signal.product_id)) is not None:
            strength = STRENGTHS.get(signal.kind, 1.0) * (0.93**place if signal.kind == "view" else 1.0)
            likes[key] = max(likes.get(key, 0.0), strength)
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
