"""Each theme can be read, and tells authors apart."""

from __future__ import annotations

import itertools

import pytest
from rich.style import Style
from textual.theme import BUILTIN_THEMES

from odoochat.tui.colours import contrast, distance, lab
from odoochat.tui.theme import OWN_THEMES, grounds_of, readable_theme, styles_for

THEMES = [name for name, theme in {**OWN_THEMES, **BUILTIN_THEMES}.items() if not theme.ansi]


def colour(style: Style) -> str:
    assert style.color is not None
    assert style.color.triplet is not None
    return style.color.triplet.hex


def ground(style: Style) -> str:
    assert style.bgcolor is not None
    assert style.bgcolor.triplet is not None
    return style.bgcolor.triplet.hex


@pytest.mark.parametrize("name", THEMES)
def test_text_has_contrast_on_every_ground(name: str) -> None:
    theme = readable_theme(name)
    styles = styles_for(theme)
    assert theme.foreground is not None
    chosen = ground(styles.chosen)
    for paper in grounds_of(theme):
        assert contrast(theme.foreground, paper) >= 7
    assert contrast(colour(styles.chosen) if styles.chosen.color else theme.foreground, chosen) >= 7
    for paper in (*grounds_of(theme), chosen):
        for style in (styles.dim, styles.accent, styles.failed, styles.good, styles.warning, styles.quote, styles.day):
            assert contrast(colour(style), paper) >= 4.5, style
    for style in styles.syntax:
        assert contrast(colour(style), ground(style)) >= 4.5
    assert contrast(colour(styles.badge), ground(styles.badge)) >= 4.5


@pytest.mark.parametrize("name", THEMES)
def test_any_eight_authors_are_told_apart(name: str) -> None:
    theme = readable_theme(name)
    styles = styles_for(theme)
    authors = [colour(style) for style in styles.authors]
    assert len(set(authors)) == 8
    for one in authors:
        assert contrast(one, grounds_of(theme)[0]) >= 4.5
        assert contrast(one, ground(styles.chosen)) >= 4.5
    for one, other in itertools.combinations(authors, 2):
        assert distance(lab(one), lab(other)) >= 20, (one, other)


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        # Pairs of the paper that defines the formula: Sharma, Wu, Dalal (2005), table 1.
        ((50.0, 2.6772, -79.7751), (50.0, 0.0, -82.7485), 2.0425),
        ((50.0, 2.5, 0.0), (73.0, 25.0, -18.0), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_distance_is_that_of_the_paper(
    one: tuple[float, float, float], other: tuple[float, float, float], apart: float
) -> None:
    assert distance(one, other) == pytest.approx(apart, abs=1e-4)


def test_black_on_white_has_the_greatest_contrast() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
