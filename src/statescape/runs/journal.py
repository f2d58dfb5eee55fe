"""One run, one SQLite file: what was asked for, what has been found so far, and where to go on.

The journal is generic: settings, a state, named blobs, and whatever tables a wing adds. Everything is written in
transactions to a write-ahead log, so a process that is killed at any moment loses at most the transaction in progress,
and what one process writes others may read meanwhile. Only one process writes: it holds a lock that the system
releases when the process dies. When the journal is closed, the log is folded in and one file remains.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType, MethodType
from typing import Any

from filelock import BaseFileLock, FileLock, Timeout

from statescape.errors import StatescapeError
from statescape.runs.plain import DamagedRunError, parsed, require_tables_only, sentences_of, typed, understood

APPLICATION_ID = 0x5353_4331
FORMAT = 1
MOST_ROWS = 20_000_000  # of an answer that is asked of a run
# Versions before this one that search as it does, so that it goes on with their runs to the result they would have had.
CONTINUED = ("0.1.0",)
_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blobs (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""


class Journal:
    """The file of one run; made by `create`, `open` or `read`.

    Attributes:
        path: the file.
        kind: what kind of run it is, for example "evolution".
        settings: what was asked for, as plain JSON.
        created: when, ISO 8601 in UTC.
    """

    def __init__(self, path: Path, database: sqlite3.Connection, lock: BaseFileLock | None) -> None:
        self.path, self._database, self._lock = path, database, lock
        require_tables_only(path, database)
        meta = dict(self.rows("facts", tuple[str, str], "SELECT key, value FROM meta"))
        with understood(path, "facts"):
            self.kind: str = typed(str, parsed(meta["kind"]))
            self.created: str = typed(str, parsed(meta["created"]))
            self.version: str = typed(str, parsed(meta["version"]))
        with understood(path, "settings"):
            self.settings: dict[str, Any] = typed(dict[str, Any], parsed(meta["settings"]))

    @classmethod
    def create(
        cls,
        path: str | Path,
        kind: str,
        settings: Mapping[str, Any],
        tables: str = "",
        blobs: Mapping[str, bytes] | None = None,
    ) -> Journal:
        """Begin a run.

        Args:
            path: where; nothing may be there yet.
            kind: what kind of run it is.
            settings: plain JSON.
            tables: SQL of the tables that this kind adds.
            blobs: what it begins with, by name.

        Raises:
            StatescapeError: where something is there, or nothing can be written.
        """
        from statescape import __version__

        path = Path(path)
        if path.exists():
            raise StatescapeError(f"{path} exists already; resume that run, or choose another name.")
        if not path.parent.is_dir():
            raise StatescapeError(f"There is no folder {path.parent} to write the run to; make it first.")
        lock = _locked(path)
        begun = path.with_name(path.name + ".new")
        try:
            with sentences_of(path):
                # Made beside its place and moved there whole: a kill in between leaves no half of a run.
                begun.unlink(missing_ok=True)
                created = datetime.now(UTC).isoformat(timespec="seconds")
                meta = {"kind": kind, "settings": settings, "created": created, "version": __version__}
                with closing(sqlite3.connect(begun, isolation_level=None)) as database:
                    database.executescript(
                        f"{_TABLES} {tables} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {FORMAT};"
                    )
                    database.execute("BEGIN")
                    database.executemany(
                        "INSERT INTO meta VALUES (?, ?)", [(key, json.dumps(value)) for key, value in meta.items()]
                    )
                    database.executemany("INSERT INTO blobs VALUES (?, ?)", list((blobs or {}).items()))
                    database.execute("COMMIT")
                begun.replace(path)
                database = _connect(path)
        except BaseException:
            begun.unlink(missing_ok=True)
            lock.release()
            raise
        return cls(path, database, lock)

    @classmethod
    def open(cls, path: str | Path, *, kind: str | None = None) -> Journal:
        """Go on with a run.

        Raises:
            StatescapeError: where the file is missing, damaged, no run, of another kind or format, or another process
                writes it.
        """
        path = _existing(path)
        lock = _locked(path)
        try:
            with cls.read(path, kind=kind) as found:  # looked at first, so that a refusal leaves it untouched
                _require_same_search(found)
                if found.rows("pages", tuple, "PRAGMA quick_check(1)") != [("ok",)]:
                    raise DamagedRunError(f"{path} is damaged or cut off; restore it from a copy, it is not changed.")
            with sentences_of(path):
                database = _connect(path)
            return _made(cls, path, database, lock, kind)
        except BaseException:
            lock.release()
            raise

    @classmethod
    def read(cls, path: str | Path, *, kind: str | None = None) -> Journal:
        """Look at a run, also while another process writes it, also where nothing can be written.

        All that is read is of one moment: what is written meanwhile is not seen.

        Raises:
            StatescapeError: where the file is missing, damaged, no run, or of another kind or format.
        """
        path = _existing(path)
        uri = path.absolute().as_uri() + "?mode=ro"
        with sentences_of(path):
            try:
                database = sqlite3.connect(uri, uri=True, isolation_level=None)
                database.execute("BEGIN")
                database.execute("SELECT * FROM sqlite_master").fetchall()
            except sqlite3.OperationalError:  # a log cannot be opened in a folder that is read-only; there is none
                if path.with_name(path.name + "-wal").exists():
                    raise
                database = sqlite3.connect(uri + "&immutable=1", uri=True, isolation_level=None)
        return _made(cls, path, database, None, kind)

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return bool(self.rows("end", tuple[int], "SELECT 1 FROM blobs WHERE key = 'finished'"))

    def finish(self) -> None:
        """Mark the run as having come to its end."""
        self.put("finished", b"1")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written inside, or nothing.

        Raises:
            StatescapeError: where the run was opened to be read, or cannot be written.
        """
        if self._lock is None:
            raise StatescapeError(f"{self.path} was opened read-only; open it to write.")
        with sentences_of(self.path), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield self._database

    def rows(self, part: str, kind: Any, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Rows of a query, each as a tuple type says.

        Raises:
            DamagedRunError: where a row is something else.
        """
        with sentences_of(self.path), understood(self.path, part):
            found = self._database.execute(sql, values).fetchmany(MOST_ROWS)
            return [typed(kind, row) for row in found]

    def require_tables(self, tables: str) -> None:
        """Refuse a run that lacks a table or a column that its kind adds.

        Args:
            tables: the SQL that makes them.

        Raises:
            DamagedRunError: naming the first that is missing.
        """
        with closing(sqlite3.connect(":memory:")) as whole:
            whole.executescript(tables)
            asked = "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'"
            wanted = whole.execute(asked).fetchall()
        here = set(self.rows("tables", tuple[str, str], asked))
        for table, column in wanted:
            if (table, column) not in here:
                raise DamagedRunError(f"{self.path} cannot be used as a run: {column} of its table {table} is missing.")

    def understood(self, part: str, *, refusals: bool = True) -> AbstractContextManager[None]:
        """A block that reads a part of this run: what goes wrong there is said with its name."""
        return understood(self.path, part, refusals=refusals)

    def put(self, key: str, value: bytes, database: sqlite3.Connection | None = None) -> None:
        """Keep a blob under a name, within a transaction where one is given."""
        statement = ("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (key, value))
        if database is not None:
            database.execute(*statement)
            return
        with self.transaction() as own:
            own.execute(*statement)

    def get(self, key: str) -> bytes | None:
        """The blob of a name, or None."""
        found = self.rows(key, tuple[bytes], "SELECT value FROM blobs WHERE key = ?", (key,))
        return found[0][0] if found else None

    def known(self, key: str, kind: Any = Any) -> Any:
        """What is remembered under a name, read by a function or as a type says; None where there is nothing.

        Raises:
            DamagedRunError: where it is something else.
        """
        blob = self.get(key)
        if blob is None:
            return None
        with self.understood(key):
            data = parsed(blob)
            return kind(data) if isinstance(kind, FunctionType | MethodType) else typed(kind, data)

    def remember(self, key: str, compute: Callable[[], Any], kind: Any = Any) -> Any:
        """What `compute` gives, plain JSON, as `known` reads it; a run that is resumed does not compute it again.

        Raises:
            DamagedRunError: where something else is remembered, or nothing by a run that is only read.
        """
        if self.get(key) is None:
            self.require_writable(key)
            self.put(key, json.dumps(compute()).encode())
        return self.known(key, kind)

    def require_writable(self, part: str) -> None:
        """Refuse to make a part anew of a run that is only read.

        Raises:
            DamagedRunError: where that is so.
        """
        if self._lock is None:
            raise DamagedRunError(f"{self.path} lacks its {part}: it is damaged, or another version wrote it.")

    def close(self) -> None:
        """Fold the log into the file and let others write."""
        if self._lock is not None:
            # A file at rest has no log, so that reading it leaves nothing beside it; a reader of now may forbid it.
            with suppress(sqlite3.Error):
                self._database.execute("PRAGMA journal_mode = DELETE")
        self._database.close()
        if self._lock is not None:
            Path(self._lock.lock_file).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def kind_of(path: str | Path) -> str:
    """What kind of run a file holds.

    Raises:
        StatescapeError: where it is no run that can be read.
    """
    with Journal.read(path) as journal:
        return journal.kind


def _connect(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, isolation_level=None, timeout=10.0)
    database.execute("PRAGMA journal_mode = WAL")
    # Every transaction is folded into the file at once: whoever copies it without its log has all but the last.
    database.execute("PRAGMA wal_autocheckpoint = 1")
    # NORMAL: safe against a kill at any moment; a power cut may lose the last transactions, never the file.
    database.execute("PRAGMA synchronous = NORMAL")
    return database


def _locked(path: Path) -> BaseFileLock:
    """The right to write a run, given up by the system when the process dies."""
    lock = FileLock(path.with_name(path.name + ".lock"))
    with sentences_of(path):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise StatescapeError(f"Another process is writing {path}; wait for it or stop it first.") from None
    return lock


def _existing(path: str | Path) -> Path:
    path = Path(path)
    if path.is_dir():
        raise StatescapeError(f"{path} is a folder; name the file of a run.")
    if not path.is_file():
        raise StatescapeError(f"There is no run {path}; name a file that is there.")
    with sentences_of(path), path.open("rb") as file:
        header = file.read(100)
    # Read here, since opening a file by SQLite may change it: format and application stand at bytes 60 and 68.
    if header[:16] != b"SQLite format 3\x00" or header[68:72] not in (APPLICATION_ID.to_bytes(4, "big"), b""):
        raise StatescapeError(f"{path} is no run that statescape wrote.")
    found = int.from_bytes(header[60:64], "big")
    if found > FORMAT:
        raise StatescapeError(f"{path} was written by a newer statescape (format {found}); update to read it.")
    return path


def _made(
    cls: type[Journal], path: Path, database: sqlite3.Connection, lock: BaseFileLock | None, kind: str | None
) -> Journal:
    try:
        journal = cls(path, database, lock)
        if kind is not None and journal.kind != kind:
            raise StatescapeError(f"{path} is a run of the kind {journal.kind[:20]!r}, not {kind!r}.")
    except BaseException:
        database.close()
        raise
    return journal


def _require_same_search(journal: Journal) -> None:
    """Refuse to go on with what another version began, unless that one searches as this one does."""
    from statescape import __version__

    if journal.version not in (__version__, *CONTINUED) and not journal.finished:
        raise StatescapeError(
            f"{journal.path} was begun by statescape {journal.version[:20]}, and {__version__} may go on to another "
            "result; resume it with that version, or begin it anew."
        )
