"""Reads damaged copies of good files, each in a process with bounds: `python -m tests.jobs.damaged N`.

With ARROW_DEFAULT_MEMORY_POOL=system in its environment, as the readers have it before they load Arrow.
The last line it prints is JSON: how often each outcome came, and what nobody expected.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import sys
import traceback
import zipfile
from collections import Counter
from pathlib import Path

from app import functions
from app.jobs.bounds import Bounds
from tests.functions.tables.formats.test_archives import ods, ods_row, xlsb

CASES = Path(__file__).parents[1] / "functions" / "tables" / "cases"
MAX_BYTES = 50 * 1024**2
SECONDS = 60


def good_files() -> list[tuple[str, bytes]]:
    """The names and contents of small tables in all formats."""
    files = [(path.name, path.read_bytes()) for path in sorted(CASES.iterdir())]
    texts = [content for name, content in files if name.endswith(".csv")]
    rows = "".join(ods_row(f"r{i % 3}", i * 1.5) for i in range(20))
    cells = [(0, 0, "n"), (0, 1, "kind")]
    for row in range(1, 21):
        cells += [(row, 0, row * 1.5), (row, 1, f"k{row % 3}")]
    binary = [each for each in files if not each[0].endswith((".csv", ".tsv", ".txt"))]
    return [
        *files,
        *3 * binary,
        ("a.ods", ods(ods_row("kind", 2019) + rows)),
        ("a.xlsb", xlsb(cells)),
        *((f"{k}.csv.gz", gzip.compress(text)) for k, text in enumerate(texts[:5])),
        *((f"{k}.zip", packed({"a.csv": text})) for k, text in enumerate(texts[:5])),
    ]


def packed(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def damaged(rng: random.Random, content: bytes) -> bytes:
    """A copy with a few bytes flipped, left out, repeated or moved; within a ZIP file, those of one member."""
    if zipfile.is_zipfile(io.BytesIO(content)) and rng.random() < 0.6:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        hit = rng.choice(sorted(members))
        return packed(members | {hit: damaged(rng, members[hit])})
    found = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 5, 20])):
        if not found:
            break
        at, length = rng.randrange(len(found)), rng.choice([1, 4, 16, 200])
        other = rng.randrange(len(found))
        kind = rng.randrange(6)
        if kind == 0:
            found[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            found[at] = rng.choice([0, 127, 128, 255])
        elif kind == 2:
            del found[at : at + length]
        elif kind == 3:
            found[at:at] = found[at : at + length]
        elif kind == 4:
            del found[at:]
        else:
            found[at : at + length] = found[other : other + length]
    return bytes(found)


def outcome_of(name: str, content: bytes) -> str:
    """'a table', 'a sentence', or what else came of reading a file in a process of its own."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.write(sender, read(name, content).encode(errors="replace")[-5000:])
        os._exit(0)
    os.close(sender)
    with open(receiver, encoding="utf-8", errors="replace") as said:
        found = said.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return found if status == 0 else f"ended by {status}"


def read(name: str, content: bytes) -> str:
    bounds = Bounds(MAX_BYTES, SECONDS)
    tables = functions.tables
    try:
        table = tables.reading.read_table(
            io.BytesIO(content), name, MAX_BYTES, announce=bounds.tighten
        )
        tables.profiling.profile_table(table.frame)
        tables.remarks.remarks_of(table)
        tables.serialization.table_to_bytes(table.frame)
        if table.texts:
            tables.serialization.table_of_texts(table.texts)
    except ValueError as error:
        if type(error) is ValueError and str(error).endswith("."):
            return "a sentence"
        return traceback.format_exc()
    except BaseException:
        return traceback.format_exc()
    return "a table"


def main(n_files: int, seed: int) -> None:
    rng = random.Random(seed)
    files, counts, unexpected = good_files(), Counter(), []
    # What the children need is loaded once.
    read_names = "reading profiling remarks serialization"
    for module in read_names.split():
        getattr(functions.tables, module)
    for _ in range(n_files):
        name, content = rng.choice(files)
        outcome = outcome_of(name, damaged(rng, content))
        if outcome in ("a table", "a sentence"):
            counts[outcome] += 1
        else:
            unexpected.append([name, outcome])
    print(json.dumps({"counts": counts, "unexpected": unexpected}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
