"""Results as a table and as SVG plots, written into a document between two markers."""
import datetime
import html
import os
import pathlib
import platform
import re
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


def values(runs, key="figure"):
    return [run[key] for run in runs or () if key in run]


def median(runs, key="figure"):
    return statistics.median(values(runs, key))


def rows_of(cell):
    """What of it has a row in the table: title, key, unit."""
    yield cell.title, "figure", cell.unit
    for key, title, unit in cell.rows:
        yield "— " + title, key, unit


def row_of(cell, key, names, results):
    """name -> the median, of those that were measured."""
    runs = {name: results.get((cell.title, name)) for name in names}
    return {name: median(it, key) for name, it in runs.items() if values(it, key)}


def without_bare(row):
    return {name: value for name, value in row.items() if name not in peers.NO_SERVER}


def cell_text(runs, key, unit, best):
    numbers = values(runs, key)
    if not numbers:
        return ""
    middle = statistics.median(numbers)
    text = readable(middle, unit)
    text = f"**{text}**" if best else text
    spread = (max(numbers) - min(numbers)) / middle / 2 if middle else 0
    return text + (f" ±{100 * spread:.0f} %" if len(numbers) > 1 else "")


def table(cells, names, results):
    lines = ["| | " + " | ".join(peers.TITLES[name] for name in names) + " |",
             "|---" * (len(names) + 1) + "|"]
    for cell in cells:
        for title, key, unit in rows_of(cell):
            row = without_bare(row_of(cell, key, names, results))
            best = min(row, key=row.get) if row else None
            lines.append(f"| {title} | " + " | ".join(
                cell_text(results.get((cell.title, name)), key, unit, name == best)
                for name in names) + " |")
    return "\n".join(lines)


def is_ours(name):
    return name.startswith("hawser")


def better(row, which):
    """Whose median is the least, of those that `which` takes."""
    return min(filter(which, row), key=row.get, default=None)


def in_pairs(ours, others):
    """How much of the other's each run of ours took, round by round: what changes the machine's pace from one round
    to the next meets both."""
    return [mine / its for mine, its in zip(values(ours), values(others)) if its]


def ratio_text(pairs):
    if not pairs:
        return ""
    middle = statistics.median(pairs)
    return f"{middle:.2f}" + (f" ±{(max(pairs) - min(pairs)) / 2:.2f}" if len(pairs) > 1 else "")


def beside(pairs, bar):
    """A ratio, and what was wanted of it."""
    wanted = f"{bar:.2f}" + ("" if statistics.median(pairs) <= bar else ", missed") if pairs and bar else ""
    return f"{ratio_text(pairs)} | {wanted}"


def ratios(cells, names, results):
    """The better Hawser beside the better bare one, Bun, uWebSockets, and the best of all the others."""
    lines = ["| | of the bare | wanted | of Bun | wanted | of uWebSockets | wanted | of the best other | |",
             "|---" * 9 + "|"]
    for cell in cells:
        row = row_of(cell, "figure", names, results)
        ours = better(row, is_ours)
        if not ours or not row[ours]:
            continue
        pairs = {name: in_pairs(results[cell.title, ours], results[cell.title, name]) for name in row}
        bare = better(row, lambda name: name in peers.BARE)
        uws = better(row, lambda name: name in peers.UWS)
        best = better(row, lambda name: not is_ours(name) and name not in peers.NO_SERVER)
        most = f"at most {readable(cell.most, cell.unit)}: " if cell.most else ""
        most += "" if not cell.most else "yes" if row[ours] <= cell.most else "missed"
        told = [beside(pairs.get(name), bar)
                for name, bar in ((bare, cell.bar), ("bun", cell.bun_bar), (uws, cell.uws_bar))]
        told.append(f"{ratio_text(pairs[best])} ({peers.TITLES[best]})" if best else "")
        lines.append(f"| {cell.title} | {' | '.join(told)} | {most} |")
    return "\n".join(lines)


def block(cell, names, results, left, top):
    """Bars for a cell, one for each server; answers SVG and its height."""
    rows = list(row_of(cell, "figure", names, results).items())
    most = max((value for _, value in rows), default=0) or 1
    ours = [value for name, value in rows if is_ours(name)]
    if ours and min(ours) > 0:
        most = min(most, 5 * min(ours))  # longer bars are cut, so that the short ones can be told apart
    parts = [f'<text x="{left + 8}" y="{top + 20}" font-weight="600">'
             f'{html.escape(cell.title)} ({cell.unit})</text>']
    for i, (name, value) in enumerate(rows):
        y = top + 34 + 22 * i
        width = 200 * min(max(value, 0), most) / most
        parts.append(f'<text x="{left + 140}" y="{y + 13}" text-anchor="end">'
                     f'{html.escape(peers.TITLES[name])}</text>'
                     f'<rect x="{left + 148}" y="{y}" width="{width:.1f}" height="17" rx="2" '
                     f'fill="{COLORS.get(name, OTHERS)}"/>'
                     f'<text x="{left + 154 + width:.1f}" y="{y + 13}">'
                     f'{"» " if value > most else ""}{readable(value, cell.unit)}</text>')
    return "\n".join(parts), 34 + 22 * len(rows) + 18


def plot(cells, names, results):
    """The cells of a discipline, two beside each other."""
    parts, top = [], 0
    for i in range(0, len(cells), 2):
        pair = [block(cell, names, results, 440 * j, top) for j, cell in enumerate(cells[i:i + 2])]
        parts += [svg for svg, _ in pair]
        top += max(height for _, height in pair)
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 880 {top}" '
            'font-family="system-ui,sans-serif" font-size="12">\n'
            '<style>text{fill:#1b1f24}@media(prefers-color-scheme:dark){text{fill:#e6e9ec}}</style>')
    return "\n".join([head, *parts, "</svg>\n"])


def behind(cells, names, results):
    """Where a peer is ahead of the better Hawser."""
    for cell in cells:
        for title, key, _ in rows_of(cell):
            row = without_bare(row_of(cell, key, names, results))
            ours = [value for name, value in row.items() if is_ours(name)]
            theirs = {name: value for name, value in row.items() if not is_ours(name)}
            if not ours or not theirs or key == "kernel":
                continue
            best = min(theirs, key=theirs.get)
            if 0 < theirs[best] < min(ours):
                where = cell.title if key == "figure" else f"{cell.title} {title}"
                yield f"- {where}: {peers.TITLES[best]} by {100 * (min(ours) / theirs[best] - 1):.0f} %"


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":")[1].strip()
    return platform.processor()


def round_count(results):
    counts = [len(runs) for runs in results.values() if runs]
    return f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else f"{max(counts)}"


def text(cells, names, results, command, failures, seconds, where):
    versions = "; ".join(f"{peers.TITLES[name]}: {value}"
                         for name, value in peers.versions(names).items())
    lines = [f"`{command}`, {datetime.date.today().isoformat()}, {processor()}, {os.cpu_count()} cores,"
             f" Linux {platform.release()}, {where}. Medians of {round_count(results)} interleaved rounds of"
             f" {seconds:g} s, and half the distance between the least and the greatest. CPU is what the"
             " server's process used, user and system, for a message (a delivery, a connection); the"
             " server is pinned to one core, the load to the other. Bold is the least, the bare ones left"
             " out.", "",
             f"Versions: {versions}.", "", table(cells, names, results), "",
             "Hawser in its better form, beside the others in theirs: medians of the ratios of each round, and half the"
             " distance between the least and the greatest.", "",
             ratios(cells, names, results), ""]
    ahead = list(behind(cells, names, results))
    lines += ["Where a peer is ahead in this run:", "", *ahead, ""] if ahead else \
        ["In this run no peer is ahead anywhere.", ""]
    if failures:
        lines += ["Not measured:", "", *(f"- {it}" for it in failures), ""]
    return "\n".join(lines)


def write(document, cells, names, results, **about):
    document = pathlib.Path(document)
    told = text(cells, names, results, **about)  # before anything is written, which would make the version dirty
    before, rest = document.read_text().split(BEGIN)
    section, after = rest.split(END)
    for old in re.findall(r"\]\((figures/[\w-]+\.svg)\)", section):
        (document.parent / old).unlink(missing_ok=True)
    (document.parent / "figures").mkdir(exist_ok=True)
    images = []
    for discipline in dict.fromkeys(cell.discipline for cell in cells):
        its = [cell for cell in cells if cell.discipline == discipline]
        file = f"figures/{discipline}.svg"
        (document.parent / file).write_text(plot(its, names, results))
        images.append(f"![{discipline}]({file})")
    document.write_text(before + BEGIN + "\n" + told + "\n"
                        + "\n".join(images) + "\n" + END + after)
