"""Pure functions for perceived colour contrast (WCAG 2.2) and colour distance (CIEDE2000)."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["contrast", "distance", "distinct", "mixed", "readable"]

Lab = tuple[float, float, float]
STEPS = 50
STARTS = 60


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a colour's red, green and blue components, each from 0 to 255.

    Args:
        colour: as ``#rrggbb``.
    """
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(part: int) -> float:
    share = part / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(part) for part in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21. Source: WCAG 2.2, definition of "contrast ratio".

    Args:
        one: a colour as ``#rrggbb``.
        other: the other colour.
    """
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def mixed(one: str, other: str, share: float) -> str:
    """Blend two colours.

    Args:
        one: a colour as ``#rrggbb``.
        other: the other colour.
        share: the proportion of the other colour, from 0 to 1.
    """
    parts = (round(a + (b - a) * share) for a, b in zip(rgb(one), rgb(other), strict=True))
    return "#" + "".join(f"{part:02x}" for part in parts)


def readable(colour: str, grounds: Sequence[str], ratio: float) -> str:
    """Return the colour closest to a given one that has enough contrast on each background.

    Args:
        colour: as ``#rrggbb``.
        grounds: the background colours.
        ratio: the minimum contrast ratio.
    """
    dark = sum(_luminance(ground) for ground in grounds) / len(grounds) < 0.18
    end = "#ffffff" if dark else "#000000"
    for step in range(STEPS + 1):
        found = mixed(colour, end, step / STEPS)
        if all(contrast(found, ground) >= ratio for ground in grounds):
            return found
    return end


def lab(colour: str) -> Lab:
    """Convert a colour to CIELAB (D65).

    Args:
        colour: as ``#rrggbb``.
    """
    red, green, blue = (_linear(part) for part in rgb(colour))
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    fx, fy, fz = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def distance(one: Lab, other: Lab) -> float:
    """Return the perceived difference between two colours; 2 is just noticeable. Source: CIE 142-2001, CIEDE2000.

    Args:
        one: a colour in CIELAB.
        other: the other colour.
    """
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.degrees(math.atan2(b1, a1)) % 360, math.degrees(math.atan2(b2, a2)) % 360
    turn = h2 - h1
    if c1 * c2 == 0:
        turn = 0.0
    elif abs(turn) > 180:
        turn -= math.copysign(360, turn)
    dl, dc = l2 - l1, c2 - c1
    dh = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(turn / 2))
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    hue = h1 + h2 if c1 * c2 == 0 else (h1 + turn / 2) % 360
    t = (
        1
        - 0.17 * math.cos(math.radians(hue - 30))
        + 0.24 * math.cos(math.radians(2 * hue))
        + 0.32 * math.cos(math.radians(3 * hue + 6))
        - 0.20 * math.cos(math.radians(4 * hue - 63))
    )
    sl = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    rotation = (
        -2
        * math.sqrt(chroma**7 / (chroma**7 + 25**7))
        * math.sin(math.radians(60 * math.exp(-(((hue - 275) / 25) ** 2))))
    )
    parts = dl / sl, dc / sc, dh / sh
    return math.sqrt(parts[0] ** 2 + parts[1] ** 2 + parts[2] ** 2 + rotation * parts[1] * parts[2])


def _candidates() -> Iterable[str]:
    for hue in range(0, 360, 12):
        for light in (0.22, 0.28, 0.34, 0.42, 0.5, 0.58, 0.66, 0.74, 0.82, 0.88):
            for strength in (0.0, 0.4, 0.7, 1.0):
                parts = colorsys.hls_to_rgb(hue / 360, light, strength)
                yield "#" + "".join(f"{round(part * 255):02x}" for part in parts)


def distinct(count: int, grounds: Sequence[str], ratio: float, apart: float = 20.0) -> list[str]:
    """Return colours that are readable on each background and distinguishable from each other.

    Args:
        count: number of colours.
        grounds: the background colours.
        ratio: the minimum contrast ratio for each colour.
        apart: the minimum distance to aim for. If it cannot be reached, the largest distance found is used.
    """
    able = [c for c in dict.fromkeys(_candidates()) if all(contrast(c, ground) >= ratio for ground in grounds)]
    places = {colour: lab(colour) for colour in able}
    best: list[str] = []
    widest = -1.0
    for start in able[:: max(len(able) // STARTS, 1)]:
        chosen, least = _spread(start, count, places)
        if least > widest:
            best, widest = chosen, least
        if widest >= apart:
            break
    return best


def _spread(start: str, count: int, places: Mapping[str, Lab]) -> tuple[list[str], float]:
    """Start with one colour and keep adding the farthest one. Return them and the smallest distance between any two."""
    chosen, least = [start], math.inf
    nearest = {colour: distance(place, places[start]) for colour, place in places.items()}
    while len(chosen) < count:
        colour = max(nearest, key=nearest.__getitem__)
        least = min(least, nearest[colour])
        chosen.append(colour)
        for other, place in places.items():
            nearest[other] = min(nearest[other], distance(place, places[colour]))
    return chosen, least
