"""Things made of several parts of different colours and stuffs, each one different: for learning outlines, not for sale.

What a network that has seen things of one colour loses: a white label, a sole, a lid, a bow of wire, a glass foot.
"""

from __future__ import annotations

from collections.abc import Callable

import bpy
import numpy as np

from .materials import ceramic, cloth, glass, leather, metal, plain, wood
from .meshes import box, lathe, rod, slab, smooth_curve, superellipse, tube, vessel_profile

Things = list[bpy.types.Object]


def _colour(rng: np.random.Generator) -> str:
    """White or nearly, black or nearly, or any."""
    kind = rng.random()
    low, high = (215, 252) if kind < 0.3 else (6, 45) if kind < 0.45 else (20, 245)
    spread = rng.uniform(low, high, 3)
    if kind < 0.45:
        spread = spread.mean() + 0.3 * (spread - spread.mean())
    return "#" + "".join(f"{int(v):02x}" for v in spread)


def _stuff(rng: np.random.Generator) -> bpy.types.Material:
    kind = rng.random()
    if kind < 0.15:
        return metal(
            str(rng.choice(["#c8c8cc", "#b08d57", "#d9a066", "#77797d"])), float(rng.uniform(0.1, 0.4))
        )
    if kind < 0.28:
        return wood(*(("#c69c6d", "#8a5a30"), ("#7a4a28", "#3d2414"))[int(rng.integers(2))])
    if kind < 0.4:
        return leather(_colour(rng))
    if kind < 0.65:
        return ceramic(_colour(rng), gloss=float(rng.uniform(0.2, 0.9)))
    return plain(_colour(rng), float(rng.uniform(0.15, 0.9)))


def _clear(rng: np.random.Generator) -> bpy.types.Material:
    return glass(
        str(rng.choice(["#ffffff", "#e8f4ee", "#c9e4d0", "#e6c79a", "#b9d3ea"])), float(rng.choice([0, 0.15]))
    )


def _revolved(name: str, line: list[tuple[float, float]], material: bpy.types.Material) -> bpy.types.Object:
    return lathe(name, smooth_curve(line, 8), material, 64)


def bottle(rng: np.random.Generator) -> Things:
    """Body, neck, cap and a label round it; one to three of them."""
    things: Things = []
    body_of, label_of, cap_of = _stuff(rng), plain(_colour(rng), 0.6), _stuff(rng)
    if rng.random() < 0.3:
        body_of = _clear(rng)
    h, r = rng.uniform(0.14, 0.32), rng.uniform(0.025, 0.06)
    shoulder, neck = rng.uniform(0.5, 0.8) * h, r * rng.uniform(0.25, 0.55)
    low, high = np.sort(rng.uniform(0.08, 0.95, 2)) * shoulder
    for i in range(int(rng.choice([1, 1, 1, 2, 3]))):
        at = i * r * 2.2
        outer = smooth_curve(
            [
                (0.9 * r, 0),
                (0.9 * r, 0),
                (r, 0.03 * h),
                (r, shoulder),
                (neck, 0.5 * (shoulder + h)),
                (neck, h),
                (neck, h),
            ],
            10,
        )
        body = lathe(f"body{i}", vessel_profile(outer, 0.003), body_of, 72)
        label = lathe(f"label{i}", np.array([(r * 1.01, low), (r * 1.01, high)]), label_of, 72)
        band = (low + 0.3 * (high - low), low + 0.6 * (high - low))
        print_ = lathe(
            f"print{i}", np.array([(r * 1.015, band[0]), (r * 1.015, band[1])]), plain(_colour(rng), 0.6), 72
        )
        top = h + rng.uniform(0.01, 0.05)
        cap = _revolved(
            f"cap{i}",
            [(1.15 * neck, 0.93 * h), (1.15 * neck, 0.93 * h), (1.15 * neck, top), (0.001, top)],
            cap_of,
        )
        for each in (body, label, print_, cap):
            each.location = (at, 0.15 * r * i, 0)
            things.append(each)
    return things


def tumbler(rng: np.random.Generator) -> Things:
    """A glass, on a foot or not, with or without something in it."""
    h, r = rng.uniform(0.08, 0.2), rng.uniform(0.03, 0.05)
    if rng.random() < 0.5:
        line = [(0.8 * r, 0), (0.8 * r, 0), (r, 0.5 * h), (r * rng.uniform(0.9, 1.15), h)]
    else:
        stem = rng.uniform(0.3, 0.55) * h
        line = [
            (0.85 * r, 0),
            (0.85 * r, 0),
            (0.12 * r, 0.08 * h),
            (0.1 * r, stem),
            (r, stem + 0.25 * h),
            (0.85 * r, h),
        ]
    outer = smooth_curve(line, 10)
    things: Things = [lathe("glass", vessel_profile(outer, 0.0018), _clear(rng), 72)]
    if rng.random() < 0.6:
        keep = outer[(outer[:, 1] > 0.45 * h) & (outer[:, 1] < rng.uniform(0.6, 0.9) * h)]
        if len(keep) > 2:
            inside = keep * [0.92, 1]
            drink = np.r_[[(0.0005, inside[0, 1])], inside, [(0.0005, inside[-1, 1])]]
            things.append(lathe("drink", drink, plain(_colour(rng), 0.1), 64))
    return things


def mug(rng: np.random.Generator) -> Things:
    """A cup of two colours with an open handle, at times on a saucer."""
    h, r = rng.uniform(0.07, 0.13), rng.uniform(0.03, 0.05)
    cup_of, second = _stuff(rng), _stuff(rng)
    flare = rng.uniform(0.75, 1.15)
    outer = smooth_curve([(flare * r, 0), (flare * r, 0), (r, 0.4 * h), (r, h)], 12)
    things: Things = [lathe("cup", vessel_profile(outer, 0.004), cup_of, 80)]
    if rng.random() < 0.6:
        band = outer[(outer[:, 1] > h * rng.uniform(0.1, 0.4)) & (outer[:, 1] < h * rng.uniform(0.5, 0.95))]
        if len(band) > 1:
            things.append(lathe("band", band + [0.0008, 0], second, 80))
    t = np.linspace(-np.pi / 2, np.pi / 2, 20)
    reach, tall = r * rng.uniform(0.4, 0.9), h * rng.uniform(0.25, 0.38)
    bow = np.c_[0.96 * r + reach * np.cos(t), 0 * t, 0.52 * h + tall * np.sin(t)]
    handle_of = cup_of if rng.random() < 0.6 else second
    things.append(
        tube("handle", bow, float(rng.uniform(0.003, 0.006)), handle_of, float(rng.uniform(0.004, 0.009)))
    )
    if rng.random() < 0.3:
        plate = [
            (0.001, 0.002),
            (r * 1.1, 0.002),
            (r * 1.8, 0.014),
            (r * 1.8, 0.017),
            (r * 1.1, 0.005),
            (0.001, 0.005),
        ]
        things.append(lathe("saucer", np.array(plate), second, 80))
        for each in things[:-1]:
            each.location.z += 0.006
    return things


def spectacles(rng: np.random.Generator) -> Things:
    """Two rims, bridge and bows folded or open, with dark or clear panes."""
    wide, tall = rng.uniform(0.023, 0.032), rng.uniform(0.017, 0.028)
    frame_of, thick = _stuff(rng), float(rng.uniform(0.0012, 0.004))
    pane_of = (
        glass(str(rng.choice(["#ffffff", "#6a5a45", "#3a3f44"])))
        if rng.random() < 0.5
        else plain("#14161a", 0.08)
    )
    power = float(rng.choice([2, 2.6, 4]))
    gap, lift = rng.uniform(0.008, 0.012), tall + thick
    things: Things = []
    for side in (-1, 1):
        rim = superellipse(2 * wide, 2 * tall, power)
        ring = np.c_[rim[:, 0] + side * (wide + gap), 0 * rim[:, 0], rim[:, 1] + lift]
        things.append(tube(f"rim{side}", ring, thick, frame_of, closed=True))
        pane = slab(f"pane{side}", rim * 0.98, 0.001, pane_of, 0.0003)
        pane.rotation_euler = (np.pi / 2, 0, 0)
        pane.location = (side * (wide + gap), 0, lift)
        things.append(pane)
        root = np.array([side * (2 * wide + gap), 0, lift + 0.35 * tall])
        reach = rng.uniform(0.11, 0.14)
        if rng.random() < 0.6:
            tip = root + [side * 0.006, reach, -lift - 0.35 * tall + thick]
            bend = root + [side * 0.004, 0.75 * reach, 0.0]
        else:
            tip, bend = root + [-side * reach, 0.012, -0.012], root + [-side * 0.7 * reach, 0.01, 0.0]
        things.append(tube(f"bow{side}", smooth_curve([root, root, bend, tip, tip], 8), thick, frame_of))
    across = np.linspace(-1, 1, 12)
    bridge = np.c_[across * gap, 0 * across, lift + 0.25 * tall + 0.004 * (1 - across**2)]
    things.append(tube("bridge", bridge, thick, frame_of))
    return things


def tome(rng: np.random.Generator) -> Things:
    """One to four books with white pages, covers of two colours; lying, or one that stands."""
    things: Things = []
    paper = plain("#efe9dc", 0.9)
    standing, top = rng.random() < 0.35, 0.0
    for i in range(1 if standing else int(rng.integers(1, 5))):
        w, d, t = rng.uniform(0.11, 0.22), rng.uniform(0.15, 0.28), rng.uniform(0.012, 0.045)
        cover, patch = plain(_colour(rng), 0.5), plain(_colour(rng), 0.5)
        parts = [
            box(f"pages{i}", (w * 0.97, d * 0.96, t - 0.004), (-0.006, 0, t / 2), paper, 0.0005),
            box(f"front{i}", (w, d, 0.002), (0, 0, t - 0.001), cover, 0.0005),
            box(f"back{i}", (w, d, 0.002), (0, 0, 0.001), cover, 0.0005),
            box(f"spine{i}", (0.002, d, t), (w / 2, 0, t / 2), cover, 0.0005),
        ]
        if rng.random() < 0.8:
            share, place = rng.uniform(0.2, 0.7), rng.uniform(-0.2, 0.2)
            size = (w * rng.uniform(0.5, 0.995), d * share, 0.0004)
            parts.append(box(f"patch{i}", size, (0, d * place * (1 - share), t + 0.0002), patch, 0.0001))
        turn = float(rng.normal(0, 0.2))
        for part in parts:
            if standing:
                x, y, z = part.location
                part.rotation_euler = (np.pi / 2, 0, 0)
                part.location = (x, -z, y + d / 2)
            else:
                x, y, z = part.location
                part.rotation_euler = (0, 0, turn)
                part.location = (
                    x * np.cos(turn) - y * np.sin(turn),
                    x * np.sin(turn) + y * np.cos(turn),
                    z + top,
                )
            things.append(part)
        top += t
    return things


def tool(rng: np.random.Generator) -> Things:
    """A handle with a head: brush, spatula, hammer, spoon. It lies."""
    length, thick = rng.uniform(0.12, 0.3), rng.uniform(0.006, 0.016)
    grip_of, head_of = _stuff(rng), _stuff(rng)
    t = np.linspace(0, 1, 16)
    girth = thick * (0.7 + 0.3 * np.sin(np.pi * t * rng.uniform(0.8, 2)))
    path = np.c_[t * length, 0.01 * np.sin(3 * t) * rng.normal(), 0 * t + thick]
    things: Things = [tube("grip", path, girth, grip_of)]
    w, d = rng.uniform(0.03, 0.1), rng.uniform(0.03, 0.09)
    if rng.random() < 0.5:
        head = slab(
            "head",
            superellipse(w, d, float(rng.choice([2, 4, 9]))),
            float(rng.uniform(0.004, 0.03)),
            head_of,
            0.002,
        )
        head.location = (length + 0.42 * w, 0, 0.003)
    else:
        head = box(
            "head", (w * 0.5, d * 1.3, 2.2 * thick), (length + 0.2 * w, 0, 1.1 * thick), head_of, 0.003
        )
    things.append(head)
    things.append(
        rod(
            "ferrule",
            (0.93 * length, 0, thick),
            (length + 0.02, 0, thick),
            thick * 0.9,
            thick * 0.8,
            _stuff(rng),
        )
    )
    return things


def headset(rng: np.random.Generator) -> Things:
    """A bow with two pads that stands on them."""
    r = rng.uniform(0.07, 0.1)
    bow_of, pad_of, shell_of = _stuff(rng), leather(_colour(rng)), _stuff(rng)
    t = np.linspace(-0.15, np.pi + 0.15, 32)
    bow = np.c_[r * np.cos(t), 0 * t, 0.04 + r * rng.uniform(1.0, 1.25) * (np.sin(t) + 0.15)]
    things: Things = [
        tube(
            "bow",
            bow,
            float(rng.uniform(0.002, 0.005)),
            bow_of,
            float(rng.uniform(0.006, 0.015)),
            normal=(0, 1, 0),
        )
    ]
    pad = rng.uniform(0.028, 0.042)
    for side in (-1, 1):
        for name, inner, outer, stuff, share in (
            ("pad", 0.75, 0.95, pad_of, 1.0),
            ("shell", 0.95, 1.15, shell_of, 0.9),
        ):
            a, b = (side * r * inner, 0, pad + 0.002), (side * r * outer, 0, pad + 0.002)
            things.append(rod(f"{name}{side}", a, b, pad * share, pad * share, stuff, 0.006))
    return things


def seat(rng: np.random.Generator) -> Things:
    """A chair: four thin legs, a seat, a back of slats that one sees through, at times arms."""
    w, d, h = rng.uniform(0.36, 0.5), rng.uniform(0.36, 0.48), rng.uniform(0.38, 0.5)
    tall, thick = h * rng.uniform(1.7, 2.2), rng.uniform(0.01, 0.022)
    frame_of = _stuff(rng)
    seat_of = cloth(_colour(rng)) if rng.random() < 0.5 else _stuff(rng)
    things: Things = [slab("seat", superellipse(w, d, 6), float(rng.uniform(0.02, 0.07)), seat_of, 0.006, h)]
    lean = rng.uniform(0.02, 0.1)
    for x in (-0.45 * w, 0.45 * w):
        things.append(
            rod(f"front{x}", (x, -0.44 * d, h), (x * 1.05, -0.47 * d, 0), thick, thick * 0.7, frame_of)
        )
        things.append(
            rod(f"back{x}", (x, 0.44 * d + lean, tall), (x * 1.05, 0.5 * d, 0), thick, thick * 0.8, frame_of)
        )
    if rng.random() < 0.5:
        for x in np.linspace(-0.36, 0.36, int(rng.integers(3, 8))) * w:
            ends = (x, 0.44 * d, h + 0.03), (x, 0.44 * d + lean, tall - 0.02)
            things.append(rod(f"slat{x}", *ends, thick * 0.5, thick * 0.5, frame_of))
    else:
        for z in np.linspace(h + 0.12, tall - 0.03, int(rng.integers(1, 4))):
            y = 0.44 * d + lean * (z - h) / (tall - h)
            things.append(
                box(f"rail{z}", (0.9 * w, 0.014, rng.uniform(0.03, 0.1)), (0, y, z), frame_of, 0.004)
            )
    things.append(box("top", (0.95 * w, 0.02, 0.05), (0, 0.44 * d + lean, tall), frame_of, 0.006))
    if rng.random() < 0.3:
        for x in (-0.5 * w, 0.5 * w):
            things.append(
                rod(f"arm{x}", (x, 0.42 * d, h + 0.2), (x, -0.4 * d, h + 0.2), thick, thick, frame_of)
            )
            things.append(rod(f"post{x}", (x, -0.4 * d, h + 0.2), (x, -0.4 * d, h), thick, thick, frame_of))
    return things


def lamp(rng: np.random.Generator) -> Things:
    """Foot, thin stem, shade; at times an arm bent twice."""
    h, r = rng.uniform(0.3, 0.6), rng.uniform(0.06, 0.12)
    foot_of, stem_of, shade_of = _stuff(rng), _stuff(rng), _stuff(rng)
    things: Things = [
        slab("foot", superellipse(1.6 * r, 1.6 * r, 2), float(rng.uniform(0.01, 0.03)), foot_of, 0.004)
    ]
    if rng.random() < 0.5:
        bend = (rng.uniform(-0.15, 0.15), 0, 0.6 * h)
        line = [(0, 0, 0), (0, 0, 0), bend, (0.0, 0, h), (0.0, 0, h)]
        things.append(tube("stem", smooth_curve(line, 10), float(rng.uniform(0.003, 0.008)), stem_of))
    else:
        things.append(rod("stem", (0, 0, 0), (0, 0, h), 0.006, 0.006, stem_of))
    tall = rng.uniform(0.08, 0.2)
    rim = [(r, h - 0.3 * tall), (r * rng.uniform(0.3, 1.0), h + 0.7 * tall)]
    shade = [*rim, (rim[1][0] - 0.003, rim[1][1]), (rim[0][0] - 0.003, rim[0][1]), rim[0]]
    things.append(lathe("shade", np.array(shade), shade_of, 72))
    return things


def cart(rng: np.random.Generator) -> Things:
    """A toy on wheels: body, cabin, wheels of another colour."""
    length, w, h = rng.uniform(0.1, 0.25), rng.uniform(0.05, 0.1), rng.uniform(0.03, 0.07)
    wheel = h * rng.uniform(0.35, 0.7)
    tyre = _stuff(rng)
    things: Things = [box("body", (length, w, h), (0, 0, wheel + h / 2), _stuff(rng), 0.008)]
    cabin = (length * rng.uniform(0.25, 0.6), w * 0.9, h * rng.uniform(0.5, 1.2))
    things.append(
        box(
            "cabin", cabin, (length * rng.uniform(-0.2, 0.2), 0, wheel + h + cabin[2] / 2), _stuff(rng), 0.008
        )
    )
    if rng.random() < 0.5:
        things.append(
            rod(
                "funnel",
                (0.35 * length, 0, wheel + h),
                (0.35 * length, 0, wheel + 2 * h),
                0.01,
                0.012,
                _stuff(rng),
            )
        )
    for x in (-0.33 * length, 0.33 * length):
        for y in (-0.5 * w, 0.5 * w):
            things.append(rod(f"wheel{x}{y}", (x, y * 0.9, wheel), (x, y * 1.25, wheel), wheel, wheel, tyre))
    return things


BUILDERS: dict[str, Callable[[np.random.Generator], Things]] = {
    "bottle": bottle,
    "cart": cart,
    "headset": headset,
    "lamp": lamp,
    "mug": mug,
    "seat": seat,
    "spectacles": spectacles,
    "tome": tome,
    "tool": tool,
    "tumbler": tumbler,
}
