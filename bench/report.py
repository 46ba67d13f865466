"""Results as a table and as SVG plots, written into a document between two markers."""
import datetime
import html
import os
import pathlib
import platform
import statistics

import peers
import servers

BEGIN, END = "<!-- figures begin -->", "<!-- figures end -->"
COLORS = {"bare": "#9aa5b1", "bare-uring": "#c3cbd3", "hawser": "#0b6bcb", "hawser-uring": "#6cb6ff"}
OTHERS = "#d97706"


def readable(value, unit):
    if unit == "bytes":
        return f"{value:,.0f} B"
    if value < 1000:
        return f"{value:.0f} ns"
    return f"{value / 1000:.2f} µs" if value < 100_000 else f"{value / 1000:,.0f} µs"


def median(runs):
    return statistics.median(run["figure"] for run in runs)


def cell_text(runs, unit, best):
    if not runs:
        return ""
    values = [run["figure"] for run in runs]
    text = readable(median(runs), unit)
    spread = (max(values) - min(values)) / median(runs) / 2 if median(runs) else 0
    text = f"**{text}**" if best else text
    return text + (f" ±{100 * spread:.0f} %" if len(values) > 1 else "")


def table(cells, names, results):
    lines = ["| | " + " | ".join(peers.TITLES[name] for name in names) + " |",
             "|---" * (len(names) + 1) + "|"]
    for cell in cells:
        row = {name: results.get((cell.title, name)) for name in names}
        figures = {name: median(runs) for name, runs in row.items()
                   if runs and name not in peers.BARE}
        best = min(figures, key=figures.get) if figures else None
        lines.append(f"| {cell.title} | " + " | ".join(
            cell_text(row[name], cell.unit, name == best) for name in names) + " |")
    return "\n".join(lines)


def plot(cell, names, results):
    """Bars, one for each server."""
    rows = [(name, median(results[cell.title, name])) for name in names
            if results.get((cell.title, name))]
    top = max(value for _, value in rows) or 1
    height = 26 * len(rows) + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {height}" '
             'font-family="system-ui,sans-serif" font-size="13">',
             '<style>text{fill:#1b1f24}@media(prefers-color-scheme:dark){text{fill:#e6e9ec}}</style>',
             f'<text x="8" y="20" font-weight="600">{html.escape(cell.title)} ({cell.unit})</text>']
    for i, (name, value) in enumerate(rows):
        y = 34 + 26 * i
        width = 440 * value / top
        parts.append(f'<text x="150" y="{y + 15}" text-anchor="end">'
                     f'{html.escape(peers.TITLES[name])}</text>')
        parts.append(f'<rect x="160" y="{y}" width="{width:.1f}" height="20" rx="2" '
                     f'fill="{COLORS.get(name, OTHERS)}"/>')
        parts.append(f'<text x="{166 + width:.1f}" y="{y + 15}">{readable(value, cell.unit)}</text>')
    return "\n".join([*parts, "</svg>\n"])


def behind(cells, names, results):
    """Where a peer is ahead of the better Hawser by more than both spreads could explain."""
    for cell in cells:
        figure = {name: median(results[cell.title, name]) for name in names
                  if results.get((cell.title, name)) and name not in peers.BARE}
        ours = [value for name, value in figure.items() if name.startswith("hawser")]
        theirs = {name: value for name, value in figure.items() if not name.startswith("hawser")}
        if not ours or not theirs:
            continue
        best = min(theirs, key=theirs.get)
        if theirs[best] < min(ours):
            yield f"- {cell.title}: {peers.TITLES[best]} by {100 * (min(ours) / theirs[best] - 1):.0f} %"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def text(cells, names, results, command, failures, rounds, seconds):
    versions = "; ".join(f"{peers.TITLES[name]}: {value}"
                         for name, value in peers.versions(names).items())
    lines = [f"`{command}`, {datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores,"
             f" Linux {platform.release()}. Medians of {rounds} interleaved rounds of {seconds:g} s, and"
             " half the distance between the least and the greatest. CPU is what the server's process"
             " used, user and system, for a message (a delivery, a connection); the server is pinned to"
             " one core, the load to the other. Bold is the least, the bare ones left out.", "",
             f"Versions: {versions}.", "", table(cells, names, results), ""]
    ahead = list(behind(cells, names, results))
    lines += ["Where a peer is ahead in this run:", "", *ahead, ""] if ahead else \
        ["In this run no peer is ahead anywhere.", ""]
    if failures:
        lines += ["Not measured:", "", *(f"- {it}" for it in failures), ""]
    return "\n".join(lines)


def write(document, cells, names, results, **about):
    document = pathlib.Path(document)
    folder = document.parent / "figures"
    folder.mkdir(exist_ok=True)
    images = []
    for cell in cells:
        if not any(results.get((cell.title, name)) for name in names):
            continue
        file = "".join(c if c.isalnum() else "-" for c in cell.title.lower()) + ".svg"
        (folder / file).write_text(plot(cell, names, results))
        images.append(f"![{cell.title}](figures/{file})")
    whole = document.read_text()
    before, rest = whole.split(BEGIN)
    after = rest.split(END)[1]
    document.write_text(before + BEGIN + "\n" + text(cells, names, results, **about) + "\n"
                        + "\n".join(images) + "\n" + END + after)
