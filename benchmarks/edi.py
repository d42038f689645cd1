"""EDI from bytes to checked and typed records, in MB a second and beside the parsers of other people.

X12 is a stock report (846) read as the flow of a warehouse does; EDIFACT are orders (ORDERS). The least that is
possible is a Python that only splits the text. pyx12 checks envelopes and counts; neither it nor pydifact makes
records. Both get a smaller file, for they take long. ``python -m benchmarks.edi FILE`` reads one file in a process of
its own.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

from pydifact.parser import Parser
from pyx12.x12file import X12Reader

from benchmarks.figures import Figure, at_least, at_most, ratios
from benchmarks.scale import Bench, WrongResult
from include.formats import edifact
from include.systems.edi.partners import PartnerProfile, load_partner
from include.systems.warehouse_edi.read import StockBatch, read_stock

PROJECT = Path(__file__).parents[1]
PROFILE = PROJECT / "include" / "systems" / "warehouse_edi" / "partners" / "central.yml"
MEGABYTE = 1_000_000
BLOCK_BYTES = 1024 * 1024
LINES_IN_DOCUMENT = 200
# Of the lines of the feed: a file of 50 MB of X12 and one of 20 MB of EDIFACT for a million rows.
X12_SHARE, EDIFACT_SHARE = 0.85, 0.3
PYX12_SHARE, PYDIFACT_SHARE = 10, 40
SHORT_SHARE, LONG_TIMES = 50, 20


def measure(bench: Bench) -> Iterator[Figure]:
    """The figures of EDI."""
    bench.folder.mkdir(parents=True, exist_ok=True)
    x12_lines, edifact_lines = (
        max(20, int(bench.scale.rows * share)) for share in (X12_SHARE, EDIFACT_SHARE)
    )
    yield from _x12_figures(bench, x12_lines)
    yield from _edifact_figures(bench, edifact_lines)
    yield from _memory_figures(bench, x12_lines)


def stock_report(lines: int, number: int = 1) -> bytes:
    """An interchange with so many lines of stock, in transaction sets of 200."""
    dice, sets = Random(number), []
    for first in range(0, lines, LINES_IN_DOCUMENT):
        count = min(LINES_IN_DOCUMENT, lines - first)
        told = "".join(_stock_line(dice, place) for place in range(1, count + 1))
        name = f"{first // LINES_IN_DOCUMENT + 1:06}"
        sets.append(
            f"ST*846*{name}~BIA*00*SI*{name}*20261102*0430~DTM*007*20261102*0430*UT~{told}CTT*{count}~"
            f"SE*{5 + 3 * count}*{name}~"
        )
    return (
        "ISA*00*          *00*          *ZZ*CENTRALWMS     *ZZ*LINDQVIST      *261102*0430*U*00401*"
        f"{number:09}*0*P*:~GS*IB*CENTRALWMS*LINDQVIST*20261102*0430*{number}*X*004010~{''.join(sets)}"
        f"GE*{len(sets)}*{number}~IEA*1*{number:09}~"
    ).encode("ascii")


def orders(lines: int) -> bytes:
    """An interchange with so many lines of orders, in messages of 200."""
    dice, messages = Random(7), []
    for first in range(0, lines, LINES_IN_DOCUMENT):
        count = min(LINES_IN_DOCUMENT, lines - first)
        told = "".join(_order_line(dice, place) for place in range(1, count + 1))
        name = first // LINES_IN_DOCUMENT + 1
        messages.append(
            f"UNH+{name}+ORDERS:D:96A:UN:EAN008'BGM+220+PO-{name}+9'DTM+137:20261102:102'"
            f"NAD+BY+5412345000013::9'NAD+SU+4012345500004::9'{told}UNS+S'CNT+2:{count}'UNT+{8 + 3 * count}+{name}'"
        )
    return (
        "UNB+UNOC:3+4012345500004:14+5412345000013:14+261102:0430+77'"
        f"{''.join(messages)}UNZ+{len(messages)}+77'"
    ).encode("latin-1")


def _stock_line(dice: Random, number: int) -> str:
    sku, ean = dice.randrange(10**6), dice.randrange(10**12)
    return f"LIN*{number}*SK*LQ-{sku:06}*UP*{ean:013}~QTY*33*{dice.randrange(500)}*EA~QTY*17*{dice.randrange(500)}*EA~"


def _order_line(dice: Random, number: int) -> str:
    return (
        f"LIN+{number}++{dice.randrange(10**13):013}:EN'QTY+21:{dice.randrange(1, 500)}:PCE'"
        f"PRI+AAA:{dice.randrange(1, 99_999) / 100}:::1:PCE'"
    )


def records_of_stock(data: bytes, profile: PartnerProfile) -> int:
    """How many typed records the flow of a warehouse makes of a file."""
    found = read_stock(_blocks(data), profile)
    return sum(part.records.height for part in found if isinstance(part, StockBatch))


def records_of_orders(data: bytes) -> int:
    """How many lines of orders stand in the typed tables of a file."""
    tables = edifact.RecordTables()
    for event in edifact.read(_blocks(data)):
        if isinstance(event, edifact.Message) and event.is_accepted:
            tables.add(event)
    return tables.frames()["lines"].height


def _x12_figures(bench: Bench, lines: int) -> Iterator[Figure]:
    profile = load_partner(PROFILE)
    whole, part = stock_report(lines), stock_report(max(20, lines // PYX12_SHARE))
    ours, split, other = [], [], []
    for number in range(1, bench.scale.rounds + 1):
        bench.tell(f"round {number} of {bench.scale.rounds}: {len(whole) / MEGABYTE:.0f} MB of X12")
        ours.append(_rate(whole, lambda data: records_of_stock(data, profile), lines))
        split.append(_rate(whole, _split_x12))
        other.append(_rate(part, _by_pyx12))
    yield _figure("x12", "X12 846 to checked, typed records", ours, unit="MB/s", target=at_least(15.0))
    yield _figure("x12_split", "the same, to a Python that only splits it", ratios(ours, split))
    yield _figure(
        "x12_pyx12",
        "the same, to pyx12, which makes no records",
        ratios(ours, other),
        target=at_least(5.0),
    )


def _edifact_figures(bench: Bench, lines: int) -> Iterator[Figure]:
    whole, part = orders(lines), orders(max(20, lines // PYDIFACT_SHARE))
    ours, other = [], []
    for number in range(1, bench.scale.rounds + 1):
        bench.tell(f"round {number} of {bench.scale.rounds}: {len(whole) / MEGABYTE:.0f} MB of EDIFACT")
        ours.append(_rate(whole, records_of_orders, lines))
        other.append(_rate(part, _by_pydifact))
    yield _figure(
        "edifact", "EDIFACT ORDERS to checked, typed records", ours, unit="MB/s", target=at_least(8.0)
    )
    yield _figure(
        "edifact_pydifact",
        "the same, to pydifact, which makes no records",
        ratios(ours, other),
        target=at_least(15.0),
    )


def _memory_figures(bench: Bench, lines: int) -> Iterator[Figure]:
    short, long = bench.folder / "short.edi", bench.folder / "long.edi"
    short.write_bytes(stock_report(max(20, lines // SHORT_SHARE)))
    with long.open("wb") as file:
        for number in range(1, LONG_TIMES + 1):
            file.write(stock_report(lines, number))
    bench.tell(
        f"memory: {short.stat().st_size / MEGABYTE:.1f} and {long.stat().st_size / MEGABYTE:.0f} MB of X12"
    )
    small, large = _peak(short, max(20, lines // SHORT_SHARE)), _peak(long, lines * LONG_TIMES)
    says = f"peak memory of reading {long.stat().st_size / MEGABYTE:.0f} MB of X12"
    long.unlink()
    yield _figure("memory", says, [large], unit="MB")
    yield _figure(
        "memory_growth",
        "the same, to a file of a thousandth of that size",
        [large / small],
        base=f"{small:.0f} MB",
        target=at_most(1.2),
    )


def _figure(name: str, says: str, values: list[float], **more: object) -> Figure:
    return Figure(benchmark="edi", name=name, says=says, values=values, **more)  # type: ignore[arg-type]


def _rate(data: bytes, read: Callable[[bytes], int], expected: int | None = None) -> float:
    """MB a second; what was read must be as much as was written."""
    began = time.perf_counter()
    found = read(data)
    seconds = time.perf_counter() - began
    if not found or (expected is not None and found != expected):
        raise WrongResult(f"{found} records were read, {expected} were written")
    return len(data) / MEGABYTE / seconds


def _split_x12(data: bytes) -> int:
    return sum(1 for line in data.decode("ascii").split("~") for _ in [line.split("*")])


def _by_pyx12(data: bytes) -> int:
    reader = X12Reader(io.StringIO(data.decode("ascii")))
    found = sum(1 for _ in reader)
    if errors := list(reader.pop_errors()):
        raise WrongResult(f"pyx12 says: {errors[0]}")
    return found


def _by_pydifact(data: bytes) -> int:
    with warnings.catch_warnings():
        # It says of every segment of the envelope that it has no definition of it.
        warnings.simplefilter("ignore")
        return sum(1 for _ in Parser().parse(data.decode("latin-1")))


def _blocks(data: bytes) -> Iterator[bytes]:
    return (data[start : start + BLOCK_BYTES] for start in range(0, len(data), BLOCK_BYTES))


def _peak(file: Path, expected: int) -> float:
    """Peak memory of a process that reads a file, in MB."""
    command = [sys.executable, "-m", "benchmarks.edi", str(file)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WrongResult(done.stderr[-2000:])
    said = json.loads(done.stdout)
    if said["records"] != expected:
        raise WrongResult(f"{said['records']} records were read, {expected} were written")
    return said["peak_kilobytes"] * 1024 / MEGABYTE


def _read_alone(path: Path) -> dict[str, int]:
    records = 0
    with path.open("rb") as file:
        for part in read_stock(iter(lambda: file.read(BLOCK_BYTES), b""), load_partner(PROFILE)):
            records += part.records.height if isinstance(part, StockBatch) else 0
    # Not `ru_maxrss`: a child begins with what its parent had.
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return {"records": records, "peak_kilobytes": int(line.split()[1])}


if __name__ == "__main__":
    print(json.dumps(_read_alone(Path(sys.argv[1]))))
