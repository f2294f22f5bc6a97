"""Geometry for the catalogue: surfaces of revolution, tubes, slabs, cushions and flat cloth, in metres."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import bmesh
import bpy
import numpy as np
from mathutils import Vector, geometry, noise

Point2 = tuple[float, float]


def smooth_curve(points: Sequence[Sequence[float]], steps: int = 12, closed: bool = False) -> np.ndarray:
    """A centripetal Catmull-Rom curve through ``points`` (N×D), ``steps`` samples a span. A doubled point is a corner."""
    p = np.asarray(points, float)
    if closed:
        p = np.vstack([p[-1], p, p[0], p[1]])
    else:
        p = np.vstack([2 * p[0] - p[1], p, 2 * p[-1] - p[-2]])
    out = []
    for i in range(1, len(p) - 2):
        a, b, c, d = p[i - 1 : i + 3]
        if np.allclose(b, c):
            continue
        a = b if np.allclose(a, b) else a
        d = c if np.allclose(c, d) else d
        t = np.linspace(0, 1, steps, endpoint=False)[:, None]
        m0, m1 = 0.5 * (c - a), 0.5 * (d - b)
        h = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t, -2 * t**3 + 3 * t**2, t**3 - t**2
        out.append(h[0] * b + h[1] * m0 + h[2] * c + h[3] * m1)
    if not closed:
        out.append(p[-2][None])
    return np.vstack(out)


def add_mesh(
    name: str,
    vertices: np.ndarray,
    faces: Sequence[Sequence[int]],
    material: bpy.types.Material | None = None,
    uv: np.ndarray | None = None,
    smooth: bool = True,
) -> bpy.types.Object:
    """An object from arrays. ``uv`` has a row for each vertex."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata([tuple(v) for v in np.asarray(vertices, float)], [], [tuple(map(int, f)) for f in faces])
    if uv is not None:
        layer = mesh.uv_layers.new(name="UVMap")
        index = np.empty(len(mesh.loops), np.int32)
        mesh.loops.foreach_get("vertex_index", index)
        layer.data.foreach_set("uv", np.asarray(uv, np.float32)[index].ravel())
    mesh.polygons.foreach_set("use_smooth", np.full(len(mesh.polygons), smooth))
    mesh.update()
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    if material is not None:
        mesh.materials.append(material)
    return thing


def grid_faces(rows: int, columns: int, wrap: bool = False) -> list[tuple[int, int, int, int]]:
    """Quads of a ``rows`` × ``columns`` vertex grid; ``wrap`` joins the last column to the first."""
    faces = []
    for i in range(rows - 1):
        for j in range(columns if wrap else columns - 1):
            k = (j + 1) % columns
            faces.append((i * columns + j, i * columns + k, (i + 1) * columns + k, (i + 1) * columns + j))
    return faces


def lathe(
    name: str,
    profile: np.ndarray,
    material: bpy.types.Material | None = None,
    segments: int = 96,
    radius: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray] | None = None,
) -> bpy.types.Object:
    """A surface of revolution round z from a profile (N×2: r, z); ``radius(r, z, angle)`` may flute or bend it."""
    profile = np.asarray(profile, float)
    # One doubled seam column, so that u runs from 0 to 1 without a fold in the last face.
    angle = np.linspace(0, 2 * np.pi, segments + 1)
    r, z = (np.repeat(profile[:, i : i + 1], segments + 1, 1) for i in (0, 1))
    a = np.repeat(angle[None], len(profile), 0)
    if radius is not None:
        r = radius(r, z, a)
    vertices = np.stack([r * np.cos(a), r * np.sin(a), z], -1).reshape(-1, 3)
    low, high = profile[:, 1].min(), profile[:, 1].max()
    uv = np.stack([a / (2 * np.pi), (z - low) / max(high - low, 1e-9)], -1).reshape(-1, 2)
    thing = add_mesh(name, vertices, grid_faces(len(profile), segments + 1), material, uv)
    build = bmesh.new()
    build.from_mesh(thing.data)
    bmesh.ops.remove_doubles(build, verts=build.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(build, faces=build.faces)
    build.to_mesh(thing.data)
    build.free()
    thing.data.polygons.foreach_set("use_smooth", np.ones(len(thing.data.polygons), bool))
    return thing


def vessel_profile(
    outer: np.ndarray, wall: float, floor: float | None = None, foot: float = 0.0
) -> np.ndarray:
    """The closed profile of a hollow vessel: outside from the foot up, a round rim, inside down to the floor."""
    outer = np.asarray(outer, float)
    tangent = np.gradient(outer, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-9
    inward = np.stack([-tangent[:, 1], tangent[:, 0]], 1)
    inner = outer + wall * inward
    floor = (outer[0, 1] + 1.3 * wall) if floor is None else floor
    inner = inner[(inner[:, 1] > floor + wall) & (inner[:, 0] > 0)]
    middle, half = (outer[-1] + inner[-1]) / 2, (outer[-1] - inner[-1]) / 2
    turn = np.linspace(0, np.pi, 7)[1:-1, None]
    up = np.array([-half[1], half[0]])
    rim = middle + np.cos(turn) * half + np.sin(turn) * (up if up[1] > 0 else -up)
    base = [
        [0, outer[0, 1] + foot],
        [outer[0, 0] * 0.86, outer[0, 1] + foot],
        [outer[0, 0] * 0.9, outer[0, 1]],
    ]
    low = [[inner[0, 0] * 0.9, floor + 0.25 * wall], [0, floor]]
    return np.vstack([base, outer, rim, inner[::-1], low])


def tube(
    name: str,
    path: np.ndarray,
    width: float | np.ndarray,
    material: bpy.types.Material | None = None,
    height: float | np.ndarray | None = None,
    sides: int = 16,
    closed: bool = False,
    normal: Sequence[float] | None = None,
) -> bpy.types.Object:
    """A tube with an elliptic section (half-axes ``width``, ``height``) along ``path`` (N×3)."""
    path = np.asarray(path, float)
    n = len(path)
    width = np.broadcast_to(np.asarray(width, float), (n,))
    height = width if height is None else np.broadcast_to(np.asarray(height, float), (n,))
    if closed:
        tangent = np.roll(path, -1, 0) - np.roll(path, 1, 0)
    else:
        tangent = np.gradient(path, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True) + 1e-12
    side = np.empty_like(path)
    current = np.asarray(normal if normal is not None else (0.31, 0.17, 0.93), float)
    for i in range(n):
        current = current - tangent[i] * (current @ tangent[i])
        current /= np.linalg.norm(current) + 1e-12
        side[i] = current
    other = np.cross(tangent, side)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = side[:, None] * np.cos(angle)[None, :, None] * width[:, None, None]
    ring = ring + other[:, None] * np.sin(angle)[None, :, None] * height[:, None, None]
    vertices = (path[:, None] + ring).reshape(-1, 3)
    faces: list[Sequence[int]] = list(grid_faces(n, sides, wrap=True))
    if closed:
        last = (n - 1) * sides
        faces += [(last + j, last + (j + 1) % sides, (j + 1) % sides, j) for j in range(sides)]
    else:
        faces += [tuple(range(sides))[::-1], tuple(range((n - 1) * sides, n * sides))]
    u = np.linspace(0, 1, n)[:, None] * np.ones(sides)
    v = np.ones(n)[:, None] * np.linspace(0, 1, sides)
    return add_mesh(name, vertices, faces, material, np.stack([u, v], -1).reshape(-1, 2))


def slab(
    name: str,
    outline: np.ndarray,
    thickness: float,
    material: bpy.types.Material | None = None,
    bevel: float = 0.004,
    z: float = 0.0,
) -> bpy.types.Object:
    """A plate of any outline (N×2, counter-clockwise) from ``z`` to ``z + thickness`` with rounded edges."""
    outline = np.asarray(outline, float)
    n = len(outline)
    vertices = np.vstack([np.c_[outline, np.full(n, z)], np.c_[outline, np.full(n, z + thickness)]])
    faces = [tuple(range(n))[::-1], tuple(range(n, 2 * n))]
    faces += [(i, (i + 1) % n, n + (i + 1) % n, n + i) for i in range(n)]
    low, high = outline.min(0), outline.max(0)
    uv = np.tile((outline - low) / (high - low), (2, 1))
    thing = add_mesh(name, vertices, faces, material, uv)
    if bevel > 0:
        rounding = thing.modifiers.new("Bevel", "BEVEL")
        rounding.width = bevel
        rounding.segments = 3
        rounding.limit_method = "ANGLE"
        rounding.angle_limit = 0.9
        rounding.use_clamp_overlap = True
        thing.modifiers.new("Normals", "WEIGHTED_NORMAL")
    return thing


def superellipse(width: float, depth: float, power: float = 4.0, count: int = 96) -> np.ndarray:
    """A rounded-rectangle outline (count×2): power 2 is an ellipse, 8 nearly a rectangle."""
    a = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(a), np.sin(a)
    return np.stack(
        [width / 2 * np.sign(c) * abs(c) ** (2 / power), depth / 2 * np.sign(s) * abs(s) ** (2 / power)], 1
    )


def box(
    name: str,
    size: Sequence[float],
    centre: Sequence[float],
    material: bpy.types.Material | None = None,
    bevel: float = 0.004,
) -> bpy.types.Object:
    """A box with rounded edges."""
    w, d, h = size
    outline = np.array([[-w, -d], [w, -d], [w, d], [-w, d]]) / 2
    thing = slab(name, outline, h, material, bevel, -h / 2)
    thing.location = centre
    return thing


def rod(
    name: str,
    start: Sequence[float],
    end: Sequence[float],
    radius_start: float,
    radius_end: float,
    material: bpy.types.Material | None = None,
    round_ends: float = 0.003,
) -> bpy.types.Object:
    """A round, possibly tapered bar from ``start`` to ``end`` with softened ends."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    length = np.linalg.norm(b - a)
    e = min(round_ends / length, 0.2)
    t = np.array([0, e * 0.3, e, 0.25, 0.5, 0.75, 1 - e, 1 - e * 0.3, 1])
    r = radius_start + (radius_end - radius_start) * t
    r[[0, -1]] -= min(round_ends, 0.5 * min(radius_start, radius_end))
    r[[1, -2]] -= 0.4 * min(round_ends, 0.5 * min(radius_start, radius_end))
    return tube(name, a + (b - a) * t[:, None], r, material, sides=28)


def wrinkle(points: np.ndarray, scale: float, seed: int, octaves: int = 3) -> np.ndarray:
    """Smooth noise in about [-1, 1] at ``points`` (N×3); ``scale`` is the size of the largest crease in metres."""
    shift = Vector((seed * 17.3, seed * 5.1, seed * 9.7))
    return np.array([noise.fractal(Vector(p) / scale + shift, 0.8, 2.0, octaves) for p in points])


def cushion(
    name: str,
    width: float,
    height: float,
    depth: float,
    material: bpy.types.Material | None = None,
    seed: int = 1,
    cells: int = 72,
) -> tuple[bpy.types.Object, np.ndarray]:
    """A filled cushion lying in the xy plane, and its seam (N×3) to run piping along."""
    t = np.linspace(-1, 1, cells)
    t = np.sign(t) * (1 - (1 - abs(t)) ** 1.35)
    u, v = np.meshgrid(t, t)
    x = width / 2 * u * (1 - 0.075 * (1 - v**2))
    y = height / 2 * v * (1 - 0.075 * (1 - u**2))
    swell = (np.clip(1 - u**2, 0, 1) * np.clip(1 - v**2, 0, 1)) ** 0.42
    flat = np.c_[x.ravel(), y.ravel(), np.zeros(x.size)]
    folds = wrinkle(flat, 0.16, seed).reshape(x.shape)
    fine = wrinkle(flat, 0.05, seed + 3).reshape(x.shape)
    edge = np.maximum(abs(u), abs(v)) ** 3
    z = depth / 2 * swell * (1 + 0.10 * folds + 0.10 * fine * edge)
    uv = np.stack([(x / width + 0.5), (y / height + 0.5)], -1).reshape(-1, 2)
    top = np.stack([x, y, z], -1).reshape(-1, 3)
    bottom = np.stack([x, y, -z], -1).reshape(-1, 3)
    faces = grid_faces(cells, cells)
    faces += [tuple(i + cells * cells for i in reversed(f)) for f in grid_faces(cells, cells)]
    body = add_mesh(name, np.vstack([top, bottom]), faces, material, np.vstack([uv, uv]))
    p = top.reshape(cells, cells, 3)
    seam = np.vstack([p[0, :-1], p[:-1, -1], p[-1, :0:-1], p[:0:-1, 0]])
    seam[:, 2] = 0
    return body, seam


def flat_cloth(
    name: str,
    outline: np.ndarray,
    thickness: float,
    material: bpy.types.Material | None = None,
    crease: float = 0.006,
    crease_size: float = 0.16,
    seed: int = 1,
    spacing: float = 0.011,
) -> bpy.types.Object:
    """Cloth lying flat: any outline (N×2), swollen in the middle, rounded down at its edges and softly creased."""
    outline = np.asarray(outline, float)
    low, high = outline.min(0), outline.max(0)
    gx, gy = np.meshgrid(np.arange(low[0], high[0], spacing), np.arange(low[1], high[1], spacing))
    inside = np.c_[gx.ravel(), gy.ravel()] + (np.arange(gx.size) % 2)[:, None] * 0.2 * spacing
    inside = inside[contains(outline, inside)]
    distance = edge_distance(outline, inside)
    inside = inside[distance > spacing * 0.6]
    points = [Vector(p) for p in np.vstack([outline, inside])]
    loop = [list(range(len(outline)))]
    made, _, faces, *_ = geometry.delaunay_2d_cdt(points, [], loop, 1, 1e-7)
    flat = np.array([tuple(p) for p in made])
    distance = edge_distance(outline, flat)
    lift = thickness * np.sqrt(1 - (1 - np.clip(distance / (2.2 * thickness), 0, 1)) ** 2)
    flat3 = np.c_[flat, np.zeros(len(flat))]
    inner = np.clip(distance / 0.05, 0, 1)
    folds = wrinkle(flat3 * [1, 0.55, 1], crease_size, seed, 2)
    z = lift + crease * inner * (1 - abs(folds)) ** 2
    uv = (flat - low) / (high - low)
    return add_mesh(name, np.c_[flat, z], faces, material, uv)


def contains(outline: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Which points (N×2) lie in the polygon (even-odd rule)."""
    x, y = points.T
    hit = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(outline, np.roll(outline, -1, 0), strict=True):
        crosses = (y1 > y) != (y2 > y)
        with np.errstate(divide="ignore", invalid="ignore"):
            hit ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
    return hit


def edge_distance(outline: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Distance of each point (N×2) to the polygon's edge."""
    best = np.full(len(points), np.inf)
    for a, b in zip(outline, np.roll(outline, -1, 0), strict=True):
        d = b - a
        t = np.clip(((points - a) @ d) / (d @ d + 1e-12), 0, 1)
        best = np.minimum(best, np.linalg.norm(points - a - t[:, None] * d, axis=1))
    return best


def subdivided(thing: bpy.types.Object, levels: int = 2) -> bpy.types.Object:
    """Add a subdivision surface."""
    modifier = thing.modifiers.new("Subdivision", "SUBSURF")
    modifier.levels = modifier.render_levels = levels
    return thing
