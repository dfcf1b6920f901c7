"""The colours of segment.charts: Vega's schemes, given to the personas in the order of their clusters."""

TABLEAU10 = ["#4c78a8", "#f58518", "#e45756", "#72b7b2", "#54a24b", "#eeca3b", "#b279a2", "#ff9da6", "#9d755d", "#bab0ac"]
TABLEAU20 = [
    "#4c78a8", "#9ecae9", "#f58518", "#ffbf79", "#54a24b", "#88d27a", "#b79a20", "#f2cf5b", "#439894", "#83bcb6",
    "#e45756", "#ff9d98", "#79706e", "#bab0ac", "#d67195", "#fcbfd2", "#b279a2", "#d6a5c9", "#9e765f", "#d8b5a5",
]  # fmt: skip
# Vega's blueorange, reversed: low is orange, high is blue; and its blues
DIVERGING = ["#994a07", "#c5690d", "#e8932f", "#fbbf74", "#fce0ba", "#f2f0ee", "#d2e5ef", "#9dcae1", "#5da2cb", "#2f78b3", "#134b85"]  # fmt: skip
BLUES = ["#cfe1f2", "#bed8ec", "#a8cee5", "#8fc1de", "#74b2d7", "#5ba3cf", "#4592c6", "#3181bd", "#206fb2", "#125ca4", "#0a4a90"]
NOBODY = "#8a8f94"


def colours(personas: list[str]) -> dict[str | None, str]:
    """The colour of each persona; None, no persona, is grey."""
    scheme = TABLEAU10 if len(personas) <= 10 else TABLEAU20
    result: dict[str | None, str] = {name: scheme[i % len(scheme)] for i, name in enumerate(personas)}
    result[None] = NOBODY
    return result


def faded(colour: str, opacity: float) -> str:
    """A colour that lets others through."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"
