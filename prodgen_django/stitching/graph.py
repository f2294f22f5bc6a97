"""Stage 4: the graph of overlapping pictures, built by a cascade of ever dearer features."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import (
    breadth_first_order,
    connected_components,
    minimum_spanning_tree,
    shortest_path,
)

from prodgen_django.common.arrays import Floats, Matrix

from .features import LEVELS, Level, View
from .geometry import project
from .matching import elsewhere, match
from .parallel import in_parallel
from .records import Edge
from .result import Journal
from .rivals import settle
from .tuning import TUNING
from .verification import verify

Pair = tuple[int, int]


@dataclass
class Graph:
    """Believed edges between `count` pictures, and the evidence about every pair that was tried."""

    count: int
    edges: dict[Pair, Edge] = field(default_factory=dict)
    tried: dict[Pair, dict[str, float]] = field(default_factory=dict)

    def undecided(self, pair: Pair) -> bool:
        """Whether the pair fits together in several places; dearer features cannot change that."""
        return self.tried.get(pair, {}).get("rivals", 0) > 0

    def components(self) -> list[list[int]]:
        """Groups of connected pictures, largest first."""
        links = np.zeros((self.count, self.count), bool)
        for a, b in self.edges:
            links[a, b] = True
        count, group = connected_components(csr_array(links), directed=False)
        found = [np.flatnonzero(group == k).tolist() for k in range(count)]
        return sorted(found, key=lambda g: (-len(g), g[0]))

    def tree(self, members: list[int]) -> tuple[int, list[tuple[int, int]]]:
        """The middle of a component and its strongest spanning tree as (parent, child), nearest to the middle first."""
        inside = sorted(members)
        place = {m: k for k, m in enumerate(inside)}
        edges = sorted(
            (e for p, e in self.edges.items() if p[0] in place and p[1] in place),
            key=lambda e: (-e.strength, e.a, e.b),
        )
        ranks = np.zeros((len(inside), len(inside)))
        for rank, edge in enumerate(edges, 1):  # ranks, so that of equally strong edges the first is taken
            ranks[place[edge.a], place[edge.b]] = rank
        links = csr_array(minimum_spanning_tree(csr_array(ranks)) > 0)
        steps = shortest_path(links, directed=False, unweighted=True)
        middle = int(np.argmin(np.where(np.isfinite(steps), steps, 0).sum(1)))
        order, parents = breadth_first_order(links, middle, directed=False)
        return inside[middle], [(inside[parents[k]], inside[k]) for k in order[1:]]

    def between(self, a: int, b: int) -> Matrix:
        """The homography from a's to b's pixels along their edge."""
        if (a, b) in self.edges:
            return self.edges[a, b].transform
        return np.asarray(np.linalg.inv(self.edges[b, a].transform), np.float64)

    def place(self, members: list[int]) -> tuple[int, dict[int, Matrix]]:
        """Chain the edges of the tree: per member its homography to the middle picture's pixels."""
        middle, order = self.tree(members)
        placed: dict[int, Matrix] = {middle: np.eye(3)}
        for near, far in order:
            chained = placed[near] @ self.between(far, near)
            placed[far] = chained / chained[2, 2]
        return middle, placed

    def distances(self, members: list[int]) -> dict[int, float]:
        """How far away each picture was taken, as the logarithm of how much one of its pixels covers: edge by
        edge, where the pictures overlap, so that a turning camera stays at one distance."""
        middle, order = self.tree(members)
        found = {middle: 0.0}
        for near, far in order:
            edge = self.edges.get((far, near)) or self.edges[near, far]
            points = edge.source if edge.a == far else edge.target
            found[far] = found[near] + 0.5 * float(np.log(_area(self.between(far, near), points.mean(0))))
        return found

    def of_one_scale(self, members: list[int], reach: float = TUNING.distance) -> list[int]:
        """The members without those taken from much nearer or further: a clear majority within a factor `reach`
        that holds together by itself; all of them where there is none."""
        found = self.distances(members)
        order = sorted(members, key=lambda m: (found[m], m))
        groups = [[m for m in order if 0 <= found[m] - found[start] <= np.log(reach)] for start in order]
        best = max(groups, key=len)
        if len(best) == len(members) or len(best) < 3 or len(best) * 2 <= len(members):
            return members
        inside = set(best)
        alone = Graph(self.count, {p: e for p, e in self.edges.items() if inside.issuperset(p)})
        return sorted(best) if sorted(alone.components()[0]) == sorted(best) else members


def _area(transform: Matrix, at: Matrix) -> float:
    """What becomes of a unit of area at a point."""
    depth = float(transform[2, :2] @ at + transform[2, 2])
    return max(1e-9, abs(float(np.linalg.det(transform)) / depth**3))


def connect(views: list[View], journal: Journal, device: str | None = None) -> Graph:
    """Match every promising pair, cheapest features first; a dearer level runs only where pictures stand
    apart."""
    graph = Graph(len(views))
    for number, level in enumerate(LEVELS):
        parts = graph.components()
        if len(parts) == 1:
            break
        where = {x: k for k, part in enumerate(parts) for x in part}
        pairs = [p for p in shortlist(views, level) if where[p[0]] != where[p[1]] and not graph.undecided(p)]
        needed = [views[i] for i in sorted({i for pair in pairs for i in pair})]
        for done, _ in enumerate(in_parallel(partial(View.at, level=level), needed)):
            journal.progress("features", 0.05 + 0.4 * (number + 0.3 * done / len(needed)) / len(LEVELS))
        for done, (i, j) in enumerate(pairs):
            journal.progress("matching", 0.05 + 0.4 * (number + 0.3 + 0.7 * done / len(pairs)) / len(LEVELS))
            try_pair(graph, views, i, j, level, device)
    drop_contradictions(graph, views, journal)
    return graph


def try_pair(
    graph: Graph, views: list[View], i: int, j: int, level: Level, device: str | None = None
) -> bool:
    a, b = views[i], views[j]
    # Errors of the features' own place grow with the shrinking, so the tolerance is in working pixels.
    shrink = max(1.0, float(np.sqrt(b.size[0] * b.size[1] / level.pixels)))
    graph.tried.setdefault((i, j), {"inliers": 0})
    for candidate in match(a.at(level), b.at(level), level, 3.0 * shrink, device):
        edge, evidence = verify(a, b, i, j, candidate)
        if evidence.get("agreement", -1) >= graph.tried[i, j].get("agreement", -1):
            graph.tried[i, j] = evidence
        if edge is None:
            continue
        others = elsewhere(candidate, edge.transform, 0.05 * max(b.size))
        settled = settle(a, b, edge.transform, others)
        if len(settled.places) > 1:
            graph.tried[i, j] = evidence | {"rivals": len(settled.places) - 1}
            return False
        if settled.places[0] is not edge.transform:
            edge, evidence = verify(a, b, i, j, replace(candidate, transform=settled.places[0]))
            graph.tried[i, j] = evidence
            if edge is None:
                continue
        if settled.by_thing:
            edge.evidence["by_thing"] = 1
        graph.edges[i, j] = edge
        return True
    return False


def shortlist(views: list[View], level: Level, enough: int = 14, keep: int = 10) -> list[Pair]:
    """All pairs of few pictures; of many, for each the `keep` others that share most of its strongest
    features."""
    count = len(views)
    if count <= enough:
        return list(combinations(range(count), 2))
    votes = shared_words([views[i].at(level).descriptors[:300] for i in range(count)])
    pairs: set[Pair] = set()
    for i in range(count):
        for j in np.argsort(-votes[i], kind="stable")[:keep]:
            if votes[i, j] > 0 and i != j:
                pairs.add((min(i, int(j)), max(i, int(j))))
    return sorted(pairs)


def shared_words(descriptors: list[Floats], tables: int = 12, seed: int = 7) -> Matrix:
    """How many words each two pictures share (count × count), in time linear in their number.

    Words are the signs of 14 random projections of a descriptor, in several tables (Charikar 2002); a word
    that more than a few features have says nothing and is left out.
    """
    count = len(descriptors)
    votes = np.zeros((count, count))
    owner = np.repeat(np.arange(count), [len(d) for d in descriptors])
    every = np.concatenate([d for d in descriptors if len(d)]) if len(owner) else np.zeros((0, 1), np.float32)
    if len(every) == 0:
        return votes
    every = every - every.mean(0)
    rng = np.random.default_rng(seed)
    for _ in range(tables):
        planes = rng.normal(size=(every.shape[1], 14)).astype(np.float32)
        words = (every @ planes > 0) @ (1 << np.arange(14))
        order = np.argsort(words, kind="stable")
        begins = np.flatnonzero(np.r_[True, np.diff(words[order]) != 0])
        for group in np.split(owner[order], begins[1:]):
            if 2 <= len(group) <= 24:
                votes[np.ix_(group, group)] += 1
    np.fill_diagonal(votes, 0)
    return votes


def drop_contradictions(graph: Graph, views: list[View], journal: Journal) -> None:
    """Cycle consistency: an edge that the stronger edges around it contradict is removed.

    The strongest spanning tree predicts every other edge; where the prediction misses by more than 4 % of the
    picture, the weakest edge on the cycle goes.
    """
    for _ in range(len(graph.edges)):
        worst: tuple[float, Edge] | None = None
        for members in graph.components():
            if len(members) < 3:
                continue
            _, placed = graph.place(members)
            for (a, b), edge in graph.edges.items():
                if a not in placed:
                    continue
                predicted = np.linalg.inv(placed[b]) @ placed[a]
                miss = np.linalg.norm(project(predicted, edge.source) - edge.target, axis=1)
                share = float(np.median(miss)) / max(views[b].size)
                if share > TUNING.contradiction and (worst is None or share > worst[0]):
                    worst = share, edge
        if worst is None:
            return
        edge = worst[1]
        del graph.edges[edge.a, edge.b]
        graph.tried[edge.a, edge.b] = edge.evidence | {"contradicted": round(worst[0], 4)}
        journal.checks["contradicted_edges"] = journal.checks.get("contradicted_edges", 0) + 1
