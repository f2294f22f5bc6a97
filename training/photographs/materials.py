"""Procedural materials: glazed clay, wood, cloth, glass, metal, paper. Colours are sRGB hex strings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy


def linear(colour: str) -> tuple[float, float, float, float]:
    """'#rrggbb' to the scene-linear RGBA that Blender's sockets take."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return r, g, b, 1.0


class Shader:
    """A thin writer of node trees round one Principled BSDF."""

    def __init__(self, name: str, colour: str = "#cccccc", roughness: float = 0.5, **inputs: Any) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.surface = self.tree.nodes["Principled BSDF"]
        self.set(self.surface, Base_Color=linear(colour), Roughness=roughness, **inputs)

    def set(self, node: Any, **inputs: Any) -> Any:
        for key, value in inputs.items():
            socket = node.inputs[int(key[1:])] if key[0] == "_" else node.inputs[key.replace("_", " ")]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = value
        return node

    def node(self, kind: str, properties: dict[str, Any] | None = None, **inputs: Any) -> Any:
        made = self.tree.nodes.new(f"ShaderNode{kind}")
        for key, value in (properties or {}).items():
            setattr(made, key, value)
        return self.set(made, **inputs)

    def place(self, scale: tuple[float, float, float], kind: str = "Object") -> Any:
        """Texture coordinates multiplied by ``scale``."""
        source = self.node("TexCoord").outputs[kind]
        return self.node("Mapping", Vector=source, Scale=scale).outputs[0]

    def noise(self, scale: float, detail: float = 2.0, vector: Any = None, roughness: float = 0.5) -> Any:
        vector = vector or self.node("TexCoord").outputs["Object"]
        return self.node("TexNoise", Vector=vector, Scale=scale, Detail=detail, Roughness=roughness).outputs[
            0
        ]

    def ramp(self, value: Any, stops: list[tuple[float, str]], smooth: bool = False) -> Any:
        made = self.node("ValToRGB", Fac=value)
        ramp = made.color_ramp
        ramp.interpolation = "EASE" if smooth else "LINEAR"
        while len(ramp.elements) < len(stops):
            ramp.elements.new(0.5)
        for element, (at, colour) in zip(ramp.elements, stops, strict=True):
            element.position = at
            element.color = linear(colour)
        return made.outputs[0]

    def mix(self, factor: Any, first: Any, second: Any, how: str = "MIX") -> Any:
        first, second = (linear(c) if isinstance(c, str) else c for c in (first, second))
        made = self.node("Mix", {"data_type": "RGBA", "blend_type": how}, _0=factor, _6=first, _7=second)
        return made.outputs[2]

    def math(self, how: str, first: Any, second: Any = 0.0) -> Any:
        return self.node("Math", {"operation": how}, _0=first, _1=second).outputs[0]

    def bump(self, height: Any, strength: float, distance: float = 0.001) -> None:
        """Chain another bump onto the surface's normal."""
        made = self.node("Bump", Strength=strength, Distance=distance, Height=height)
        socket = self.surface.inputs["Normal"]
        if socket.is_linked:
            self.tree.links.new(socket.links[0].from_socket, made.inputs["Normal"])
        self.tree.links.new(made.outputs[0], socket)

    def image(self, path: Path, extend: str = "EXTEND", repeat: tuple[float, float] = (1, 1)) -> Any:
        picture = bpy.data.images.load(str(path), check_existing=True)
        vector = self.place((repeat[0], repeat[1], 1), "UV")
        return self.node("TexImage", {"image": picture, "extension": extend}, Vector=vector).outputs["Color"]

    def shaded(self, **inputs: Any) -> bpy.types.Material:
        self.set(self.surface, **inputs)
        return self.material


def plain(colour: str, roughness: float = 0.5, **inputs: Any) -> bpy.types.Material:
    """One colour."""
    return Shader("plain", colour, roughness, **inputs).material


def painted(colour: str, roughness: float = 0.55) -> bpy.types.Material:
    """A painted wall or sweep: nearly flat, with the faint mottling of a roller."""
    s = Shader("painted", colour, roughness)
    s.bump(s.noise(180, 3), 0.05)
    return s.material


def ceramic(
    colour: str,
    dip: str | None = None,
    dip_height: float = 0.05,
    speckle: str | None = None,
    gloss: float = 0.75,
    print_image: Path | None = None,
) -> bpy.types.Material:
    """Glazed clay; ``dip`` is the colour above ``dip_height`` metres, ``speckle`` the colour of iron spots."""
    s = Shader("ceramic", colour, 0.55 - 0.4 * gloss, Coat_Weight=0.6 * gloss, Coat_Roughness=0.08)
    value: Any = linear(colour)
    cloud = s.noise(14, 3)
    value = s.mix(s.math("MULTIPLY", cloud, 0.22), value, s.mix(1.0, value, "#b8a48c", "MULTIPLY"))
    if dip:
        z = s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["Object"]).outputs[2]
        edge = s.math("ADD", z, s.math("MULTIPLY", s.math("SUBTRACT", s.noise(22, 2), 0.5), 0.012))
        over = s.math("GREATER_THAN", edge, dip_height)
        value = s.mix(over, value, linear(dip))
    if print_image:
        value = s.mix(1.0, value, s.image(print_image, "REPEAT"), "MULTIPLY")
    if speckle:
        cells = s.node("TexVoronoi", Scale=210.0, Randomness=1.0)
        chance = s.node("SeparateXYZ", Vector=cells.outputs[1])
        # Every sixth cell holds a spot, each of a size of its own.
        keep = s.math("LESS_THAN", chance.outputs[0], 0.16)
        size = s.math("MULTIPLY", chance.outputs[1], 0.42)
        spot = s.math("MULTIPLY", s.math("LESS_THAN", cells.outputs[0], size), keep)
        value = s.mix(s.math("MULTIPLY", spot, 0.8), value, linear(speckle))
    s.bump(s.noise(28, 2), 0.12)
    if gloss < 0.4:
        s.bump(s.noise(450, 2), 0.25)
    return s.shaded(Base_Color=value)


def wood(
    light: str, dark: str, along: str = "z", scale: float = 1.0, gloss: float = 0.4
) -> bpy.types.Material:
    """Oiled timber, the grain running along one object axis."""
    s = Shader("wood", light, 0.62 - 0.35 * gloss)
    stretch = {"x": (0.06, 1, 1), "y": (1, 0.06, 1), "z": (1, 1, 0.06)}[along]
    vector = s.place(tuple(20 * scale * k for k in stretch))
    warp = s.noise(1.1, 3, vector)
    rings = s.node(
        "TexNoise",
        Vector=vector,
        Scale=3.2,
        Detail=6.0,
        Roughness=0.62,
        Distortion=s.math("MULTIPLY", warp, 1.6),
    ).outputs[0]
    colour = s.ramp(rings, [(0.28, dark), (0.5, light), (0.74, dark)], smooth=True)
    pores = s.noise(90, 2, s.place(tuple(12 * scale * k * (k if k < 1 else 1) for k in stretch)))
    colour = s.mix(s.math("MULTIPLY", s.math("GREATER_THAN", pores, 0.64), 0.35), colour, dark)
    s.bump(pores, 0.08)
    return s.shaded(Base_Color=colour)


def cloth(
    colour: str,
    image: Path | None = None,
    threads: float = 900.0,
    sheen: float = 0.3,
    strength: float = 0.35,
    mottle: float = 0.25,
    repeat: tuple[float, float] = (1, 1),
) -> bpy.types.Material:
    """Woven or knitted textile: ``threads`` a metre, plain or printed (by UV)."""
    s = Shader("cloth", colour, 0.9, Sheen_Weight=sheen, Sheen_Roughness=0.4)
    value: Any = s.image(image, "REPEAT", repeat) if image else linear(colour)
    slub = s.noise(threads / 9, 3)
    value = s.mix(s.math("MULTIPLY", slub, mottle), value, s.mix(1.0, value, "#807a74", "MULTIPLY"))
    coordinates = s.node("TexCoord").outputs["Object"]
    warp = s.node("TexWave", {"bands_direction": "X"}, Vector=coordinates, Scale=threads / 20, Distortion=1.0)
    weft = s.node("TexWave", {"bands_direction": "Y"}, Vector=coordinates, Scale=threads / 20, Distortion=1.0)
    s.bump(s.math("ADD", warp.outputs[1], weft.outputs[1]), strength, 0.0008)
    s.bump(slub, strength * 0.6, 0.001)
    return s.shaded(Base_Color=value)


def knit(colour: str, second: str | None = None, band: tuple[float, float] = (0, 0)) -> bpy.types.Material:
    """Wool; ``second`` colours the height between the two values of ``band`` (metres)."""
    s = Shader("knit", colour, 0.95, Sheen_Weight=0.6, Sheen_Roughness=0.5)
    value: Any = linear(colour)
    if second:
        z = s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["Object"]).outputs[2]
        inside = s.math("MULTIPLY", s.math("GREATER_THAN", z, band[0]), s.math("LESS_THAN", z, band[1]))
        value = s.mix(inside, value, linear(second))
    fuzz = s.noise(260, 4, roughness=0.7)
    value = s.mix(s.math("MULTIPLY", fuzz, 0.45), value, s.mix(1.0, value, "#6a635c", "MULTIPLY"))
    s.bump(fuzz, 0.7, 0.003)
    return s.shaded(Base_Color=value)


def leather(colour: str) -> bpy.types.Material:
    """Full-grain leather."""
    s = Shader("leather", colour, 0.48)
    cells = s.node("TexVoronoi", {"feature": "DISTANCE_TO_EDGE"}, Scale=380.0).outputs[0]
    s.bump(s.math("MINIMUM", cells, 0.2), 0.35, 0.002)
    cloud = s.noise(18, 4)
    return s.shaded(
        Base_Color=s.mix(cloud, s.mix(1.0, linear(colour), "#9a8676", "MULTIPLY"), linear(colour))
    )


def metal(colour: str, roughness: float = 0.28) -> bpy.types.Material:
    """Brass, steel, copper."""
    s = Shader("metal", colour, roughness, Metallic=1.0)
    s.bump(s.noise(900, 1, s.place((1, 1, 0.02))), 0.02)
    return s.material


def glass(tint: str = "#ffffff", roughness: float = 0.0) -> bpy.types.Material:
    """Clear or coloured glass whose shadow lets light through (there are no caustics at these sample counts)."""
    s = Shader("glass", tint, roughness, Transmission_Weight=1.0, IOR=1.46)
    clear = s.node("BsdfTransparent", Color=s.mix(0.25, linear(tint), "#ffffff"))
    shadow = s.node("LightPath").outputs["Is Shadow Ray"]
    joined = s.node("MixShader", _0=shadow, _1=s.surface.outputs[0], _2=clear.outputs[0])
    s.tree.links.new(joined.outputs[0], s.tree.nodes["Material Output"].inputs["Surface"])
    return s.material


def glowing(colour: str, strength: float) -> bpy.types.Material:
    """A lit shade: cloth or opal glass with light behind it, brighter towards its middle height."""
    s = Shader("glowing", colour, 0.6, Emission_Color=linear(colour))
    z = s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["Generated"]).outputs[2]
    belly = s.math("SUBTRACT", 1.0, s.math("POWER", s.math("ABSOLUTE", s.math("SUBTRACT", z, 0.45)), 1.5))
    return s.shaded(Emission_Strength=s.math("MULTIPLY", belly, strength))


def printed(image: Path, roughness: float = 0.6, paper: float = 0.1) -> bpy.types.Material:
    """Ink on paper, by UV."""
    s = Shader("printed", "#ffffff", roughness)
    s.bump(s.noise(700, 2), paper, 0.0004)
    return s.shaded(Base_Color=s.image(image))


def pile(image: Path, strength: float = 0.6, grain: float = 420.0) -> bpy.types.Material:
    """A rug's wool, by UV."""
    s = Shader("pile", "#ffffff", 0.95, Sheen_Weight=0.35, Sheen_Roughness=0.5)
    tuft = s.noise(grain, 3, roughness=0.65)
    rows = s.node(
        "TexWave", {"bands_direction": "Y"}, Vector=s.node("TexCoord").outputs["Object"], Scale=grain / 9
    )
    value = s.image(image)
    value = s.mix(s.math("MULTIPLY", tuft, 0.5), value, s.mix(1.0, value, "#5c544c", "MULTIPLY"))
    s.bump(s.math("ADD", tuft, s.math("MULTIPLY", rows.outputs[1], 0.35)), strength, 0.004)
    return s.shaded(Base_Color=value)


def wicker(colour: str, rows: float = 120.0) -> bpy.types.Material:
    """Plaited straw by UV: u round, v up."""
    s = Shader("wicker", colour, 0.75)
    uv = s.node("SeparateXYZ", Vector=s.node("TexCoord").outputs["UV"])
    up = s.math("MULTIPLY", uv.outputs[1], rows)
    course = s.math("FLOOR", up)
    shift = s.math("MULTIPLY", s.math("MODULO", course, 2.0), 3.14159)
    across = s.math("SINE", s.math("ADD", s.math("MULTIPLY", uv.outputs[0], rows * 5.0), shift))
    bulge = s.math("SINE", s.math("MULTIPLY", s.math("FRACT", up), 3.14159))
    height = s.math("MULTIPLY", bulge, s.math("ADD", across, 1.6))
    s.bump(height, 0.9, 0.004)
    shade = s.math("MULTIPLY", s.math("SUBTRACT", 2.2, height), 0.3)
    value = s.mix(shade, linear(colour), s.mix(1.0, linear(colour), "#7a5c3c", "MULTIPLY"))
    streak = s.noise(3, 2, s.place((40, rows, 1), "UV"))
    return s.shaded(Base_Color=s.mix(s.math("MULTIPLY", streak, 0.4), value, "#fff2d0"))
