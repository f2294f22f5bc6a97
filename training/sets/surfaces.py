"""What tables, floors and walls are made of, drawn in metres (object coordinates), so that scale holds."""

from __future__ import annotations

from typing import Any

import bpy

from training.photographs.materials import Shader, linear

Material = bpy.types.Material


def _part(s: Shader, axis: int) -> Any:
    return s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["Object"]).outputs[axis]


def _joined(s: Shader, x: Any, y: Any, z: Any) -> Any:
    return s.node("CombineXYZ", X=x, Y=y, Z=z).outputs[0]


def _tone(s: Shader, value: Any, amount: Any, shade: str = "#8a7f74") -> Any:
    """`value` darkened towards its product with `shade`."""
    return s.mix(amount, value, s.mix(1.0, value, shade, "MULTIPLY"))


def _around(s: Shader, noise: Any, gain: float) -> Any:
    """Noise about 0.5 spread by `gain` and kept to 0 to 1."""
    spread = s.math("ADD", s.math("MULTIPLY", s.math("SUBTRACT", noise, 0.5), gain), 0.5)
    return s.node("Clamp", Value=spread).outputs[0]


def boards(
    light: str,
    dark: str,
    width: float = 0.14,
    length: float = 1.4,
    along: str = "x",
    gloss: float = 0.35,
    gap: float = 0.0012,
    wear: float = 0.5,
) -> Material:
    """Solid boards side by side, each cut from another place of the log; `gap` metres between them."""
    s = Shader("boards", light, 0.6 - 0.3 * gloss)
    a, b = (0, 1) if along == "x" else (1, 0)
    u, v = _part(s, a), s.math("ADD", _part(s, b), 40.37 * width)
    row = s.math("FLOOR", s.math("DIVIDE", v, width))
    shift = s.node("TexWhiteNoise", {"noise_dimensions": "1D"}, W=row).outputs[0]
    run = s.math("ADD", s.math("DIVIDE", u, length), s.math("ADD", s.math("MULTIPLY", shift, 7.0), 50.0))
    board = s.math("ADD", s.math("MULTIPLY", row, 13.7), s.math("FLOOR", run))
    chance = s.node("TexWhiteNoise", {"noise_dimensions": "1D"}, W=board)
    tone, away = chance.outputs[0], s.math("MULTIPLY", board, 3.17)
    grain = _joined(s, s.math("MULTIPLY", u, 0.9), s.math("MULTIPLY", v, 14.0), away)
    bend = s.noise(0.9, 2, grain)
    figure = s.node(
        "TexNoise",
        Vector=grain,
        Scale=1.6,
        Detail=5.0,
        Roughness=0.6,
        Distortion=s.math("MULTIPLY", bend, 1.2),
    ).outputs[0]
    colour = s.ramp(figure, [(0.3, dark), (0.52, light), (0.8, dark)], smooth=True)
    colour = s.mix(s.math("ADD", 0.05, s.math("MULTIPLY", tone, 0.35)), colour, light)
    colour = _tone(s, colour, s.math("MULTIPLY", tone, 0.55), "#b59a80")
    fine = _joined(s, s.math("MULTIPLY", u, 12.0), s.math("MULTIPLY", v, 420.0), away)
    pores = s.noise(1.0, 3, fine, 0.6)
    dots = s.node("Clamp", Value=s.math("MULTIPLY", s.math("SUBTRACT", pores, 0.53), 7.0)).outputs[0]
    colour = s.mix(s.math("MULTIPLY", dots, 0.55), colour, dark)
    part = s.math("FRACT", s.math("DIVIDE", v, width))
    edge = s.math("MINIMUM", part, s.math("SUBTRACT", 1.0, part))
    across = s.math("MULTIPLY", edge, width / max(gap, 1e-4))
    end = s.math("FRACT", run)
    end = s.math("MULTIPLY", s.math("MINIMUM", end, s.math("SUBTRACT", 1.0, end)), length / max(gap, 1e-4))
    open_ = s.node("Clamp", Value=s.math("SUBTRACT", 1.0, s.math("MINIMUM", across, end))).outputs[0]
    colour = s.mix(s.math("MULTIPLY", open_, 0.8), colour, "#1d130a")
    s.bump(s.math("SUBTRACT", pores, s.math("MULTIPLY", open_, 2.0)), 0.4, 0.0015)
    rub = s.noise(5, 4)
    rough = s.math("ADD", 0.62 - 0.34 * gloss - 0.1 * wear, s.math("MULTIPLY", rub, 0.25 * wear))
    return s.shaded(Base_Color=colour, Roughness=rough)


def travertine(light: str = "#e9dcc6", dark: str = "#c9b28e", polish: float = 0.3) -> Material:
    """Layered limestone with filled and open voids."""
    s = Shader("travertine", light, 0.6)
    layers = s.node(
        "TexNoise", Vector=s.place((1.4, 9.0, 9.0)), Scale=1.3, Detail=6.0, Roughness=0.62, Distortion=0.5
    ).outputs[0]
    colour = s.ramp(layers, [(0.28, dark), (0.45, light), (0.62, light), (0.8, dark)], smooth=True)
    colour = _tone(s, colour, s.math("MULTIPLY", s.noise(3.0, 4), 0.35), "#cdb79b")
    holes = s.noise(1.0, 3, s.place((38, 120, 120)), 0.55)
    where = _around(s, s.noise(1.0, 2, s.place((2.5, 14, 14))), 5.0)
    deep = s.node("Clamp", Value=s.math("MULTIPLY", s.math("SUBTRACT", holes, 0.61), 14.0)).outputs[0]
    deep = s.math("MULTIPLY", deep, where)
    colour = s.mix(s.math("MULTIPLY", deep, 0.75), colour, "#8f7452")
    s.bump(s.math("SUBTRACT", s.math("MULTIPLY", layers, 0.15), deep), 0.5, 0.002)
    rough = s.math("ADD", 0.62 - 0.35 * polish, s.math("MULTIPLY", deep, 0.3))
    return s.shaded(Base_Color=colour, Roughness=rough)


def marble(
    base: str = "#f1efeb", vein: str = "#8d8b8c", warm: str = "#d8c8b0", gloss: float = 0.7
) -> Material:
    """White stone with long soft veins and a few sharp ones."""
    s = Shader("marble", base, 0.5 - 0.4 * gloss)

    def ridge(scale: float, distortion: float, width: float, detail: float = 4.0) -> Any:
        field = s.node(
            "TexNoise",
            Vector=s.node(
                "Mapping",
                Vector=s.node("TexCoord").outputs["Object"],
                Rotation=(0.3, 0.2, 0.75),
                Scale=(0.7, 1.9, 1.3),
            ).outputs[0],
            Scale=scale,
            Detail=detail,
            Roughness=0.55,
            Distortion=distortion,
        ).outputs[0]
        far = s.math("ABSOLUTE", s.math("SUBTRACT", field, 0.5))
        return s.node("Clamp", Value=s.math("SUBTRACT", 1.0, s.math("DIVIDE", far, width))).outputs[0]

    broad, fine = ridge(1.7, 0.7, 0.09), ridge(2.6, 0.9, 0.012, 6.0)
    clouds = s.noise(1.6, 5, roughness=0.6)
    value = s.mix(s.math("MULTIPLY", _around(s, clouds, 2.2), 0.3), base, "#dcdad7")
    strength = s.math("MULTIPLY", s.math("POWER", broad, 2.0), _around(s, s.noise(1.1, 2), 3.0))
    value = s.mix(s.math("MULTIPLY", strength, 0.42), value, vein)
    value = s.mix(s.math("MULTIPLY", fine, s.math("MULTIPLY", _around(s, clouds, 4.0), 0.5)), value, warm)
    return s.shaded(
        Base_Color=value, Roughness=s.math("ADD", 0.46 - 0.38 * gloss, s.math("MULTIPLY", clouds, 0.1))
    )


def terrazzo(base: str, chips: list[str], size: float = 0.022, gloss: float = 0.5) -> Material:
    """Chips of stone of three sizes, cast and ground flat."""
    s = Shader("terrazzo", base, 0.45 - 0.25 * gloss)
    value: Any = _tone(s, linear(base), s.math("MULTIPLY", s.noise(30, 3), 0.25), "#cfc4b8")
    wobble = s.node("TexNoise", Scale=1.6 / size, Detail=2.0, Vector=s.node("TexCoord").outputs["Object"])
    for scale, share in ((0.35, 0.4), (0.65, 0.42), (1.0, 0.3)):
        bent = s.node(
            "VectorMath",
            {"operation": "MULTIPLY_ADD"},
            _0=wobble.outputs[1],
            _1=(size * 0.5,) * 3,
            _2=s.node("TexCoord").outputs["Object"],
        ).outputs[0]
        cells = s.node("TexVoronoi", {"feature": "F1"}, Vector=bent, Scale=1 / (size * scale), Randomness=1.0)
        chance = s.node("SeparateXYZ", Vector=cells.outputs[1])
        edge = s.node(
            "TexVoronoi",
            {"feature": "DISTANCE_TO_EDGE"},
            Vector=bent,
            Scale=1 / (size * scale),
            Randomness=1.0,
        ).outputs[0]
        least = s.math("ADD", 0.06, s.math("MULTIPLY", chance.outputs[1], 0.22))
        inside = s.math(
            "MULTIPLY", s.math("LESS_THAN", chance.outputs[0], share), s.math("GREATER_THAN", edge, least)
        )
        stops = [(i / len(chips), colour) for i, colour in enumerate(chips)]
        tint = s.ramp(chance.outputs[2], stops)
        tint.node.color_ramp.interpolation = "CONSTANT"
        tint = _tone(s, tint, s.math("MULTIPLY", s.noise(160, 2), 0.4), "#b8aea4")
        value = s.mix(inside, value, tint)
    return s.shaded(Base_Color=value)


def concrete(light: str = "#bdb9b2", dark: str = "#98948d", polish: float = 0.2) -> Material:
    """Cast concrete: clouds, stains and pinholes."""
    s = Shader("concrete", light, 0.8 - 0.4 * polish)
    clouds = _around(s, s.noise(1.3, 6, roughness=0.62), 2.6)
    value = s.mix(clouds, light, dark)
    value = _tone(s, value, s.math("MULTIPLY", s.noise(22, 5, roughness=0.7), 0.3), "#a8a29a")
    cells = s.node("TexVoronoi", Scale=70.0)
    chance = s.node("SeparateXYZ", Vector=cells.outputs[1])
    hole = s.math(
        "MULTIPLY", s.math("LESS_THAN", chance.outputs[0], 0.02), s.math("LESS_THAN", cells.outputs[0], 0.1)
    )
    value = s.mix(s.math("MULTIPLY", hole, 0.6), value, "#56524c")
    s.bump(s.math("SUBTRACT", s.noise(240, 3), s.math("MULTIPLY", hole, 3.0)), 0.18, 0.001)
    rough = s.math("ADD", 0.78 - 0.45 * polish, s.math("MULTIPLY", clouds, 0.15))
    return s.shaded(Base_Color=value, Roughness=rough)


def limewash(colour: str, shade: str = "#b8ab9c", depth: float = 0.5) -> Material:
    """Lime paint in crossing brush strokes: soft clouds that a roller never makes."""
    s = Shader("limewash", colour, 0.92)
    first = s.noise(2.0, 5, s.place((1.0, 1.0, 2.2)), 0.6)
    stroke = s.noise(7.0, 4, s.place((2.6, 1.0, 0.7)), 0.65)
    other = s.noise(7.0, 4, s.place((0.7, 1.0, 2.4)), 0.65)
    both = s.math(
        "ADD", s.math("MULTIPLY", first, 0.5), s.math("MULTIPLY", s.math("ADD", stroke, other), 0.25)
    )
    value = _tone(s, linear(colour), s.math("MULTIPLY", _around(s, both, 3.2), depth), shade)
    s.bump(stroke, 0.25, 0.002)
    s.bump(s.noise(300, 3), 0.12, 0.0008)
    return s.shaded(Base_Color=value)


def plaster(colour: str, rough: float = 0.5) -> Material:
    """Trowelled lime plaster."""
    s = Shader("plaster", colour, 0.9)
    sweep = s.node("TexNoise", Vector=s.place((1, 1, 1)), Scale=9.0, Detail=4.0, Distortion=1.6).outputs[0]
    value = _tone(s, linear(colour), s.math("MULTIPLY", s.noise(4, 4), 0.28), "#cfc2b2")
    s.bump(sweep, 0.5 * rough, 0.006)
    s.bump(s.noise(210, 4, roughness=0.6), 0.35 * rough, 0.0015)
    return s.shaded(Base_Color=value)


def zellige(
    colours: list[str], grout: str = "#ddd6c8", wide: float = 0.1, high: float = 0.1, gloss: float = 0.85
) -> Material:
    """Hand-cut glazed tiles on a wall in the xz plane: each of another tone, and each a little out of true."""
    s = Shader("zellige", colours[0], 0.4 - 0.3 * gloss)
    row_at = s.math("DIVIDE", s.math("ADD", _part(s, 2), 20 * high), high)
    row = s.math("FLOOR", row_at)
    half = s.math("MULTIPLY", s.math("MODULO", row, 2.0), 0.5 if wide > high else 0.0)
    column_at = s.math("ADD", s.math("DIVIDE", s.math("ADD", _part(s, 0), 50 * wide), wide), half)
    u, v = s.math("FRACT", column_at), s.math("FRACT", row_at)
    chance = s.node(
        "TexWhiteNoise", {"noise_dimensions": "2D"}, Vector=_joined(s, s.math("FLOOR", column_at), row, 0.0)
    )
    one = s.node("SeparateXYZ", Vector=chance.outputs[1])
    value = s.ramp(one.outputs[0], [(i / max(1, len(colours) - 1), c) for i, c in enumerate(colours)])
    value = _tone(s, value, s.math("MULTIPLY", s.noise(26, 4), 0.35), "#b9b2a4")
    edge_u = s.math("MULTIPLY", s.math("MINIMUM", u, s.math("SUBTRACT", 1.0, u)), wide)
    edge_v = s.math("MULTIPLY", s.math("MINIMUM", v, s.math("SUBTRACT", 1.0, v)), high)
    ragged = s.math("ADD", 0.0012, s.math("MULTIPLY", s.noise(120, 2), 0.0012))
    edge = s.math("SUBTRACT", s.math("MINIMUM", edge_u, edge_v), ragged)
    joint = s.node("Clamp", Value=s.math("SUBTRACT", 1.0, s.math("MULTIPLY", edge, 1200.0))).outputs[0]
    tilt = s.math(
        "ADD",
        s.math("MULTIPLY", u, s.math("SUBTRACT", one.outputs[1], 0.5)),
        s.math("MULTIPLY", v, s.math("SUBTRACT", one.outputs[2], 0.5)),
    )
    s.bump(s.math("ADD", tilt, s.math("MULTIPLY", s.noise(34, 2), 0.5)), 0.9, 0.0035)
    s.bump(joint, -0.8, 0.002)
    rough = s.math("ADD", 0.42 - 0.36 * gloss, s.math("MULTIPLY", joint, 0.6))
    return s.shaded(Base_Color=s.mix(joint, value, grout), Roughness=rough)


def brushed(colour: str, rough: float = 0.45) -> Material:
    """Painted wood: brush marks along x, a faint wear."""
    s = Shader("brushed", colour, rough)
    marks = s.noise(1.0, 3, s.place((9, 260, 260)), 0.6)
    value = _tone(s, linear(colour), s.math("MULTIPLY", s.noise(3, 5), 0.22), "#b8b0a6")
    s.bump(marks, 0.16, 0.0008)
    return s.shaded(Base_Color=value)


def slate(colour: str = "#37393b", light: str = "#5d5f60") -> Material:
    """Riven dark stone: clefts along one direction, pale dust in them."""
    s = Shader("slate", colour, 0.5)
    bent = s.node(
        "TexNoise", Vector=s.place((1, 2.6, 1)), Scale=11.0, Detail=7.0, Roughness=0.66, Distortion=0.8
    ).outputs[0]
    value = s.mix(_around(s, bent, 1.5), colour, light)
    value = _tone(s, value, s.math("MULTIPLY", s.noise(90, 3), 0.5), "#8a8884")
    s.bump(bent, 0.6, 0.006)
    s.bump(s.noise(160, 3), 0.2, 0.001)
    return s.shaded(Base_Color=value, Roughness=s.math("ADD", 0.22, s.math("MULTIPLY", bent, 0.4)))


def leafy(colour: str, second: str, rough: float = 0.5, through: float = 0.25) -> Material:
    """Leaves and petals: two tones, some light through them."""
    s = Shader("leafy", colour, rough, Transmission_Weight=0.0, Subsurface_Weight=0.0)
    chance = s.node("ObjectInfo").outputs["Random"]
    blend = _around(
        s, s.math("ADD", s.math("MULTIPLY", s.noise(22, 2), 0.9), s.math("MULTIPLY", chance, 0.1)), 3.0
    )
    value = s.mix(blend, colour, second)
    thin = s.node("BsdfTranslucent", Color=value)
    joined = s.node("MixShader", _0=through, _1=s.surface.outputs[0], _2=thin.outputs[0])
    s.tree.links.new(joined.outputs[0], s.tree.nodes["Material Output"].inputs["Surface"])
    return s.shaded(Base_Color=value)
