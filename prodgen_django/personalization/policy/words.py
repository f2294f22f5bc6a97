"""What a shop's words for a product say of the pictures that would suit who likes it.

An editorial list, in English, and a start only: a shop with other words overrides `TasteSource.traits`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from prodgen_django.personalization.policy.taste import likeness

#: Tags of pictures <- the words of attributes and categories that stand for them.
_WORDS = """
    warm: warm | warm natural wood: earthy | warm home textile: cosy | natural wood warm: handmade
    wood natural warm: rustic | wood natural: oak wood wooden | wood elegant dark: walnut | warm natural: terracotta
    natural: stoneware | modern urban plain: modern | plain urban neutral muted: minimal minimalist
    light wood plain: scandinavian | modern urban: geometric | podium plain elegant: sculptural
    urban dark: industrial | urban neutral: concrete | cool light: glass | cool urban: steel
    pastel podium vivid modern: playful | natural outdoor summer: botanical | natural outdoor pastel: floral
    pastel soft light: pastel | elegant marble: classic elegant | elegant marble dark: luxury
    marble elegant: marble | elegant warm: brass | cool light outdoor: coastal | soft muted light: calm
    outdoor natural: outdoor | textile natural: linen | textile home: cotton wool | festive gift vivid: festive
    dark elegant: moody | dark: dark | light: light | cool: cool | vivid: colourful colorful
"""
#: Colour words -> the colour, and the tags that it stands for.
_COLOURS = """
    black #1c1c1c dark | charcoal #36393d dark | grey #8c8c8c neutral muted | gray #8c8c8c neutral muted
    white #f8f8f6 light | cream #f2e8d3 light warm | ivory #f4efe0 light warm | sand #d8c3a0 warm
    beige #d9c9ae warm muted | brown #7a5236 warm dark | terracotta #c4653f warm | rust #a8502d warm
    orange #e8832a warm vivid | mustard #d3a02c warm vivid | yellow #efc941 warm vivid | coral #ee7b64 warm vivid
    red #c8352e warm vivid | burgundy #6f1f31 warm dark | pink #e8a5b4 pastel | blush #ecc6bd pastel warm
    purple #7b4a95 vivid | lilac #c2addb pastel cool | navy #22335a cool dark | blue #3a6fb0 cool
    sky #9cc4e4 cool pastel | teal #2d7f83 cool | turquoise #45b8b5 cool vivid | green #5b8a4f natural
    olive #77743a natural muted | sage #a9b79b natural pastel | gold #c9a24a warm elegant | silver #bfc3c7 cool elegant
"""


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.replace("\n", "|").split("|") if entry.strip()]


ASSOCIATIONS: dict[str, tuple[str, ...]] = {
    word: tuple(tags.split())
    for tags, words in (entry.split(":") for entry in _entries(_WORDS))
    for word in words.split()
}
COLOURS: dict[str, tuple[str, tuple[str, ...]]] = {
    word: (colour, tuple(tags)) for word, colour, *tags in (entry.split() for entry in _entries(_COLOURS))
}


def features_of_words(texts: Iterable[str], category: str = "") -> dict[str, float]:
    """The features that a product's words stand for, the strongest of them 1."""
    sums: dict[str, float] = {}
    for text in texts:
        for word in re.findall(r"\w+", text.lower()):
            colour, alike = COLOURS.get(word, ("", ()))
            if colour:
                sums[f"colour:{colour}"] = 1.0
            for tag in alike:
                sums[f"tag:{tag}"] = sums.get(f"tag:{tag}", 0.0) + 0.5
            for tag in ASSOCIATIONS.get(word, ()):
                sums[f"tag:{tag}"] = sums.get(f"tag:{tag}", 0.0) + 1.0
    strongest = max(sums.values(), default=1.0)
    features = {name: round(value / strongest, 4) for name, value in sums.items()}
    if category:
        features[f"category:{category}"] = 1.0
    return features


def colour_name(colour: str) -> str:
    """The word of `COLOURS` for the colour that looks most like "#rrggbb"; the text itself where none does."""
    word = max(COLOURS, key=lambda word: likeness(colour, COLOURS[word][0]))
    return word if likeness(colour, COLOURS[word][0]) > 0 else colour
