"""Plots as SVG that stands in the page itself. Pure: values in, text out."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, HEIGHT = 720, 250
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 26, 26
MOST_POINTS = 240

Values = Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Series:
    """A line: `look` is the name of its colour; where nothing is known, the line is broken."""

    name: str
    look: str
    values: Values
    area: bool = False


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch along the x axis, with a name at its top."""

    name: str
    begin: float
    end: float
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, evenly or by powers."""

    low: float
    high: float
    begin: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Give the place of a value."""
        low, high = self._as(self.low), self._as(self.high)
        share = (self._as(value) - low) / ((high - low) or 1.0)
        return self.begin + (self.end - self.begin) * min(1.0, max(0.0, share))

    def _as(self, value: float) -> float:
        return math.log10(max(value, 1e-9)) if self.log else value

    def ticks(self) -> list[float]:
        """Give round values to write at the axis."""
        if self.log:
            exponents = range(
                math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1
            )
            wide = math.log10(self.high / self.low) > 3
            steps = (1,) if wide else (1, 2, 5)
            ticks = [step * 10.0**exponent for exponent in exponents for step in steps]
        else:
            step = nice((self.high - self.low) / 4)
            ticks = [at * step for at in range(math.ceil(self.low / step), 1_000)][:8]
        return [tick for tick in ticks if self.low * 0.999 <= tick <= self.high * 1.001]


def nice(value: float) -> float:
    """Round up to 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= value * 0.999))


def number(value: float | None) -> str:
    """Write a figure short enough for an axis or a tile."""
    if value is None or not math.isfinite(value):
        return "—"
    if abs(value) >= 10_000:
        return f"{value:,.0f}".replace(",", " ")
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def thin(xs: Sequence[float], series: Sequence[Series]) -> tuple[list[float], list[Series]]:
    """Put so many neighbours together that the points fit; the highest of them stands."""
    size = math.ceil(len(xs) / MOST_POINTS)
    if size <= 1:
        return list(xs), list(series)

    def highest(values: Values) -> list[float | None]:
        groups = (values[at : at + size] for at in range(0, len(values), size))
        return [max((v for v in group if v is not None), default=None) for group in groups]

    thinned = [Series(one.name, one.look, highest(one.values), one.area) for one in series]
    return list(xs[::size]), thinned


def chart(
    title: str,
    unit: str,
    xs: Sequence[float],
    series: Sequence[Series],
    *,
    bands: Sequence[Band] = (),
    log: bool = False,
    limit: tuple[float, str] | None = None,
    write_x: Callable[[float], str] = lambda x: f"{x:g} s",
    log_x: bool = False,
    dots: bool = False,
) -> str:
    """Draw lines over a common x axis; hovering over a column tells its values."""
    xs, series = thin(xs, [one for one in series if any(v is not None for v in one.values)])
    if not xs or not series:
        return ""
    x = Scale(xs[0], xs[-1] if xs[-1] > xs[0] else xs[0] + 1, LEFT, WIDTH - RIGHT, log_x)
    y = _y_scale(series, limit, log)
    parts = [*_bands(bands, x), *_grid(x, y, write_x)]
    if limit is not None:
        parts.append(_limit(limit, y))
    for one in series:
        parts += _line(one, xs, x, y, dots)
    parts += _hover(xs, series, x, unit, write_x)
    legend = "".join(
        f'<span class="key"><i class="bg-{one.look}"></i>{escape(one.name)}</span>'
        for one in series
    )
    return (
        f'<figure><figcaption><b>{escape(title)}</b> <span class="unit">{escape(unit)}</span>'
        f'<span class="legend">{legend}</span></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg></figure>"
    )


def _y_scale(series: Sequence[Series], limit: tuple[float, str] | None, log: bool) -> Scale:
    known = [value for one in series for value in one.values if value is not None]
    high = max([*known, limit[0] if limit else 0.0])
    if not log:
        step = nice((high or 1.0) * 1.05 / 4)
        return Scale(0.0, step * math.ceil((high or 1.0) * 1.05 / step), HEIGHT - BOTTOM, TOP)
    low = min((value for value in known if value > 0), default=0.1)
    low = max(low * 0.8, high / 1e6)
    return Scale(low, max(high * 1.3, low * 10), HEIGHT - BOTTOM, TOP, True)


def _bands(bands: Sequence[Band], x: Scale) -> list[str]:
    parts = []
    for number_of, band in enumerate(bands):
        left, right = x.at(band.begin), x.at(band.end)
        look = "band quiet" if band.quiet else f"band band{number_of % 2}"
        parts.append(
            f'<rect class="{look}" x="{left:.1f}" y="{TOP}" width="{max(0.0, right - left):.1f}"'
            f' height="{HEIGHT - TOP - BOTTOM}"/>'
        )
        if right - left > 6.5 * len(band.name):
            middle = (left + right) / 2
            parts.append(
                f'<text class="name" x="{middle:.1f}" y="{TOP - 8}">{escape(band.name)}</text>'
            )
    return parts


def _grid(x: Scale, y: Scale, write_x: Callable[[float], str]) -> list[str]:
    parts = []
    for tick in y.ticks():
        at = y.at(tick)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            f'<text class="y" x="{LEFT - 8}" y="{at + 4:.1f}">{number(tick)}</text>'
        )
    parts += [
        f'<text class="x" x="{x.at(tick):.1f}" y="{HEIGHT - 8}"{_kept_in(x.at(tick))}>'
        f"{escape(write_x(tick))}</text>"
        for tick in x.ticks()
    ]
    return parts


def _kept_in(at: float) -> str:
    """Have what stands at the right edge end there, so that nothing of it is cut off."""
    return ' style="text-anchor:end"' if at > WIDTH - RIGHT - 12 else ""


def _limit(limit: tuple[float, str], y: Scale) -> str:
    at = y.at(limit[0])
    return (
        f'<line class="limit" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
        f'<text class="limit" x="{WIDTH - RIGHT - 4}" y="{at - 5:.1f}">{escape(limit[1])}</text>'
    )


def _line(one: Series, xs: Sequence[float], x: Scale, y: Scale, dots: bool) -> list[str]:
    """Draw the unbroken pieces of a line, and lone points as dots."""
    pieces: list[list[tuple[float, float]]] = [[]]
    for where, value in zip(xs, one.values, strict=True):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((x.at(where), y.at(value)))
    parts = []
    for piece in pieces:
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in piece)
        if one.area and len(piece) > 1:
            floor = HEIGHT - BOTTOM
            shape = f"{piece[0][0]:.1f},{floor} {points} {piece[-1][0]:.1f},{floor}"
            parts.append(f'<polygon class="area fill-{one.look}" points="{shape}"/>')
        if len(piece) > 1:
            parts.append(f'<polyline class="line {one.look}" points="{points}"/>')
        if dots or len(piece) == 1:
            parts += [
                f'<circle class="fill-{one.look}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>'
                for px, py in piece
            ]
    return parts


def _hover(
    xs: Sequence[float],
    series: Sequence[Series],
    x: Scale,
    unit: str,
    write_x: Callable[[float], str],
) -> list[str]:
    """Lay an invisible column over each point, which tells its values."""
    places = [x.at(one) for one in xs]
    edges = [
        LEFT,
        *((a + b) / 2 for a, b in pairwise(places)),
        WIDTH - RIGHT,
    ]
    parts = []
    for at, where in enumerate(xs):
        lines = [write_x(where)] + [
            f"{one.name}: {number(value)} {unit}"
            for one in series
            if (value := one.values[at]) is not None
        ]
        parts.append(
            f'<rect class="column" x="{edges[at]:.1f}" y="{TOP}"'
            f' width="{max(0.0, edges[at + 1] - edges[at]):.1f}"'
            f' height="{HEIGHT - TOP - BOTTOM}"><title>{escape(chr(10).join(lines))}</title></rect>'
        )
    return parts
