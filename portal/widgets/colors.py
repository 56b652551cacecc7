"""
Colours as OKLCH and sRGB hex, and the contrast of two.

Source: Björn Ottosson, "A perceptual color space for image processing" (2020), matrices of OKLab;
WCAG 2.2, relative luminance and contrast ratio.
"""

import math
from dataclasses import dataclass

Triple = tuple[float, float, float]
SHRINK = 0.96
SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class LCH:
    """Lightness 0…1, chroma from 0, hue in degrees."""

    lightness: float
    chroma: float
    hue: float


def lch(color: str) -> LCH:
    """Read "#rrggbb"."""
    red, green, blue = _linear(color)
    l_ = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    m_ = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    s_ = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    lightness = 0.2104542553 * l_ + 0.7936177850 * m_ - 0.0040720468 * s_
    a = 1.9779984951 * l_ - 2.4285922050 * m_ + 0.4505937099 * s_
    b = 0.0259040371 * l_ + 0.7827717662 * m_ - 0.8086757660 * s_
    return LCH(lightness, math.hypot(a, b), math.degrees(math.atan2(b, a)) % 360)


def shade(color: LCH) -> str:
    """Write a colour as hex, with as much of its chroma as sRGB can show."""
    chroma = color.chroma
    for _ in range(60):
        rgb = _rgb(LCH(color.lightness, chroma, color.hue))
        if all(-SLACK <= part <= 1 + SLACK for part in rgb):
            break
        chroma *= SHRINK
    parts = (round(255 * _encoded(min(max(part, 0), 1))) for part in rgb)
    return "#" + "".join(f"{part:02X}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1…21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _rgb(color: LCH) -> Triple:
    a = color.chroma * math.cos(math.radians(color.hue))
    b = color.chroma * math.sin(math.radians(color.hue))
    l_ = (color.lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m_ = (color.lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s_ = (color.lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_,
        -1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_,
        -0.0041960863 * l_ - 0.7034186147 * m_ + 1.7076147010 * s_,
    )


def _linear(color: str) -> Triple:
    red, green, blue = (_decoded(int(color[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return red, green, blue


def _luminance(color: str) -> float:
    red, green, blue = _linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _decoded(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004


def _encoded(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055  # noqa: PLR2004
