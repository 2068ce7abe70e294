"""A dump as a file: encrypted or not, with its SHA-256 beside it, whole or not there at all.

Encryption is age (age-encryption.org): authenticated, streamed, and opened by `age --decrypt` on any machine, too.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyrage
from pyrage import x25519

ENCRYPTED, CHECKSUM, UNFINISHED = ".age", ".sha256", ".part"
BLOCK = 1024 * 1024


class DumpFileError(Exception):
    """One sentence: why this file, or this key, is of no use."""


# Keys


def new_key() -> tuple[str, str]:
    """The key that opens, and the one that only locks."""
    identity = x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def _locking(key: str) -> x25519.Recipient:
    """Of either key."""
    try:
        if key.startswith("age1"):
            return x25519.Recipient.from_str(key)
        return x25519.Identity.from_str(key).to_public()
    except (pyrage.RecipientError, pyrage.IdentityError):
        raise DumpFileError("BACKUP_KEY is not a key; `manage.py backup --new-key` makes one.") from None


def _opening(key: str) -> x25519.Identity:
    try:
        return x25519.Identity.from_str(key)
    except pyrage.IdentityError:
        raise DumpFileError(
            "This dump is encrypted: set BACKUP_KEY to the key AGE-SECRET-KEY-1... that opens it."
        ) from None


# Writing


@contextmanager
def new(path: Path) -> Iterator["_Hashed"]:
    """What is written appears under this name, and on the disk, when the block has ended well; else nothing does."""
    unfinished = path.with_name(path.name + UNFINISHED)
    try:
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            hashed = _Hashed(file)
            yield hashed
            file.flush()
            os.fsync(file.fileno())
        # First the checksum: a dump is never without.
        store(checksum_of(path), f"{hashed.hexdigest()}  {path.name}\n".encode())
        unfinished.rename(path)
        _settle(path.parent)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


def store(path: Path, content: bytes) -> None:
    """A small file, whole or not at all."""
    unfinished = path.with_name(path.name + UNFINISHED)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)


def lock(source, target, key: str) -> None:
    """Copies, encrypted if there is a key. In small pieces, however much it is."""
    if key:
        pyrage.encrypt_io(source, target, [_locking(key)])
    else:
        shutil.copyfileobj(source, target, BLOCK)


class _Hashed:
    def __init__(self, file):
        self._file, self._digest = file, hashlib.sha256()

    def write(self, piece: bytes) -> int:
        self._digest.update(piece)
        return self._file.write(piece)

    def flush(self) -> None:
        self._file.flush()

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


def _settle(folder: Path) -> None:
    """The new name, too, outlives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# Reading


def checksum_of(path: Path) -> Path:
    return path.with_name(path.name + CHECKSUM)


def check(path: Path) -> None:
    """Is it what was written? Raises DumpFileError."""
    try:
        wanted = checksum_of(path).read_text().split()[0]
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except (FileNotFoundError, IndexError) as error:
        missing = getattr(error, "filename", None) or checksum_of(path)
        raise DumpFileError(f"{missing} is missing or empty; a dump and its {CHECKSUM} file belong together.") from None
    except OSError as error:
        raise DumpFileError(f"{path} can't be read ({error.strerror}).") from error
    if found != wanted:
        raise DumpFileError(f"{path} was cut short or changed: its SHA-256 is not the one in {checksum_of(path).name}.")


def unlock(path: Path, target, key: str) -> None:
    """Copies the dump itself. Raises DumpFileError, perhaps after a part of it: run it into nothing first."""
    with path.open("rb") as file:
        if path.suffix != ENCRYPTED:
            shutil.copyfileobj(file, target, BLOCK)
            return
        try:
            pyrage.decrypt_io(file, target, [_opening(key)])
        except (pyrage.DecryptError, OSError) as error:
            raise DumpFileError(f"{path} can't be opened with this BACKUP_KEY ({error}).") from error
