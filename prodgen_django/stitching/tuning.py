"""Every threshold by which stitching decides, in one place: what it means, and where it was chosen.

Chosen on the synthetic and real sets of `benchmarks.stitching` unless a line says otherwise; shares are of 0 to 1,
pixels are those of the picture named. Who changes one runs `python -m benchmarks.stitching` before and after.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TUNING", "Tuning"]


@dataclass(frozen=True)
class Tuning:
    """Decisions, stage by stage."""

    # -- an edge is believed (true pairs agree by more than .7 with points all over; false ones do not come near)
    followed: int = 20  # least points followed from one picture into the other
    followed_spread: float = 0.3  # least share of the overlap's cells that hold one
    followed_textured: float = 0.01  # least share of the overlap that shows texture
    followed_share: float = 0.3  # of the points tried; with less (noise, parallax) the next three are asked
    agreement: float = 0.6  # least agreement of the overlap where many could be followed
    agreement_few: float = 0.75  # and where few could be
    followed_few: int = 30  # least points then
    spread_few: float = (
        0.45  # and how widely: a homography through one corner of the overlap swings at the other
    )
    clear_followed: int = 80  # from here, with the next two, half the size is enough to follow points in
    clear_share: float = 0.4
    clear_spread: float = 0.5
    doubtful_followed: int = 40  # fewer than so many: the learnt verifier is asked as well
    verifier_says_no: float = -1.0  # its logit; true pairs under strong noise come near 0
    coarse_scale: float = (
        0.55  # least scale of small pictures for following: a 50th of their pixel is a 20th of ours
    )
    # -- an edge by alignment of all pixels, which always finds some optimum (false ones agree by up to .75)
    direct_promising: float = 0.8  # agreement from which it is tried
    direct_agreement: float = 0.88
    direct_correlation: float = 0.8
    direct_textured: float = 0.5
    direct_points: int = 40
    # -- another place that fits as well (chosen on made repeats, `benchmarks.stitching.repeats`)
    repeat_side: float = (
        0.15  # share of a picture that overlaps where pictures are too short to show the repeat
    )
    repeat_apart: float = 0.01  # of the picture's longer side: two places closer than that are one
    # -- the graph
    contradiction: float = (
        0.04  # of the picture's longer side: an edge that misses what stronger ones say by more goes
    )
    distance: float = 1.9  # times nearer or further: close-ups and pictures of the whole do not make one
    hint_agreement: float = 0.4  # agreement from which somebody left out may belong here after all
    blank_features: int = 40  # a picture with fewer shows too little to say anything of
    # -- the model
    wide: float = 2.0  # growth of the most enlarged picture from which a plane is doubted
    turn_residual: float = 1.5  # a turning camera may fit so many times worse than the plane,
    turn_growth: float = 0.75  # and by so many pixels more for each time the plane would enlarge
    believed_residual: float = 0.9  # pixels; above it agreement in the picture is believed less and less,
    doubted_residual: float = 1.5  # not at all so much further on
    # -- whether the pictures meet
    strange: float = (
        0.4  # share of the overlaps that differ, half of it in structure; parallax makes less than a tenth
    )
    unmet: float = 0.03  # share of the overlaps that differ before pictures are bent
    bent_gain: float = 0.9  # bending has to leave less than this share of the difference
    # -- seams
    seam_apart: float = 0.1  # disagreement from which a line matters
    seam_matters: float = 0.002  # share of the canvas that disagrees before a graph cut is worth its time
    # -- corners (chosen by looking at 60 stitches)
    slivers: float = 0.02  # of the photographed pixels that `auto` gives up for straight edges
    plain_stray: float = 10.0  # grey levels by which a plain background strays at most
    smear: float = (
        0.8  # structure that a continuation lacks (grey levels) times its reach (share of the side)
    )
    far: float = 0.32  # reach from which an empty part is no corner
    thin: float = 0.015  # reach up to which it is a sliver


TUNING = Tuning()
