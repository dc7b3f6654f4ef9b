"""Who uses a data folder: servers share it, a restore wants it alone. A lock of the kernel's.

It ends with its process, however that dies, so nothing stale is ever left behind.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBUSY
from pathlib import Path

FILE = "samtale.lock"


@contextmanager
def claimed(folder: Path, *, alone: bool = False) -> Iterator[None]:
    """Use a folder, made if it is missing, with other servers or `alone`.

    Raises `OSError` with `EBUSY` when others use it in a way that does not allow that.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("ab") as file:
        how = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
        except BlockingIOError:
            user = "a server" if alone else "a restore"
            raise OSError(EBUSY, f"{user} uses this folder", str(folder)) from None
        yield
