"""Plots as SVG, written by hand: two kinds of them need no plotting library. They show on light and on dark ground."""

from collections.abc import Mapping, Sequence
from html import escape
from math import sqrt
from typing import Any

_INK, _FAINT, _FIRST, _SECOND = "#808080", "#80808055", "#2a7fba", "#d08020"
_FONT = 'font-family="sans-serif" font-size="12"'

#: A row of a plot: its name, and a figure of each series.
Row = tuple[str, Sequence[Mapping[str, Any] | None]]


def of_report(report: Mapping[str, Any]) -> dict[str, str]:
    """Return all plots of a report, by the file's name."""
    drawn = {}
    found: list[Row] = []
    declined: list[Row] = []
    for trial in report["trials"]:
        sets = trial["sets"]
        tables = {
            name: part["confidence"]["reliability"] for name, part in sets.items() if part.get("confidence")
        }
        if tables:
            first = next(iter(tables))
            series = {first: tables[first], "all of the course": trial["confidence"]["reliability"]}
            drawn[f"reliability_{trial['name']}.svg"] = reliability_plot(trial["name"], series)
        for name, part in sets.items():
            if "retrieval" in part:
                hit = part["retrieval"]["hit@5"]
                plain = hit["value"] - hit["minus_plain"]["value"] if "minus_plain" in hit else None
                beside = None if plain is None else {"value": plain}
                found.append((f"{trial['name']}, {name}", [hit, beside]))
            if part.get("own_declined"):
                declined.append((f"{trial['name']}, {name}", [part["own_declined"], None]))
            if "refusal" in part:
                declined.append((f"{trial['name']}, {name}", [None, part["refusal"]["foreign_declined"]]))
        if trial["refusal"] and not any("refusal" in part for part in sets.values()):
            kinds = trial["refusal"]["by_kind"]
            declined += [(f"{trial['name']}, {kind}", [None, figure]) for kind, figure in kinds.items()]
    drawn["retrieval.svg"] = interval_plot("hit@5", ["Lectern", "plain fusion"], found)
    drawn["refusal.svg"] = interval_plot("Declined", ["own questions", "not in the course"], declined)
    return drawn


def reliability_plot(title: str, series: Mapping[str, Sequence[Mapping[str, float]]]) -> str:
    """Return the plot of reliability tables: what was said against what was right; the diagonal is honest.

    A point is a bin; its area tells how many questions it has.
    """
    left, top, side = 52, 40, 300

    def at(said: float, was: float) -> tuple[float, float]:
        return left + said * side, top + (1 - was) * side

    parts = [_text(left, 22, title, weight="bold"), _line(*at(0, 0), *at(1, 1), dashed=True)]
    for tenths in range(0, 11, 2):
        share = tenths / 10
        parts += [_line(*at(share, 0), *at(share, 1), _FAINT), _line(*at(0, share), *at(1, share), _FAINT)]
        parts.append(_text(at(share, 0)[0], top + side + 16, f"{share:.1f}", anchor="middle"))
        parts.append(_text(left - 6, at(0, share)[1] + 4, f"{share:.1f}", anchor="end"))
    for place, (name, bins) in enumerate(series.items()):
        colour = (_FIRST, _SECOND)[place % 2]
        total = sum(row["n"] for row in bins) or 1
        for row in bins:
            x, y = at(row["confidence"], row["right"])
            radius = 12 * sqrt(row["n"] / total)
            said = f"{name}: said {row['confidence']:.2f}, right {row['right']:.2f}, {row['n']:.0f} questions"
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity=".75">'
                f"<title>{escape(said)}</title></circle>"
            )
        parts.append(_text(left + 10, top + 18 + 16 * place, name, colour=colour))
    parts.append(_text(left + side / 2, top + side + 34, "confidence", anchor="middle"))
    parts.append(
        f'<text {_FONT} fill="{_INK}" text-anchor="middle" transform="translate(14 {top + side / 2}) rotate(-90)">right</text>'
    )
    return _svg(left + side + 20, top + side + 46, parts)


def interval_plot(title: str, series: Sequence[str], rows: Sequence[Row]) -> str:
    """Return the plot of shares with their 95% intervals, a row each, from 0 to 1; a figure without one is a point."""
    left, top, width, step = 330, 58, 380, 24

    def at(share: float) -> float:
        return left + share * width

    bottom = top + step * len(rows)
    parts = [_text(8, 22, title, weight="bold")]
    for place, name in enumerate(series):
        parts.append(_text(left + 150 * place, 42, f"● {name}", colour=(_FIRST, _SECOND)[place % 2]))
    for tenths in range(0, 11, 2):
        parts.append(_line(at(tenths / 10), top - 6, at(tenths / 10), bottom, _FAINT))
        parts.append(_text(at(tenths / 10), bottom + 16, f"{tenths / 10:.1f}", anchor="middle"))
    for number, (name, figures) in enumerate(rows):
        parts.append(_text(left - 10, top + step * number + 14, name, anchor="end"))
        for place, figure in enumerate(figures):
            if figure is not None:
                y = top + step * number + (6 if len(figures) > 1 and not place else 13 if place else 10)
                parts += _whisker(f"{name}, {series[place]}", figure, at, y, (_FIRST, _SECOND)[place % 2])
    return _svg(left + width + 30, bottom + 28, parts)


def _whisker(name: str, figure: Mapping[str, Any], at: Any, y: float, colour: str) -> list[str]:
    low, high = figure.get("ci95") or (figure["value"], figure["value"])
    said = f"{name}: {figure['value']:.3f} [{low:.3f}, {high:.3f}]"
    return [
        _line(at(low), y, at(high), y, colour),
        f'<circle cx="{at(figure["value"]):.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{escape(said)}</title></circle>',
    ]


def _svg(width: float, height: float, parts: Sequence[str]) -> str:
    size = f'width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(parts) + "\n</svg>\n"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str = _INK, *, dashed: bool = False) -> str:
    dashes = ' stroke-dasharray="4 4"' if dashed else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"{dashes}/>'


def _text(
    x: float, y: float, said: str, *, anchor: str = "start", colour: str = _INK, weight: str = "normal"
) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}"'
    return f"<text {_FONT} {place}>{escape(said)}</text>"
