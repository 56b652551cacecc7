"""
A client's one colour as a sheet of tokens, light and dark, that can always be read.

Hue and chroma are kept; OKLCH lightness moves until text reaches 4.6:1 on surface, canvas and its
own tint, and a button 4.6:1 under its label. Status and category colours are never themed.
"""

import hashlib
import re
from dataclasses import dataclass

from portal.core.errors import Refused
from portal.widgets.colors import LCH, contrast, lch, shade

INK, WHITE = "#151A23", "#FFFFFF"
LIGHT_GROUNDS = (WHITE, "#F6F7F9")
DARK_GROUNDS = ("#161A21", "#1F242D")
TEXT = 4.6
CELL = 4.55
STEP = 0.006
HEX = re.compile(r"#[0-9a-fA-F]{6}")
# Lightness and chroma of the seven steps of the sequential ramp, from surface-like upwards.
LADDER_LIGHT = (
    (0.972, 0.006), (0.925, 0.035), (0.85, 0.07), (0.76, 0.105), (0.565, 0.15), (0.455, 0.155),
    (0.335, 0.12),
)  # fmt: skip
LADDER_DARK = (
    (0.245, 0.012), (0.305, 0.05), (0.375, 0.078), (0.445, 0.10), (0.515, 0.115), (0.69, 0.125),
    (0.80, 0.095),
)  # fmt: skip
PALE_INKS = ("#626C7F", "#8F98A9")

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Brand:
    """Colours by use, each for light and dark; `ramp` holds (colour, ink) pairs of both."""

    text: Pair
    solid: Pair
    hover: Pair
    on: str
    soft: Pair
    line: Pair
    ramp: tuple[tuple[Pair, Pair], ...]


def brand(color: str) -> Brand:
    """
    Work the tokens of a hex colour out.

    Raises:
        Refused: it is not "#rrggbb".
    """
    if not HEX.fullmatch(color):
        raise Refused("A colour is written like #0F766E.", field="color")
    base = lch(color)
    soft = (
        shade(LCH(0.962, min(base.chroma, 0.022), base.hue)),
        shade(LCH(0.275, min(base.chroma, 0.055), base.hue)),
    )
    on, solid, hover = _button(color, base)
    return Brand(
        text=_text(base, soft),
        solid=solid,
        hover=hover,
        on=on,
        soft=soft,
        line=(
            shade(LCH(0.86, min(base.chroma, 0.06), base.hue)),
            shade(LCH(0.42, min(base.chroma, 0.08), base.hue)),
        ),
        ramp=tuple(_ramp_step(base, at) for at in range(7)),
    )


def css(color: str) -> str:
    """Return the sheet that themes a page with `color`."""
    tokens = brand(color)
    pairs = {
        "brand": tokens.text,
        "brand-solid": tokens.solid,
        "brand-solid-hover": tokens.hover,
        "brand-soft": tokens.soft,
        "brand-line": tokens.line,
    }
    for at, (light, dark) in enumerate(tokens.ramp):
        pairs[f"seq-{at}"] = (light[0], dark[0])
        pairs[f"seq-{at}-ink"] = (light[1], dark[1])
    lines = [f"  --{name}: light-dark({a}, {b});" for name, (a, b) in pairs.items()]
    body = "\n".join([*lines, f"  --brand-on: {tokens.on};"])
    return f"@layer tokens {{ :root {{\n{body}\n}} }}\n"


def stamp(color: str) -> str:
    """Return the hash that the sheet's address holds, so that it may be cached for ever."""
    return hashlib.sha256(css(color).encode()).hexdigest()[:12]


def _text(base: LCH, soft: Pair) -> Pair:
    light = LCH(min(base.lightness, 0.56), base.chroma, base.hue)
    dark = LCH(max(base.lightness, 0.70), min(base.chroma, 0.13), base.hue)
    return (
        _moved(light, -STEP, (*LIGHT_GROUNDS, soft[0])),
        _moved(dark, STEP, (*DARK_GROUNDS, soft[1])),
    )


def _button(color: str, base: LCH) -> tuple[str, Pair, Pair]:
    """Yellow, lime and pale colours keep themselves and are written on in ink."""
    if contrast(color, WHITE) < 3 and contrast(color, INK) >= 7:  # noqa: PLR2004 - ratios
        solid = (color.upper(), color.upper())
        return INK, solid, _hover((base.lightness, base.lightness), base)
    light = LCH(min(base.lightness, 0.60), base.chroma, base.hue)
    dark = LCH(min(max(base.lightness, 0.5), 0.62), base.chroma, base.hue)
    solid = (_moved(light, -STEP, (WHITE,)), _moved(dark, -STEP, (WHITE,)))
    lightness = (lch(solid[0]).lightness, lch(solid[1]).lightness)
    return WHITE, solid, _hover(lightness, base, darker_only=True)


def _hover(lightness: tuple[float, float], base: LCH, *, darker_only: bool = False) -> Pair:
    """A step away from the button, never towards its own label."""
    away = -0.06 if darker_only else 0.05
    light, dark = (LCH(each + away, base.chroma, base.hue) for each in lightness)
    return shade(light), shade(dark)


def _moved(start: LCH, step: float, grounds: tuple[str, ...]) -> str:
    """Return the first shade, going by `step`, that can be read on every ground."""
    lightness, found = start.lightness, shade(start)
    while not all(contrast(found, ground) >= TEXT for ground in grounds):
        lightness += step
        if not 0.05 <= lightness <= 0.99:  # noqa: PLR2004 - black and white are reached before
            break
        found = shade(LCH(lightness, start.chroma, start.hue))
    return found


def _ramp_step(base: LCH, at: int) -> tuple[Pair, Pair]:
    light = _cell(LADDER_LIGHT[at], base, (INK, WHITE))
    dark = _cell(LADDER_DARK[at], base, (WHITE, "#0B1220"))
    if at == 0:
        return (light[0], PALE_INKS[0]), (dark[0], PALE_INKS[1])
    return light, dark


def _cell(rung: tuple[float, float], base: LCH, inks: Pair) -> Pair:
    """Order is carried by lightness alone, so any hue stays safe for the colour-blind."""
    lightness, chroma = rung[0], rung[1] * min(1, base.chroma / 0.12)
    while True:
        found = shade(LCH(lightness, chroma, base.hue))
        ink = max(inks, key=lambda each: contrast(each, found))
        if contrast(ink, found) >= CELL:
            return found, ink
        lightness += -STEP if ink == WHITE else STEP
