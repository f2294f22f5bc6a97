"""What goods are called, how they are shown and how large they are: a first guess, which the shop's word replaces.

Data and words alone, so that a web process may read it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, get_args

__all__ = ["GOODS", "POSES", "Good", "Pose", "good_of", "sides_in"]

Pose = Literal["table", "floor", "lies", "hangs", "wall", "leans"]
POSES: tuple[Pose, ...] = get_args(Pose)
"""It stands on a table; on a floor; lies, seen from above; hangs free (clothes); hangs on a wall; leans against one."""


@dataclass(frozen=True, slots=True)
class Good:
    """`names`: English, German, French, Spanish, Italian and Dutch, without accents, each the whole word or, with a
    hyphen before or after it, the end or the beginning of one. `size`: its usual longer side in centimetres. `flat`:
    whether it is a flat rectangle; None: as its pose says, which what lies or is on a wall may be. `kinds`: what it is,
    in the words by which sets say what they are for."""

    names: tuple[str, ...]
    pose: Pose
    size: float
    flat: bool | None = None
    kinds: tuple[str, ...] = ()


def _good(names: str, pose: Pose, size: float, flat: bool | None = None, *, kinds: str) -> Good:
    return Good(tuple(names.split()), pose, size, flat, tuple(kinds.split()))


_SIDE = r"(\d{1,4}(?:[.,]\d{1,2})?)"
_SIDES = re.compile(rf"(?<![\d.,]){_SIDE}\s*(?:cm|mm|m|in|″)?\s*[x×]\s*{_SIDE}(?![\d.,])")


GOODS: tuple[Good, ...] = (
    # on a table
    _good("mug mugs cup cups -tasse tasse tassen becher -becher taza tazas tazza tazze mok kopje",
          "table", 11, kinds="kitchen home drinks"),
    _good("glass glasses tumbler tumblers -glas glas glaser verre verres vaso vasos bicchiere bicchieri",
          "table", 13, kinds="drinks kitchen home"),
    _good("carafe decanter karaffe -karaffe jarra caraffa karaf", "table", 28, kinds="drinks kitchen home"),
    _good("jug pitcher krug kanne -kanne pichet cruche brocca kan", "table", 22, kinds="kitchen home drinks"),
    _good("vase vases -vase vasen jarron florero vasi vaas", "table", 28, kinds="home plants"),
    _good("bowl bowls schale schalen schussel -schussel bol bols cuenco ciotola ciotole kom schaal",
          "table", 20, kinds="kitchen home food"),
    _good("plate plates teller -teller assiette assiettes plato platos piatto piatti bord borden",
          "table", 26, kinds="kitchen home food"),
    _good("bottle bottles flasche -flasche flaschen bouteille flacon botella bottiglia fles",
          "table", 25, kinds="drinks kitchen"),
    _good("jar jars glasschen bocal tarro barattolo pot", "table", 15, kinds="kitchen food"),
    _good("teapot kettle wasserkocher teekanne theiere bouilloire tetera hervidor teiera bollitore waterkoker",
          "table", 26, kinds="kitchen"),
    _good("toaster grille-pain tostadora tostapane broodrooster", "table", 30, kinds="kitchen"),
    _good("blender mixer standmixer mixeur batidora frullatore", "table", 40, kinds="kitchen"),
    _good("fryer airfryer friteuse freidora friggitrice", "table", 35, kinds="kitchen"),
    _good("espresso coffee kaffeemaschine cafetiere cafetera macchina koffie-", "table", 38, kinds="kitchen"),
    _good("iron bugeleisen fer plancha ferro strijkijzer", "table", 30, kinds="electronics home"),
    _good("candle candles kerze kerzen bougie bougies vela velas candela candele kaars",
          "table", 14, kinds="home gift"),
    _good("clock uhr -uhr horloge reloj orologio klok", "table", 20, kinds="home"),
    _good("book books buch bucher livre livres libro libros libri boek boeken",
          "table", 24, flat=True, kinds="home gift"),
    _good("phone smartphone handy telephone telefono telefoon", "table", 15, kinds="electronics"),
    _good("headphones headset kopfhorer casque auriculares cuffie koptelefoon", "table", 20, kinds="electronics"),
    _good("speaker lautsprecher enceinte altavoz altoparlante luidspreker", "table", 22, kinds="electronics home"),
    _good("watch watches armbanduhr montre montres", "table", 10, kinds="jewellery"),
    _good("shoe shoes sneaker sneakers boot boots schuh schuhe stiefel chaussure chaussures bottes baskets zapato "
          "zapatos zapatillas bota botas scarpa scarpe stivali schoen schoenen laars laarzen",
          "table", 30, kinds="fashion"),
    _good("bag bags tote handbag tasche -tasche sac sacs bolso bolsa borsa borse tas", "table", 38, kinds="fashion"),
    _good("backpack rucksack sac-a-dos mochila zaino rugzak", "table", 50, kinds="fashion"),
    _good("helmet helm casco fahrradhelm", "table", 30, kinds="tools"),
    _good("toy teddy spielzeug jouet juguete giocattolo speelgoed", "table", 25, kinds="gift home"),
    _good("soap shampoo seife savon jabon sapone zeep creme cream lotion perfume parfum",
          "table", 17, kinds="cosmetics bath"),
    _good("box carton karton boite caja scatola doos", "table", 25, kinds="gift home"),
    _good("shaver trimmer rasierer rasoir afeitadora rasoio", "table", 18, kinds="bath electronics"),
    _good("dryer hairdryer fohn haartrockner seche-cheveux secador asciugacapelli",
          "table", 24, kinds="bath electronics"),
    # on a floor
    _good("chair chairs stuhl stuhle -stuhl chaise chaises silla sillas sedia sedie stoel stoelen",
          "floor", 88, kinds="furniture"),
    _good("armchair sessel fauteuil sillon poltrona", "floor", 90, kinds="furniture"),
    _good("stool stools hocker tabouret taburete sgabello kruk", "floor", 55, kinds="furniture"),
    _good("bench banc banco panca bank", "floor", 110, kinds="furniture"),
    _good("sofa couch canape divano bankstel", "floor", 200, kinds="furniture"),
    _good("table tisch -tisch mesa tavolo tafel desk schreibtisch bureau", "floor", 120, kinds="furniture"),
    _good("shelf shelves bookcase regal etagere estanteria scaffale libreria boekenkast",
          "floor", 180, kinds="furniture"),
    _good("cabinet dresser sideboard schrank kommode armoire commode armario cassettiera kast",
          "floor", 110, kinds="furniture"),
    _good("pouf pouffe ottoman puf poef", "floor", 50, kinds="furniture"),
    _good("lamp lamps lampe lampen lampara lampada leuchte -leuchte", "table", 45, kinds="lamps home"),
    _good("floor-lamp floorlamp stehlampe stehleuchte lampadaire piantana vloerlamp",
          "floor", 150, kinds="lamps furniture"),
    _good("vacuum staubsauger aspirateur aspiradora aspirapolvere stofzuiger",
          "floor", 115, kinds="electronics furniture"),
    _good("purifier luftreiniger purificateur purificador luchtreiniger fan ventilator ventilateur ventilador",
          "floor", 60, kinds="electronics furniture"),
    _good("basket korb -korb panier cesta cesto mand", "floor", 40, kinds="home furniture"),
    _good("plant pflanze plante planta pianta planter blumentopf", "floor", 60, kinds="plants home furniture"),
    _good("suitcase koffer valise maleta valigia", "floor", 65, kinds="fashion"),
    _good("bicycle bike fahrrad velo bicicleta bicicletta fiets", "floor", 170, kinds="tools"),
    _good("ladder leiter echelle escalera scala", "leans", 180, kinds="tools furniture"),
    _good("snowboard snowboards ski skis skier surfboard skateboard", "leans", 155, kinds="tools"),
    _good("clothes-rack rack garderobe perchero appendiabiti kapstok stand", "floor", 160, kinds="furniture"),
    # lies
    _good("cushion pillow kissen -kissen coussin cojin almohada cuscino kussen", "lies", 45, kinds="textiles"),
    _good("rug rugs carpet teppich -teppich tapis alfombra tappeto tapijt vloerkleed",
          "lies", 200, kinds="textiles furniture"),
    _good("towel towels handtuch -tuch serviette toalla asciugamano handdoek", "lies", 100, kinds="bath textiles"),
    _good("blanket throw decke plaid couverture manta coperta deken", "lies", 150, kinds="textiles"),
    _good("cutlery fork knife spoon besteck gabel messer loffel couverts couteau cubiertos cuchillo posate coltello "
          "bestek mes", "lies", 22, kinds="kitchen home"),
    _good("necklace bracelet ring rings earring earrings kette -kette halskette armband ohrring collier bague boucles "
          "collar pulsera anillo pendientes collana bracciale anello orecchini ketting oorbellen",
          "lies", 12, kinds="jewellery"),
    _good("placemat tablecloth tischdecke nappe mantel tovaglia tafelkleed", "lies", 90, kinds="textiles kitchen"),
    _good("notebook notizbuch carnet cuaderno quaderno", "lies", 22, kinds="home gift"),
    _good("socks socken chaussettes calcetines calze sokken gloves handschuhe gants guantes guanti",
          "lies", 25, kinds="fashion"),
    _good("scarf schal -schal echarpe bufanda sciarpa sjaal", "lies", 70, kinds="fashion"),
    _good("jeans trousers pants hose -hose pantalon pantalones pantaloni broek shorts", "lies", 100, kinds="fashion"),
    # hangs
    _good("shirt shirts t-shirt tshirt tee hemd -hemd chemise camisa camiseta camicia maglietta overhemd",
          "hangs", 72, kinds="fashion"),
    _good("sweater pullover hoodie pulli pull jersey sudadera maglione felpa trui", "hangs", 70, kinds="fashion"),
    _good("dress kleid -kleid robe vestido vestito jurk", "hangs", 100, kinds="fashion"),
    _good("jacket coat jacke -jacke mantel-jacke veste manteau chaqueta abrigo giacca cappotto jas",
          "hangs", 80, kinds="fashion"),
    _good("skirt rock jupe falda gonna rok", "hangs", 60, kinds="fashion"),
    # on a wall
    _good("poster print plakat kunstdruck affiche lamina cartel stampa", "wall", 70, kinds="prints"),
    _good("painting canvas gemalde leinwand tableau cuadro quadro schilderij", "wall", 70, kinds="prints"),
    _good("mirror spiegel -spiegel miroir espejo specchio", "wall", 70, kinds="mirrors"),
    _good("frame rahmen -rahmen cadre marco cornice lijst", "wall", 40, kinds="prints"),
    _good("tapestry wandteppich wandbehang tapisserie tapiz arazzo", "wall", 100, kinds="prints textiles"),
    _good("wall-clock wanduhr pendule", "wall", 32, kinds="home prints"),
    _good("sconce wandleuchte applique aplique", "wall", 25, kinds="lamps"),
)  # fmt: skip


def good_of(texts: Iterable[str]) -> Good | None:
    """The good that a product's title and categories name, the first text's before the next one's, the last word of a
    title before its first: a "coffee table" is a table. None where nothing is known."""
    for text in texts:
        words = _words(text)
        joined = [*words, *(f"{a}-{b}" for a, b in pairwise(words))]
        for word in reversed(joined):
            found = _by_word(word) or _by_word(word.removesuffix("s"))
            if found is not None:
                return found
    return None


def sides_in(text: str) -> tuple[float, float] | None:
    """The two sides that a title names, as in "50 × 70 cm", in whatever unit; None where it names none."""
    found = _SIDES.search(text.casefold())
    if found is None:
        return None
    first, second = (float(side.replace(",", ".")) for side in found.groups())
    return (first, second) if min(first, second) > 0 else None


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.findall(r"[a-z]+(?:-[a-z]+)*", "".join(c for c in plain if not unicodedata.combining(c)))


@lru_cache(maxsize=4096)
def _by_word(word: str) -> Good | None:
    for good in GOODS:
        if word in good.names:
            return good
    ends = [
        (len(name), good)
        for good in GOODS
        for name in good.names
        if (name.startswith("-") and word.endswith(name[1:]))
        or (name.endswith("-") and word.startswith(name[:-1]))
    ]
    return max(ends, key=lambda pair: pair[0])[1] if ends else None
