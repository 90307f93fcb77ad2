"""ZIP archives that hold a document (DOCX, PPTX, EPUB): looked through before anything is unpacked."""

import io
import posixpath
import zipfile
import zlib

from lectern.tutor.errors import UnreadableFile
from lectern.tutor.ingest.parsers.kinds_of_bytes import require_kind

#: Files in one archive.
MOST_ENTRIES = 10_000
#: Bytes that all of its files may unpack to, by what the archive says of itself,
MOST_UNPACKED_BYTES = 1_000_000_000
#: and bytes of one part that is read: text and structure, never pictures.
MOST_PART_BYTES = 100_000_000
#: Bytes that all the parts which are read may have together.
MOST_READ_BYTES = 200_000_000
#: How many times smaller than itself a part may be packed; XML reaches about 50, nothing honest 200.
MOST_RATIO = 200
#: Parts below this many bytes may be packed as tightly as they like.
_SMALL_BYTES = 1_000_000
_ENCRYPTED = 0x1
#: What stands before each entry in an archive's directory.
_ENTRY = b"PK\x01\x02"
_LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")


class Archive:
    """The files of an archive by name. Raises `UnreadableFile` with a sentence for a teacher."""

    def __init__(self, data: bytes, name: str, wanted: str) -> None:
        if data.startswith(b"\xd0\xcf\x11\xe0") and _LOCKED_OFFICE in data:
            raise UnreadableFile(
                f"{name} is protected with a password.", hint="Save a copy without protection."
            )
        require_kind(data, name, wanted, b"PK\x03\x04")
        self._name = name
        # Counted in the bytes: the list of two million entries alone would fill the memory.
        entries = data.count(_ENTRY)
        if entries > MOST_ENTRIES:
            raise UnreadableFile(
                f"{name} holds {entries} files; {MOST_ENTRIES} is the most.", hint="Export it again."
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as exc:
            raise self._damaged() from exc
        self._read = 0
        self._refuse_bombs()
        self.names = frozenset(self._zip.namelist())

    def read(self, part: str) -> bytes:
        """Return the bytes of one file, unpacked up to the size that was announced and looked at."""
        try:
            info = self._zip.getinfo(part)
        except KeyError:
            raise self._damaged(f"{part} is missing") from None
        if info.flag_bits & _ENCRYPTED:
            raise UnreadableFile(
                f"{self._name} is protected with a password.", hint="Save a copy without protection."
            )
        self._read += info.file_size
        if info.file_size > MOST_PART_BYTES or self._read > MOST_READ_BYTES:
            raise self._too_large()
        if info.file_size > _SMALL_BYTES and info.file_size > MOST_RATIO * max(1, info.compress_size):
            raise self._bomb()
        try:
            with self._zip.open(info) as packed:
                # A file that goes on behind its announced size is cut there, and its checksum is wrong.
                return packed.read(info.file_size)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            OSError,
            RuntimeError,  # also a way of packing that Python does not know
            ValueError,
        ) as exc:
            raise self._damaged(f"{part} cannot be unpacked") from exc

    def beside(self, part: str, target: str) -> str:
        """Return the name of the file that `part` points at by a relative or absolute path."""
        path = target.split("#")[0]
        folder = "" if path.startswith("/") else posixpath.dirname(part)
        return posixpath.normpath(posixpath.join(folder, path.lstrip("/")))

    def _refuse_bombs(self) -> None:
        entries = self._zip.infolist()
        unpacked, packed = sum(one.file_size for one in entries), sum(one.compress_size for one in entries)
        if unpacked > MOST_UNPACKED_BYTES:
            raise self._too_large()
        if unpacked > 20 * _SMALL_BYTES and unpacked > MOST_RATIO * max(1, packed):
            raise self._bomb()

    def _too_large(self) -> UnreadableFile:
        return UnreadableFile(
            f"{self._name} unpacks to more than is read: {MOST_PART_BYTES / 1e6:.0f} MB in one part, "
            f"{MOST_UNPACKED_BYTES / 1e6:.0f} MB in all.",
            hint="Split it, or make its pictures smaller.",
        )

    def _bomb(self) -> UnreadableFile:
        return UnreadableFile(
            f"{self._name} is packed more than {MOST_RATIO} times smaller than it is, which no document is.",
            hint="Export it again.",
        )

    def _damaged(self, why: str = "") -> UnreadableFile:
        return UnreadableFile(f"{self._name} is damaged{': ' + why if why else ''}.", hint="Export it again.")
