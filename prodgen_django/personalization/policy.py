"""The choice itself: a Bayesian logistic model over style × taste, shared by all products, and draws from it.

Needs NumPy only; knows nothing of Django, requests or tables. A page does this:

    choices = choose_page(state.ensemble(), taste, [(seed, arms), …])      # one call, whatever the number of products

and off the request `prodgen_django.personalization.learning.update` turns a batch of events into the next state.

The model. A picture's log odds of a click, against the other pictures of the same product, are

    η = f·(a + Mᵀu) + m·(u·f) + r        f: the picture's style, u: the visitor's taste (`Space` says which numbers)

with Gaussian posteriors over (a, M, m) and, independently, over each picture's own residual r. Because a, M and m are
shared, a new picture is judged by what its styles did elsewhere (the visual prior), and before anything is known by how
far it meets the taste (the editorial prior: the prior mean of m). The residual is the hierarchical part of VAM-HBM
(Liu et al., WWW'21, arXiv 2102.04033).

The choice. Thompson sampling with a finite set of posterior draws, the ensemble (Lu & Van Roy, NeurIPS 2017): a seed
names one draw, and the picture that is best under it is shown. The draws are tempered, and each picture gets a bonus
for what is not known of it, as in RandUCB (Vaswani et al., AISTATS 2020): at a shop's traffic that earns more than
plain Thompson sampling, which is `spread=1, bonus=0`. Because the draws are known, the propensity of each picture is a
count over them: exact, at no further cost. A small share of choices is uniform, so that no propensity is 0 and any
other policy can be judged on the log.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from prodgen_django.personalization.space import FloatArray, Space, Vector

#: "thompson": the best picture under one draw. "ucb": under the mean of all draws and the bonus, as LinUCB (Li et al.,
#: WWW 2010). "greedy": under the posterior mean alone.
MODES = ("thompson", "ucb", "greedy")


class Option(Protocol):
    """What can be chosen: an `Arm`, or anything that has the same four values."""

    @property
    def id(self) -> int: ...
    @property
    def style(self) -> Vector: ...
    @property
    def surplus(self) -> float: ...
    @property
    def information(self) -> float: ...


class Arm(NamedTuple):
    """A picture that could be shown: its style, and what is known of it by itself. A page makes hundreds.

    `surplus` and `information` are kept by the learning: the mean of the residual r, and the Fisher information that
    its own impressions have brought. Both are 0 for a new picture.
    """

    id: int
    style: Vector
    surplus: float = 0.0
    information: float = 0.0


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen: the place among the arms, and the probability with which each could have been."""

    index: int
    propensities: tuple[float, ...]

    @property
    def propensity(self) -> float:
        """The probability of what was chosen, in (0, 1]."""
        return self.propensities[self.index]


_ONLY = Choice(0, (1.0,))


@dataclass(frozen=True)
class Ensemble:
    """What a page needs of a policy: draws from its posterior. Small, immutable, JSON-able."""

    space: Space
    version: str
    #: (n, size) draws; float32.
    draws: FloatArray
    #: Mixed into the pictures' own draws, so that each version looks into other corners.
    salt: int = 0
    mode: str = "thompson"
    #: Share of choices made uniformly.
    explore: float = 0.01
    #: Deviations over the draws that are added to each score, but in the mode "greedy".
    bonus: float = 2.0
    #: Factor on the deviation of the pictures' residuals.
    spread: float = 1.0

    def to_json(self) -> dict[str, Any]:
        return {**_plain(self), "draws": _pack(self.draws.astype("<f4")), "n": len(self.draws)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ensemble:
        """Raises KeyError, TypeError or ValueError for anything that `to_json` did not write."""
        values = dict(data)
        space = Space(**values.pop("space"))
        draws = _unpack(values.pop("draws"), "<f4").reshape(values.pop("n"), space.size)
        return cls(space=space, draws=draws, **values)


@dataclass(frozen=True)
class PolicyState:
    """All that has been learnt, but for what the arms keep of themselves. A version never changes: `update` makes the
    next one.
    """

    space: Space
    #: Posterior mean (2 size,) and precision (2 size, 2 size): of the shared part, then of the products' own part.
    mean: FloatArray
    precision: FloatArray
    version: int = 0
    impressions: int = 0
    clicks: int = 0
    #: Impressions weighted by what the model expects of the picture shown; clicks / expected is the base rate.
    expected: float = 0.0
    mode: str = "thompson"
    #: Factor on the posterior's deviations; below 1 explores less than Thompson sampling proper.
    spread: float = 0.1
    explore: float = 0.01
    #: Deviations of the draws that an uncertain picture is given; 2 at a spread of 0.1 are 0.2 of the posterior's own.
    bonus: float = 2.0
    n_draws: int = 64
    seed: int = 0
    _cache: dict[str, Ensemble] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def new(cls, space: Space, **options: Any) -> PolicyState:
        """Nothing learnt yet: the prior."""
        if options.get("mode", "thompson") not in MODES:
            raise ValueError(f"mode is one of {', '.join(MODES)}")
        mean, deviation = space.prior()
        return cls(space, mean, np.diag(deviation**-2), **options)

    @property
    def base_rate(self) -> float:
        """Clicks an impression of an average picture; 0.02 before anything is known."""
        return (self.clicks + 1.0) / (self.expected + 50.0)

    def ensemble(self) -> Ensemble:
        """Draws from the posterior; the same for the same state."""
        if "ensemble" not in self._cache:
            count = 1 if self.mode == "greedy" else self.n_draws
            salt = int.from_bytes(
                hashlib.blake2b(f"{self.seed}:{self.version}".encode(), digest_size=7).digest()
            )
            noise = np.random.default_rng(salt).standard_normal((count, len(self.mean)))
            noise *= 0.0 if self.mode == "greedy" else self.spread
            # precision = L Lᵀ, so L⁻ᵀ z has the posterior's covariance.
            root = np.linalg.cholesky(self.precision)
            draws = (self.mean + np.linalg.solve(root.T, noise.T).T)[:, : self.space.size]
            self._cache["ensemble"] = Ensemble(
                self.space,
                str(self.version),
                draws.astype(np.float32),
                salt,
                self.mode,
                self.explore,
                self.bonus,
                0.0 if self.mode == "greedy" else self.spread,
            )
        return self._cache["ensemble"]

    def to_json(self) -> dict[str, Any]:
        """Without loss: floats of the posterior as packed doubles."""
        return {
            **_plain(self),
            "mean": _pack(self.mean.astype("<f8")),
            "precision": _pack(self.precision[np.triu_indices(len(self.mean))].astype("<f8")),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PolicyState:
        """Raises KeyError, TypeError or ValueError for anything that `to_json` did not write."""
        values = dict(data)
        space = Space(**values.pop("space"))
        mean = _unpack(values.pop("mean"), "<f8").reshape(2 * space.size)
        precision = np.zeros((len(mean), len(mean)))
        precision[np.triu_indices(len(mean))] = _unpack(values.pop("precision"), "<f8")
        precision += np.triu(precision, 1).T
        return cls(space=space, mean=mean, precision=precision, **values)

    def with_options(self, **options: Any) -> PolicyState:
        """The same knowledge, used otherwise (`mode`, `spread`, `explore`, `bonus`)."""
        return replace(self, _cache={}, **options)


def choose(policy: PolicyState | Ensemble, taste: Vector, arms: Sequence[Arm], seed: int) -> Choice:
    """Choose among pictures of one product. The same policy, taste, arms and seed give the same choice."""
    return choose_page(policy, taste, [(seed, arms)])[0]


def choose_page(
    policy: PolicyState | Ensemble, taste: Vector, products: Sequence[tuple[int, Sequence[Option]]]
) -> list[Choice]:
    """One visitor's choices for many products, each a seed (see `seed_of`) and at least one arm."""
    ensemble = policy.ensemble() if isinstance(policy, PolicyState) else policy
    # Where there is nothing to choose from nothing needs to be scored.
    choices = [_ONLY] * len(products)
    places = [place for place, (_seed, group) in enumerate(products) if len(group) > 1]
    if not places:
        return choices
    seeds, groups = zip(*(products[place] for place in places), strict=True)
    scores = _scores(ensemble, taste, [arm for group in groups for arm in group])
    for place, choice in zip(
        places, _choose(scores, seeds, [len(g) for g in groups], ensemble.explore), strict=True
    ):
        choices[place] = choice
    return choices


def propensities_of(ensemble: Ensemble, tastes: FloatArray, styles: FloatArray) -> FloatArray:
    """What `choose` would say of many visitors at once, where nothing is known of the pictures by themselves.

    `tastes`: (n, n_taste). `styles`: (n, k, n_style), the k candidates of each. Returns (n, k), rows that sum to 1.
    """
    count, k, width = styles.shape
    features = ensemble.space.features(np.repeat(tastes, k, axis=0), styles.reshape(-1, width))
    scores = (features @ ensemble.draws.T.astype(float)).reshape(count, k, -1)
    best = _optimistic(ensemble, scores).argmax(1)
    shares = (best[:, None, :] == np.arange(k)[None, :, None]).mean(2)
    return np.asarray((1.0 - ensemble.explore) * shares + ensemble.explore / k)


def _scores(ensemble: Ensemble, taste: Vector, arms: Sequence[Option]) -> FloatArray:
    """η of each arm under each draw: (arms, draws); one column where the mode needs no draw."""
    styles = np.array([arm.style for arm in arms], dtype=float)
    known = np.array([(arm.surplus, arm.information) for arm in arms])
    # What is known of the pictures themselves, under each draw: (arms, draws), or (arms, 1) where it needs none.
    own, sd = known[:, :1], ensemble.space.picture_sd
    if ensemble.spread and sd:
        deviations = ensemble.spread / np.sqrt(sd**-2 + known[:, 1:])
        own = own + deviations * _noise_of(arms, len(ensemble.draws), ensemble.salt)
    return _optimistic(ensemble, styles @ ensemble.space.weights(taste, ensemble.draws) + own)


def _optimistic(ensemble: Ensemble, scores: FloatArray) -> FloatArray:
    """Scores (…, draws) with the bonus for what is not known; one column where the mode needs no draw."""
    if ensemble.mode == "greedy":
        return scores
    bonus = ensemble.bonus * scores.std(-1, keepdims=True)
    return np.asarray((scores.mean(-1, keepdims=True) if ensemble.mode == "ucb" else scores) + bonus)


def _choose(scores: FloatArray, seeds: Sequence[int], counts: Sequence[int], explore: float) -> list[Choice]:
    """A choice for each group of arms: `scores` holds the groups one after the other, as (arms, draws)."""
    draws, most = scores.shape[1], max(counts)
    if min(counts) == most:
        padded = scores.reshape(len(counts), most, draws)
    else:
        padded = np.full((len(counts), most, draws), -np.inf)
        padded[np.arange(most) < np.array(counts)[:, None]] = scores
    best = padded.argmax(1)  # (groups, draws)
    wins = (best[:, None, :] == np.arange(most)[:, None]).sum(2)
    shares = (wins * ((1.0 - explore) / draws)).tolist()
    choices = []
    for row, seed, count, share in zip(best, seeds, counts, shares, strict=True):
        # Three independent numbers of one seed: whether to explore, which draw, which picture.
        first, second, third = seed & 0xFFFFF, seed >> 20 & 0xFFFFF, seed >> 40 & 0xFFFFF
        index = third * count >> 20 if first < explore * 0x100000 else int(row[second * draws >> 20])
        even = explore / count
        choices.append(Choice(index, tuple([one + even for one in share[:count]])))
    return choices


#: Rows of noise of the version in use, by picture: pages show the same pictures again and again.
_noises: dict[tuple[int, int], dict[int, FloatArray]] = {}
_MOST_NOISES = 20_000


def _noise_of(arms: Sequence[Option], count: int, salt: int) -> FloatArray:
    """`_noise` of the arms' pictures, (arms, count)."""
    known = _noises.get((count, salt))
    if known is None or len(known) > _MOST_NOISES:
        if len(_noises) > 4:
            _noises.clear()
        known = _noises[count, salt] = {}
    new = [arm.id for arm in arms if arm.id not in known]
    if new:
        keys = np.array([key & 0xFFFFFFFF for key in new], dtype=np.uint64)
        known.update(zip(new, _noise(keys, count, salt), strict=True))
    return np.array([known[arm.id] for arm in arms])


def _noise(keys: NDArray[np.uint64], count: int, salt: int) -> FloatArray:
    """Nearly normal numbers (len(keys), count), each a function of its key, its place and the salt alone."""
    places = np.arange(count, dtype=np.uint64) + np.uint64(salt)
    with np.errstate(over="ignore"):
        x: NDArray[np.uint64] = np.add.outer(keys << np.uint64(16), places)
        # The finaliser of splitmix64.
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            x = np.bitwise_xor(x, np.right_shift(x, np.uint64(shift))) * np.uint64(factor)
        x = np.bitwise_xor(x, np.right_shift(x, np.uint64(31)))
    # The sum of four uniform numbers has variance 4/12 and is close to normal within three deviations.
    parts = x.view(np.uint16).reshape(len(keys), count, 4)
    return np.asarray((parts.sum(-1, dtype=np.int64) - 2 * 0xFFFF) * (3**0.5 / 0xFFFF))


def seed_of(visitor: str, product: Hashable, epoch: Hashable = "") -> int:
    """The number that decides for a visitor and a product: 60 bits, the same whenever and wherever it is asked."""
    digest = hashlib.blake2b(f"{visitor}|{product}|{epoch}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) >> 4


def is_held_out(visitor: str, share: float = 0.1, salt: str = "") -> bool:
    """Whether a visitor belongs to the random hold-out, for whom nothing is chosen by taste."""
    digest = hashlib.blake2b(f"hold-out|{salt}|{visitor}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64


def _plain(value: PolicyState | Ensemble) -> dict[str, Any]:
    from dataclasses import asdict, fields

    names = [f.name for f in fields(value) if f.name not in ("space", "mean", "precision", "draws", "_cache")]
    return {"space": asdict(value.space), **{name: getattr(value, name) for name in names}}


def _pack(values: FloatArray) -> str:
    return base64.b64encode(values.tobytes()).decode()


def _unpack(text: str, kind: str) -> FloatArray:
    return np.frombuffer(base64.b64decode(text), dtype=kind)
