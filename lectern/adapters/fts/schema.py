"""The tables of the passage index and their creation.

course    a stamp a course, new at every commit, that tells a cached matrix from a stale one
word      in how many passages of a course a word stands, as it is spelled there
vector    one embedding a (model, text hash), shared by all passages of that text
passage   what is quoted and cited, with the vector that stands for it
document  the digest of each document's content
words_N   the FTS5 table of the course with key N; its rowid is the passage's

One full-text table a course: BM25 counts documents and words of a whole table, so in a shared one each course would
change the scores, and with them the confidence and the refusals, of all others.
"""

import sqlite3

from lectern.adapters.fts.documents import note_all_documents
from lectern.adapters.fts.vocabulary import count_all_words

#: Kept in the file's `user_version`; raise it when tables or the preparation of text change.
SCHEMA_VERSION = 3

_WORDS = """
CREATE TABLE word (
    course_key INTEGER NOT NULL,
    word TEXT NOT NULL,
    passages INTEGER NOT NULL,
    PRIMARY KEY (course_key, word)
) WITHOUT ROWID;
"""
_DOCUMENTS = """
CREATE TABLE document (
    course_key INTEGER NOT NULL,
    document TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (course_key, document)
) WITHOUT ROWID;
"""
_TABLES = f"""
{_WORDS}
{_DOCUMENTS}
CREATE TABLE course (
    course_key INTEGER PRIMARY KEY,
    stamp BLOB NOT NULL
);
CREATE TABLE vector (
    id INTEGER PRIMARY KEY,
    model TEXT NOT NULL,
    text_sha TEXT NOT NULL,
    embedding BLOB NOT NULL,
    -- Unix seconds since no passage uses it; NULL while one does.
    unused_since INTEGER,
    UNIQUE (model, text_sha)
);
CREATE INDEX vector_unused ON vector (unused_since) WHERE unused_since IS NOT NULL;
CREATE TABLE passage (
    number INTEGER PRIMARY KEY,
    course_key INTEGER NOT NULL,
    document TEXT NOT NULL,
    id TEXT NOT NULL,
    title TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    text TEXT NOT NULL,
    kind TEXT NOT NULL,
    heading_path TEXT NOT NULL,
    anchor TEXT NOT NULL,
    start_offset INTEGER NOT NULL,
    end_offset INTEGER NOT NULL,
    vector_id INTEGER NOT NULL REFERENCES vector (id),
    -- Page, slide or cell; NULL for formats without.
    page INTEGER,
    UNIQUE (course_key, id)
);
CREATE INDEX passage_document ON passage (course_key, document);
CREATE INDEX passage_vector ON passage (vector_id);
"""
#: Tells a file of an earlier version from another program's that counts alike.
_OURS = "SELECT 1 FROM sqlite_master WHERE name = 'passage_vector'"


class ForeignSchema(Exception):
    """The file holds tables of another version of Lectern, or of another program."""


def ensure_schema(connection: sqlite3.Connection) -> None:
    """Create the tables in an empty file; several processes may do this at once. Raises `ForeignSchema`."""
    if _version(connection) == SCHEMA_VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        before = _version(connection)
        if before in (1, 2) and connection.execute(_OURS).fetchone():
            if before == 1:
                _run(connection, _WORDS)
                count_all_words(connection)
            _run(connection, _DOCUMENTS)
            note_all_documents(connection)
        elif before != SCHEMA_VERSION:
            _create(connection)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _create(connection: sqlite3.Connection) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise ForeignSchema(f"its schema version is {_version(connection)}, not {SCHEMA_VERSION}")
    _run(connection, _TABLES)


def _run(connection: sqlite3.Connection, script: str) -> None:
    # Statement by statement: `executescript` would commit first and let another process in.
    for statement in script.split(";\n"):
        connection.execute(statement)


def _version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
