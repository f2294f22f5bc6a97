"""Stage 4b: which pictures belong to one, by what is left out, and where a person has to decide."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .errors import StitchError, refusal
from .features import View
from .graph import Graph
from .result import Journal
from .tuning import TUNING

__all__ = ["Selection"]

REPEATS = "What they show repeats, so that they fit together in several places equally well."


class Selection:
    """The pictures of a graph that become one: `members`.

    Args:
        graph, views: what registration found.
        names: what the caller calls each picture, counted from 1.
        on_partial: see `StitchOptions`.
        journal: told who is left out and what a person should look at.

    Raises:
        StitchError: where nothing fits, or more is left out than `on_partial` allows.
    """

    def __init__(
        self, graph: Graph, views: Sequence[View], names: Sequence[int], on_partial: str, journal: Journal
    ) -> None:
        self.graph, self.views, self.names = graph, views, names
        self.on_partial, self.journal = on_partial, journal
        self.left_out: dict[int, str] = {}
        self.members = self._at_one_distance(self._connected())
        self._warn_of_repeats()

    def _connected(self) -> list[int]:
        """The pictures that will be used; raises where a person has to decide."""
        groups = self.graph.components()
        alone = [x for g in groups[1:] for x in g]
        if not alone:
            return groups[0]
        details: dict[str, object] = {
            "groups": [sorted(self.names[x] for x in g) for g in groups],
            "reasons": {str(self.names[x]): self.why_alone(x) for x in alone},
        }
        # Of a picture that shows next to nothing nobody can say that it is a stranger.
        flat = [x for x in range(len(self.views)) if len(self.views[x].at_any()) < TUNING.blank_features]
        torn = [x for x in alone if any(self.graph.undecided(p) for p in self.graph.tried if x in p)]
        if len(groups[0]) == 1:
            raise self._nothing_fits(flat, torn, details)
        blank = bool(set(flat) & set(alone))
        clear = len(groups[0]) >= 2 * len(alone) and not blank and not torn
        wanted = self.on_partial
        if wanted == "error" or (
            wanted == "strangers" and not (clear and not any(self._hint(x, groups[0]) for x in alone))
        ):
            code = "ambiguous" if torn else "too_few_features" if blank else "no_overlap"
            what = f"Picture {self._listed(alone)} could not be connected with the others."
            raise refusal(code, f"{what} {REPEATS}" if torn else what, details)
        for x in alone:
            self.journal.warn(f"Picture {self.names[x]} was left out: {self.why_alone(x)}.")
        return groups[0]

    def _nothing_fits(
        self, flat: Sequence[int], torn: Sequence[int], details: dict[str, object]
    ) -> StitchError:
        if torn:
            return refusal("ambiguous", REPEATS, details)
        if flat:
            what = f"Picture {self._listed(flat)} shows too little to recognise."
            return refusal("too_few_features", what, details)
        if any(e.get("followed", 0) >= TUNING.followed for e in self.graph.tried.values()):
            what = "The pictures look alike in places, but no one arrangement fits."
            return refusal("ambiguous", what, details)
        return refusal("no_overlap", "No two of the pictures show the same part.", details)

    def _listed(self, indices: Sequence[int]) -> str:
        return ", ".join(str(n) for n in sorted(self.names[x] for x in indices))

    def _at_one_distance(self, members: list[int]) -> list[int]:
        """Close-ups and pictures of the whole thing do not make one picture: the smaller group is left out."""
        kept = self.graph.of_one_scale(members)
        if len(kept) == len(members):
            return members
        found = self.graph.distances(members)
        usual = float(np.median([found[m] for m in kept]))
        for x in sorted(set(members) - set(kept)):
            times = float(np.exp(abs(found[x] - usual)))
            where = "further away" if found[x] > usual else "nearer"
            self.left_out[x] = f"it shows the same thing from {times:.1f} times {where} than the others"
        if self.on_partial == "error":
            raise refusal(
                "no_overlap",
                f"Picture {self._listed(list(self.left_out))} shows the same thing from much nearer or further away "
                "than the others.",
                {"reasons": {str(self.names[x]): r for x, r in self.left_out.items()}},
            )
        for x, reason in self.left_out.items():
            self.journal.warn(f"Picture {self.names[x]} was left out: {reason}.")
        return kept

    def _warn_of_repeats(self) -> None:
        """Two labels that look alike, one in each picture, nobody can tell from one: a person has to look."""
        for edge in self.graph.edges.values():
            if edge.evidence.get("by_thing") and {edge.a, edge.b} <= set(self.members):
                first, second = sorted((self.names[edge.a], self.names[edge.b]))
                self.journal.warn(
                    f"What pictures {first} and {second} show repeats: they lie where one thing that both show, such "
                    "as a label, agrees. Look whether it is the same one and not another like it."
                )

    def _hint(self, index: int, group: Sequence[int]) -> bool:
        """Whether something suggests that a left-out picture belongs to the group after all."""
        inside = set(group)
        return any(
            evidence.get("followed", 0) >= TUNING.followed
            and evidence.get("agreement", 0) > TUNING.hint_agreement
            for (a, b), evidence in self.graph.tried.items()
            if (a == index and b in inside) or (b == index and a in inside)
        )

    def why_alone(self, index: int) -> str:
        if index in self.left_out:
            return self.left_out[index]
        best = max(
            (e for p, e in self.graph.tried.items() if index in p),
            key=lambda e: (e.get("agreement", -1), e.get("inliers", 0)),
            default={},
        )
        if any(self.graph.undecided(p) for p in self.graph.tried if index in p):
            return "it fits in several places equally well, as what it shows repeats"
        if best.get("contradicted"):
            return "its place contradicts the other pictures"
        if best.get("followed", 0) >= TUNING.followed:
            return "a possible overlap did not hold when compared pixel by pixel"
        return "no overlap with the other pictures was found"
