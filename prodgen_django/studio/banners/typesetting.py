"""A banner's words as set type: a column for most sizes, a row for strips. Sizes follow one scale, so that
what matters most is largest."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from .geometry import Rect, around
from .lettering import Block, Line, Shape, append, in_pill, same_band
from .linesetting import LineSetter

Align = Literal["start", "center"]

_TIGHT = 0.14  # between ink and the edge of a button
#: What is given up first where there is no room.
SPARED = ("until", "subline", "old_price")


class Setter(LineSetter):
    """Sets one brief in one typeface, as a column or as a row."""

    # -- columns ------------------------------------------------------------------------------------------

    def column(
        self, width: float, height: float, least: float, most: float, align: Align, most_lines: int = 4
    ) -> Block | None:
        """The words one under another, as large as they can be in width × height; None where they cannot be.

        `least` and `most`: the bounds of the letters' size in pixels.
        """
        given_up: tuple[str, ...] = ()
        for count in range(len(SPARED) + 1):
            given_up = tuple(role for role in SPARED[:count] if role in self.texts)
            best = self._largest(width, height, least, most, align, most_lines, given_up)
            # A headline that must be tiny so that small print fits is no headline.
            if best is not None and (best.headline_size >= 1.55 * least or count == len(SPARED)):
                return best
        return self._largest(width, height, least, most, align, most_lines + 1, given_up, loose=True)

    def _largest(
        self, width: float, height: float, least: float, most: float, align: Align, most_lines: int,
        given_up: tuple[str, ...], *, loose: bool = False,
    ) -> Block | None:  # fmt: skip
        size = most
        while size >= 1.15 * least:
            block = self._column(width, least, size, align, most_lines, given_up, loose=loose)
            if block is not None and block.height <= height:
                # Room that is left over goes to the price and the other words, not to the gap beneath.
                for louder in (1.45, 1.3, 1.15):
                    grown = self._column(width, least, size, align, most_lines, given_up, louder, loose=loose)
                    if grown is not None and grown.height <= 0.94 * height:
                        return grown
                return block
            size *= 0.95
        return None

    def _column(
        self, width: float, least: float, size: float, align: Align, most_lines: int,
        given_up: tuple[str, ...], louder: float = 1.0, *, loose: bool = False,
    ) -> Block | None:  # fmt: skip
        texts = {role: text for role, text in self.texts.items() if role not in given_up}
        lines: list[Line] = []
        shapes: list[Shape] = []
        y = 0.0
        mark = self._mark(size, least, width)
        if mark is not None:
            y = self._put_mark(mark, lines, shapes, y) + 0.5 * size
        broken = self.broken("headline", size, width, most_lines, loose=loose)
        if broken is None:
            return None
        y = self.paragraph("headline", broken, size, y, lines)
        if "subline" in texts:
            small = max(least, min(0.36 * louder * size, 2.2 * louder * least))
            part = self.broken("subline", small, width, 3)
            if part is None:
                return None
            y = self.paragraph("subline", part, small, y + 0.30 * size + 0.12 * least, lines)
        if "price" in texts or "badge" in texts:
            row = self._price(width, least, louder * size, texts)
            if row is None:
                return None
            y = append(row, lines, shapes, y + 0.42 * size)
        if "call" in texts:
            button = self._button(width, least, louder * size)
            if button is None:
                return None
            y = append(button, lines, shapes, y + 0.52 * size)
        if "until" in texts:
            small = max(least, 0.2 * louder * size)
            part = self.broken("until", small, width, 2)
            if part is None:
                return None
            y = self.paragraph("until", part, small, y + 0.30 * size, lines)
        block = Block(tuple(lines), tuple(shapes), width, y, size, len(broken), given_up)
        return self._aligned(block, width, align)

    def _mark(self, size: float, least: float, width: float) -> Block | None:
        """The logo, or the shop's name where it has none."""
        if self.brand.logo is not None:
            rows, columns = self.brand.logo.shape[:2]
            tall = max(1.5 * least, min(0.46 * size, 2.6 * least))
            scale = min(tall / rows, 0.6 * width / columns)
            rect = Rect(0, 0, columns * scale, rows * scale)
            return Block((), (Shape("logo", rect),), rect.w, rect.h, size, 0)
        if not self.brand.name:
            return None
        small = max(least, min(0.26 * size, 1.5 * least))
        if self.width("name", self.brand.name, small) > width:
            return None
        line = self.line("name", self.brand.name, 0, 0, small)
        return Block((line,), (), line.width, line.box.h, size, 0)

    def _put_mark(self, mark: Block, lines: list[Line], shapes: list[Shape], y: float) -> float:
        return append(mark, lines, shapes, y)

    def _price(self, width: float, least: float, size: float, texts: dict[str, str]) -> Block | None:
        """Price, old price and discount side by side, on one baseline; smaller where they are too wide."""
        large = max(1.3 * least, 0.72 * size)
        while large >= 1.12 * least:
            lines: list[Line] = []
            shapes: list[Shape] = []
            x, gap = 0.0, 0.32 * large
            if "price" in texts:
                line = self.line("price", texts["price"], 0, 0, large)
                lines.append(line)
                x = line.width + gap
            if "old_price" in texts:
                old = max(least, 0.5 * large)
                base = lines[0].y if lines else old
                line = self.line("old_price", texts["old_price"], x, 0, old)
                lines.append(line.moved(0, base - line.y))
                x += line.width + gap
            if "badge" in texts:
                small = max(least, 0.44 * large)
                line = self.line("badge", texts["badge"], 0, 0, small)
                pad_x, pad_y = 0.62 * small, 0.36 * small
                tall, base = in_pill(line, pad_y, _TIGHT * small)
                rect = Rect(x, 0, line.width + 2 * pad_x, tall)
                middle = (lines[0].y - lines[0].cap / 2) if lines else rect.h / 2
                rect = rect.moved(0, middle - rect.h / 2)
                shapes.append(Shape("badge", rect, 0.22 * rect.h))
                lines.append(line.moved(rect.x + pad_x, rect.y + base - line.y))
                x += rect.w + gap
            if x - gap <= width:
                whole = around([*(line.box for line in lines), *(shape.rect for shape in shapes)])
                row = Block(tuple(lines), tuple(shapes), x - gap, whole.h, large, 0)
                return row.moved(0, -whole.y)
            large *= 0.93
        return None

    def _button(self, width: float, least: float, size: float) -> Block | None:
        small = max(least, min(0.31 * size, 1.7 * least))
        line = self.line("call", self.texts["call"], 0, 0, small)
        if line.width + 1.6 * small > width:
            small = least
            line = self.line("call", self.texts["call"], 0, 0, small)
        pad_x, pad_y = min(1.15 * small, (width - line.width) / 2), 0.68 * small
        if pad_x < 0.5 * small:
            return None
        tall, base = in_pill(line, pad_y, _TIGHT * small)
        rect = Rect(0, 0, line.width + 2 * pad_x, tall)
        set_line = line.moved(pad_x, base - line.y)
        return Block((set_line,), (Shape("button", rect, rect.h / 2),), rect.w, rect.h, size, 0)

    # -- rows ---------------------------------------------------------------------------------------------

    def row(self, width: float, height: float, least: float, most: float) -> Block | None:
        """The words of a strip side by side: name, headline, price, call."""
        for given_up in (("until", "subline"), ("until", "subline", "old_price")):
            size = min(most, 0.8 * height)
            while size >= 1.1 * least:
                block = self._row(width, height, least, size, given_up)
                if block is not None:
                    return block
                size *= 0.94
        return None

    def _row(
        self, width: float, height: float, least: float, size: float, given_up: tuple[str, ...]
    ) -> Block | None:
        texts = {role: text for role, text in self.texts.items() if role not in given_up}
        columns: list[Block] = []
        room = width
        gap = 0.8 * size + 0.4 * least
        if "call" in texts:
            button = self._button(width, least, 1.15 * size)
            if button is None:
                return None
            columns.append(button)
            room -= button.width + gap
        if "price" in texts or "badge" in texts:
            price = self._price_tower(least, 0.95 * size, texts, height)
            if price is None:
                return None
            columns.insert(0, price)
            room -= price.width + gap
        lines: list[Line] = []
        shapes: list[Shape] = []
        mark = self._mark(0.9 * size, least, 0.9 * room)
        y = self._put_mark(mark, lines, shapes, 0.0) + 0.28 * size if mark is not None else 0.0
        broken = self.broken("headline", size, room, 2, loose=size < 1.3 * least) if room > 2 * size else None
        if broken is None:
            return None
        y = self.paragraph("headline", broken, size, y, lines)
        wide = max([line.width for line in lines] + [s.rect.w for s in shapes])
        columns.insert(0, Block(tuple(lines), tuple(shapes), wide, y, size, len(broken)))
        if any(column.height > height for column in columns):
            return None
        total = sum(column.width for column in columns)
        # What is left over goes between the columns, so that the button stands at the end.
        free = (width - total) / max(1, len(columns) - 1) if len(columns) > 1 else 0.0
        all_lines: list[Line] = []
        all_shapes: list[Shape] = []
        x = 0.0
        for column in columns:
            part = column.moved(x, (height - column.height) / 2)
            all_lines += part.lines
            all_shapes += part.shapes
            x += column.width + free
        block = Block(
            tuple(all_lines), tuple(all_shapes), width, height, size, len(broken),
            tuple(role for role in given_up if role in self.texts),
        )  # fmt: skip
        return self._mirrored(block, width) if self.rtl else block

    def _price_tower(self, least: float, size: float, texts: dict[str, str], height: float) -> Block | None:
        """The price over the old price and the discount."""
        upper = self._price(
            1e6, least, 1.25 * size, {k: v for k, v in texts.items() if k == "price"} or texts
        )
        below = {k: v for k, v in texts.items() if k in ("old_price", "badge")} if "price" in texts else {}
        if upper is None or not below:
            return upper
        lower = self._price(1e6, least, size, below)
        if lower is None:
            return upper
        joined = upper.height + 0.22 * size + lower.height
        if joined > height:
            return None
        moved = lower.moved(0, upper.height + 0.22 * size)
        return Block(
            upper.lines + moved.lines,
            upper.shapes + moved.shapes,
            max(upper.width, lower.width),
            joined,
            size,
            0,
        )

    # -- alignment ----------------------------------------------------------------------------------------

    def _aligned(self, block: Block, width: float, align: Align) -> Block:
        """Centred, or flush with the side at which reading begins."""
        if self.rtl:
            block = self._mirrored(block, width)
        return block if align == "start" else self._centred(block, width)

    def _centred(self, block: Block, width: float) -> Block:
        # What shares a band of height is one row and moves together.
        rows: list[list[Line | Shape]] = []
        items: list[Line | Shape] = [*block.shapes, *block.lines]
        for item in items:
            rect = item.rect if isinstance(item, Shape) else item.box
            row = next((r for r in rows if same_band(r, rect)), None)
            if row is None:
                rows.append([item])
            else:
                row.append(item)
        lines: list[Line] = []
        shapes: list[Shape] = []
        for row in rows:
            rect = around([i.rect if isinstance(i, Shape) else i.box for i in row])
            shift = (width - rect.w) / 2 - rect.x
            for item in row:
                if isinstance(item, Shape):
                    shapes.append(item.moved(shift, 0))
                else:
                    lines.append(item.moved(shift, 0))
        return replace(block, lines=tuple(lines), shapes=tuple(shapes))

    def _mirrored(self, block: Block, width: float) -> Block:
        lines = tuple(line.moved(width - line.box.x - line.width - line.box.x, 0) for line in block.lines)
        shapes = tuple(replace(s, rect=s.rect.mirrored(width)) for s in block.shapes)
        return replace(block, lines=lines, shapes=shapes)
