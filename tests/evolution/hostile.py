"""Runs as nobody should get them: cut off, foreign, of other shapes, made to do harm; all drawn from a seed."""

from __future__ import annotations

import json
import random
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

DEEP = "[" * 100_000
VALUES = (
    0,
    1,
    3,
    -1,
    2**62,
    0.5,
    -1e308,
    float("inf"),
    "",
    "x",
    "\x1b[31m",
    "é\n",
    b"",
    b"\x00\xff",
    [],
    {},
    [[]],
    True,
)
"""What takes the place of a value; none names a size that is allowed and takes long to fill."""
JSON_VALUES = (*(one for one in VALUES if not isinstance(one, bytes)), None, float("nan"), 10**40, "y" * 10_000)

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT * FROM n"

Mutation = tuple[str, Callable[[Path], None]]


def bomb(size: int = 2**27) -> bytes:
    """Some bytes that unpack to very many."""
    packer = zlib.compressobj(9)
    block = b"G1" + bytes(2**20 - 2)
    return b"".join([*(packer.compress(block) for _ in range(size // len(block))), packer.flush()])


def whole_files() -> list[Mutation]:
    """What is no run at all, or half of one."""

    def sized(share: float) -> Callable[[Path], None]:
        return lambda path: path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    def foreign(path: Path) -> None:
        path.unlink()
        with closing(sqlite3.connect(path)) as database:
            database.execute("CREATE TABLE meta (a, b)")
            database.commit()

    def folder(path: Path) -> None:
        path.unlink()
        path.mkdir()

    return [
        ("an empty file", lambda path: path.write_bytes(b"")),
        ("text", lambda path: path.write_text("no run\n" * 100)),
        ("a folder", folder),
        ("another program's database", foreign),
        *((f"cut at {share}", sized(share)) for share in (0.001, 0.1, 0.5, 0.9)),
    ]


def schemas(path: Path) -> list[Mutation]:
    """Tables that are missing, empty or no tables."""
    found: list[Mutation] = []
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        keys = [key for (key,) in database.execute("SELECT key FROM blobs ORDER BY key")]
    for table in tables:
        endless = (
            f"CREATE VIEW {table} AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT * FROM n"
        )
        found += [
            (f"no {table}", _sql(f"DROP TABLE {table}")),
            (f"an empty {table}", _sql(f"DELETE FROM {table}")),
            (f"an endless view for {table}", _sql(f"DROP TABLE {table}", endless)),
            (f"another {table}", _sql(f"DROP TABLE {table}", f"CREATE TABLE {table} (key, value)")),
        ]
    for key in ("kind", "settings", "created", "version"):
        found.append((f"no {key}", _sql("DELETE FROM meta WHERE key = ?", values=(key,))))
    found += [(f"no {key}", _sql("DELETE FROM blobs WHERE key = ?", values=(key,))) for key in keys]
    found.append(("a newer format", _sql("PRAGMA user_version = 99")))
    return found


def one_value(path: Path, rng: random.Random) -> Mutation:
    """One column, blob or field of JSON that is something else."""
    with closing(sqlite3.connect(path)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        table = rng.choice([*tables, "meta", "blobs", "blobs"])
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        keys = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[5]]
        rows = database.execute(f"SELECT * FROM {table}").fetchall()
    if not rows:
        return one_value(path, rng)
    row = dict(zip(columns, rng.choice(rows), strict=True))
    column = rng.choice([name for name in columns if name not in keys] if rng.random() < 0.9 else keys) if keys else ""
    value, how = _other(row[column], rng)
    where = " AND ".join(f"{key} = ?" for key in keys)
    statement = f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {where}"
    named = "/".join(str(row[key]) for key in keys)
    return f"{table}.{column} of {named}: {how}", _sql(statement, values=(value, *(row[key] for key in keys)))


def _other(value: object, rng: random.Random) -> tuple[object, str]:
    data = _json(value)
    if data is None or rng.random() < 0.3:
        if isinstance(value, bytes | str) and rng.random() < 0.4:
            return value[: rng.randrange(len(value) + 1)], "cut off"
        extra = (zlib.compress(b"G1" + bytes(40)), DEEP, "NaN", "1e999")
        chosen = rng.choice([*(one for one in VALUES if not isinstance(one, (list, dict))), *extra])
        return chosen, repr(chosen)[:30]
    owner, place = _somewhere({"": data}, rng)
    if isinstance(owner, dict) and rng.random() < 0.3 and place:
        del owner[place]
        how = f"without {place}"
    else:
        owner[place] = rng.choice(JSON_VALUES)
        how = f"{place} = {owner[place]!r}"[:60]
    changed = json.dumps(data if owner is not None and place != "" else owner[""])
    return (changed.encode() if isinstance(value, bytes) else changed), how


def _somewhere(data: dict, rng: random.Random) -> tuple[dict | list, object]:
    """A random place in plain JSON: what holds it, and its name or number there."""
    owner, place = data, ""
    while isinstance(owner[place], (dict, list)) and owner[place] and (place == "" or rng.random() < 0.8):
        owner = owner[place]
        place = rng.choice(list(owner) if isinstance(owner, dict) else range(len(owner)))
    return owner, place


def _json(value: object) -> object:
    try:
        data = json.loads(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, UnicodeDecodeError):
        return None
    return data if isinstance(data, (dict, list)) else None


def change(path: Path, statement: str, *values: object) -> None:
    """Write to a run behind its back."""
    _sql(statement, values=values)(path)


def _sql(*statements: str, values: tuple = ()) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement, values)

    return changed
