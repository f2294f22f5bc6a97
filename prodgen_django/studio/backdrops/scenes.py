"""Whole empty scenes: a surface in perspective, what stands behind it, and the light on both."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import cv2
import numpy as np

from . import surfaces
from .noise import Float, Shape, blur, color, coordinates, fractal, mix, step

if TYPE_CHECKING:
    from prodgen_django.studio.styles import Style

Scene = Callable[["Style", Shape, np.random.Generator], Float]


def white(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    return np.ones((*shape, 3), np.float32)


def sweep(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """A paper roll that bends from wall to floor without an edge, lit from the upper left."""
    y, x = coordinates(shape)
    bright, deep = color(style.palette[0]), color(style.palette[1])
    pool = np.exp(-(((x - 0.46) / 0.62) ** 2 + ((y - 0.42) / 0.52) ** 2))
    bend = np.exp(-(((y - 0.70) / 0.09) ** 2)) * 0.2
    floor = step(0.70, 1.0, y) * 0.30
    share = np.clip(0.95 - 0.95 * pool + bend - floor * (0.4 + 0.6 * pool), 0, 1)
    out = mix(bright * 1.015, deep, share.astype(np.float32))
    return _grain(out, rng, 0.006)


def podium(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """A round plinth before a wall of the same family of colours."""
    out = _room(style, shape, rng, style.palette[0], style.palette[1], edge=0.80, wall_light=0.5)
    y, x = coordinates(shape)
    height, width = shape
    cx, top, rx, ry, deep = 0.5, style.ground + 0.005, 0.41, 0.062, 0.115
    base = top + deep
    side = (np.abs(x - cx) < rx) & (y > top)
    curve = np.sqrt(np.clip(1 - ((x - cx) / rx) ** 2, 0, 1)) * ry
    body = side & (y < base + curve)
    away = ((x - cx - 0.03) / (rx * 1.12)) ** 2 + ((y - base) / (ry * 1.5)) ** 2
    floor_shadow = np.exp(-(np.clip(away, 0, 9) ** 2))
    out *= (1 - 0.36 * blur(floor_shadow.astype(np.float32), width * 0.012))[..., None]
    turn = np.clip((x - cx) / rx, -1, 1)
    shading = 0.94 - 0.22 * np.abs(turn + 0.35) ** 1.6 - 0.10 * step(0, 1, (y - top) / (deep + ry))
    tone = color(style.palette[1])
    mask = cv2.GaussianBlur(body.astype(np.float32), (0, 0), max(0.4, height / 1600))
    out = out * (1 - mask[..., None]) + tone * (shading * mask)[..., None]
    disc = (((x - cx) / rx) ** 2 + ((y - top) / ry) ** 2) < 1
    face = cv2.GaussianBlur(disc.astype(np.float32), (0, 0), max(0.4, height / 1600))
    lit = 1.02 - 0.10 * np.abs(x - 0.42) - 0.06 * step(top - ry, top + ry, y)
    out = out * (1 - face[..., None]) + color(style.palette[2]) * (lit * face)[..., None]
    return _grain(out, rng, 0.006)


def arch(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """An arched niche in a painted wall, with a floor before it."""
    out = _room(style, shape, rng, style.palette[0], style.palette[2], edge=style.edge, wall_light=0.5)
    y, x = coordinates(shape)
    aspect = shape[1] / shape[0]
    spring, radius, foot = 0.40, 0.31, 0.78
    inside = (np.abs(x - 0.5) * aspect < radius * aspect) & (y > spring) & (y < foot)
    inside |= (((x - 0.5) / radius) ** 2 + ((y - spring) / (radius * aspect)) ** 2 < 1) & (y <= spring)
    mask = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), max(0.5, shape[0] / 1400))
    shifted = np.roll(np.roll(mask, round(shape[1] * 0.022), 1), round(shape[0] * 0.016), 0)
    lip = blur(np.clip(mask - shifted, 0, 1), shape[0] * 0.008)
    niche = surfaces.plaster(shape, rng, style.palette[1])
    niche *= (1.02 - 0.16 * step(0.1, 0.9, x) - 0.45 * np.clip(lip, 0, 1))[..., None]
    out = out * (1 - mask[..., None]) + niche * mask[..., None]
    return _grain(out, rng, 0.006)


def oak(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    wood = surfaces.wood(_plane(shape), rng, "#d9b384", "#96673a", boards=6)
    return _table(style, shape, rng, wood, wall=style.palette[2], edge=style.edge, wall_light=0.55)


def walnut(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    wood = surfaces.wood(_plane(shape), rng, "#7b5436", "#38241a", boards=6)
    return _table(style, shape, rng, wood, wall=style.palette[2], edge=style.edge, wall_light=0.9, gloss=0.10)


def marble(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    stone = surfaces.marble(_plane(shape), rng)
    return _table(
        style, shape, rng, stone, wall=style.palette[2], edge=style.edge, wall_light=0.45, gloss=0.06
    )


def concrete(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    floor = surfaces.concrete(_plane(shape), rng, "#bdbcb8", "#84837f")
    wall = surfaces.concrete(shape, rng, "#b3b2ae", "#8b8a86")
    return _table(style, shape, rng, floor, wall=wall, edge=style.edge, wall_light=0.7)


def terrazzo(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    chips = ("#b9694a", "#d9a58a", "#6f6a66", "#a9a49c", "#f8f4ee", "#8a9a86")
    floor = surfaces.terrazzo(_plane(shape), rng, style.palette[0], chips)
    return _table(style, shape, rng, floor, wall=style.palette[1], edge=style.edge, wall_light=0.55)


def dark(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """A black studio: a glow behind the product and a glossy floor."""
    y, x = coordinates(shape)
    glow = np.exp(-(((x - 0.5) / 0.42) ** 2 + ((y - 0.46) / 0.36) ** 2))
    out = mix(color(style.palette[1]), color("#4b515c"), (0.85 * glow).astype(np.float32))
    floor = step(0.755, 0.775, y)
    sheen = np.exp(-(((x - 0.5) / 0.5) ** 2 + ((y - 0.80) / 0.10) ** 2))
    ground = mix(color("#08090b"), color("#343942"), (0.75 * sheen).astype(np.float32))
    return _grain(mix(out, ground, floor), rng, 0.008)


def festive(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """Fairy lights far out of focus behind a dark glossy table."""
    y, x = coordinates(shape)
    out = mix(color("#5c2019"), color("#1d0c0b"), step(0.0, 0.95, np.hypot((x - 0.5) * 1.1, y - 0.35)))
    lights = np.zeros((*shape, 3), np.float32)
    tones = [color(c) for c in ("#ffcf7a", "#ffb04e", "#ffe2a8", "#ff8a5c", "#fff0cf", "#e8564a")]
    side = min(shape)
    for radius, count, strength in ((0.055, 15, 0.30), (0.034, 34, 0.42), (0.018, 44, 0.5)):
        layer = np.zeros_like(lights)
        for _ in range(count):
            centre = (rng.random() * shape[1], rng.random() ** 1.2 * 0.64 * shape[0])
            size = side * radius * rng.uniform(0.7, 1.2)
            tone = tones[int(rng.integers(len(tones)))] * strength * rng.uniform(0.35, 1.0)
            disc = np.zeros(shape, np.float32)
            point = (round(centre[0] * 8), round(centre[1] * 8))
            cv2.circle(disc, point, round(size * 8), 0.75, -1, cv2.LINE_AA, 3)
            cv2.circle(disc, point, round(size * 0.9 * 8), 0.62, max(1, round(size * 0.12)), cv2.LINE_AA, 3)
            y0, y1 = max(0, int(centre[1] - 2 * size)), int(centre[1] + 2 * size) + 1
            x0, x1 = max(0, int(centre[0] - 2 * size)), int(centre[0] + 2 * size) + 1
            layer[y0:y1, x0:x1] += disc[y0:y1, x0:x1, None] * tone
        lights += np.dstack([blur(layer[..., c], side * radius * 0.07) for c in range(3)])
    out = out + lights + np.dstack([blur(lights[..., c], side * 0.05) for c in range(3)]) * 0.5
    edge = style.edge
    table = surfaces.wood(_plane(shape), rng, "#5a2f22", "#23110d", boards=6, gap=0.5)
    surface = _in_perspective(table, shape, edge)
    mirrored = np.dstack([blur(np.ascontiguousarray(out[::-1, :, c]), side * 0.02) for c in range(3)])
    mirrored = np.roll(mirrored, round(shape[0] * (2 * edge - 1)), 0)
    fade = np.clip(1 - (y - edge) / 0.34, 0, 1)[..., None]
    surface = surface * 0.62 + mirrored * 0.38 * fade
    out = mix(out, surface, step(edge - 0.004, edge + 0.004, y))
    return _grain(_vignette(out, 0.25), rng, 0.008)


def plastered(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """A plastered wall and a floor in the palette's first two colours, unlit: its light is rendered."""
    wall = surfaces.plaster(shape, rng, style.palette[0], 0.05)
    floor = surfaces.plaster(shape, rng, style.palette[1], 0.03)
    return _unlit(style, shape, rng, wall, floor)


def boards(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """An oak table before a plastered wall, unlit."""
    wood = surfaces.wood(_plane(shape), rng, "#d9b384", "#96673a", boards=6)
    return _unlit(
        style,
        shape,
        rng,
        surfaces.plaster(shape, rng, style.palette[0]),
        _in_perspective(wood, shape, style.edge),
    )


def slabs(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """A concrete floor before a limewashed wall, unlit."""
    stone = surfaces.concrete(_plane(shape), rng, style.palette[1], style.palette[2])
    return _unlit(
        style,
        shape,
        rng,
        surfaces.plaster(shape, rng, style.palette[0], 0.06),
        _in_perspective(stone, shape, style.edge),
    )


def linen(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    return _from_above(surfaces.linen(shape, rng, "#eee6d7", "#bfae90"), rng)


def oak_flat(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    return _from_above(surfaces.wood(shape, rng, "#d8b283", "#98693c", boards=6), rng)


def marble_flat(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    return _from_above(surfaces.marble(shape, rng), rng)


def concrete_flat(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    return _from_above(surfaces.concrete(shape, rng, "#c6c5c1", "#8d8c88"), rng)


def paper_flat(style: Style, shape: Shape, rng: np.random.Generator) -> Float:
    """Two sheets of paper, one laid over the other."""
    y, x = coordinates(shape)
    out = np.empty((*shape, 3), np.float32)
    out[:] = color(style.palette[0])
    line = x + 0.28 * y - 0.92
    shadow = np.exp(-np.clip(line, 0, 1) / 0.012) * step(-0.001, 0.001, line)
    sheet = step(-0.0006, 0.0006, line)
    out = mix(out, color(style.palette[1]), sheet) * (1 - 0.2 * shadow)[..., None]
    out *= (1 + 0.035 * (fractal(shape, (220, 220), rng, 2) - 0.5))[..., None]
    return _from_above(out, rng)


def _plane(shape: Shape) -> Shape:
    """The size of a material that is to be seen in perspective: enough for the near edge to stay sharp."""
    side = round(max(shape) * 1.25)
    return side, side


def _in_perspective(material: Float, shape: Shape, edge: float, horizon: float = 0.36) -> Float:
    """A level surface from its far edge (at `edge` of the height) to the bottom of the picture."""
    width = shape[1]
    y, x = coordinates(shape)
    depth = (1 - horizon) / np.maximum(y - horizon, 0.02)  # 1 at the bottom of the picture
    far = (1 - horizon) / (edge - horizon)
    rows, columns = material.shape[:2]
    unit = columns / (far * 1.12)  # pixels of material for the picture's width at its bottom
    u = columns / 2 + (x - 0.5) * depth * unit
    v = rows - 1 - (depth - 1) * unit * 0.75
    u, v = u.astype(np.float32), v.astype(np.float32)
    # Far rows shrink: they are taken from an averaged material, or they flicker.
    averaged = cv2.GaussianBlur(material, (0, 0), max(0.6, unit / width * 1.4))
    sharp, soft = (
        cv2.remap(m, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT) for m in (material, averaged)
    )
    return mix(sharp, soft, step(1.15, 2.0, depth.astype(np.float32)))


def _table(
    style: Style, shape: Shape, rng: np.random.Generator, material: Float, wall: str | Float, edge: float,
    wall_light: float, gloss: float = 0.0,
) -> Float:  # fmt: skip
    """A table top before a wall that is a little out of focus."""
    y, x = coordinates(shape)
    back = surfaces.plaster(shape, rng, wall) if isinstance(wall, str) else wall
    back = cv2.GaussianBlur(back, (0, 0), shape[0] * 0.0035) * _wall_light(shape, wall_light)[..., None]
    surface = _in_perspective(material, shape, edge)
    pool = np.exp(-(((x - 0.46) / 0.75) ** 2 + ((y - 0.86) / 0.30) ** 2))
    surface *= (0.80 + 0.24 * pool)[..., None]
    tone = back[: max(1, int(shape[0] * edge))].mean((0, 1))
    far = np.exp(-np.clip(y - edge, 0, 1) / 0.10)
    surface = mix(surface, tone, ((0.10 + gloss) * far).astype(np.float32))
    contact = np.exp(-np.clip(edge - y, 0, 1) / 0.018) * 0.22
    back *= (1 - contact)[..., None]
    return _grain(_vignette(mix(back, surface, step(edge - 0.0022, edge + 0.0022, y)), 0.10), rng, 0.006)


def _room(
    style: Style, shape: Shape, rng: np.random.Generator, wall: str, floor: str, edge: float, wall_light: float,
) -> Float:  # fmt: skip
    """A painted wall and a plain floor."""
    y, x = coordinates(shape)
    back = surfaces.plaster(shape, rng, wall) * _wall_light(shape, wall_light)[..., None]
    ground = np.empty((*shape, 3), np.float32)
    ground[:] = color(floor)
    pool = np.exp(-(((x - 0.45) / 0.7) ** 2 + ((y - 0.88) / 0.25) ** 2))
    ground *= (0.90 + 0.13 * pool)[..., None]
    back *= (1 - 0.16 * np.exp(-np.clip(edge - y, 0, 1) / 0.02))[..., None]
    ground *= (1 - 0.10 * np.exp(-np.clip(y - edge, 0, 1) / 0.02))[..., None]
    return mix(back, ground, step(edge - 0.002, edge + 0.002, y))


def _unlit(style: Style, shape: Shape, rng: np.random.Generator, wall: Float, floor: Float) -> Float:
    """A wall a little out of focus, and a floor before it."""
    y, _ = coordinates(shape)
    back = cv2.GaussianBlur(wall, (0, 0), shape[0] * 0.0025)
    return _grain(mix(back, floor, step(style.edge - 0.003, style.edge + 0.003, y)), rng, 0.006)


def _wall_light(shape: Shape, strength: float) -> Float:
    y, x = coordinates(shape)
    pool = np.exp(-(((x - 0.38) / 0.62) ** 2 + ((y - 0.30) / 0.50) ** 2))
    return (1 - strength * 0.32 + strength * 0.40 * pool).astype(np.float32)


def _from_above(material: Float, rng: np.random.Generator) -> Float:
    y, x = coordinates(material.shape[:2])
    light = 1.05 - 0.16 * np.clip((x + y) / 2, 0, 1)
    return _grain(_vignette(material * light[..., None], 0.08), rng, 0.006)


def _vignette(scene: Float, strength: float) -> Float:
    y, x = coordinates(scene.shape[:2])
    return scene * (1 - strength * np.clip(((x - 0.5) ** 2 + (y - 0.5) ** 2) * 2, 0, 1))[..., None]


def _grain(scene: Float, rng: np.random.Generator, strength: float) -> Float:
    """A camera's noise: without it wide soft gradients show steps."""
    return scene + rng.normal(0, strength, scene.shape[:2]).astype(np.float32)[..., None]


SCENES: dict[str, Scene] = {
    scene.__name__: scene
    for scene in (
        white, sweep, podium, arch, oak, walnut, marble, concrete, terrazzo, dark, festive, plastered,
        boards, slabs, linen, oak_flat, marble_flat, concrete_flat, paper_flat,
    )
}  # fmt: skip
