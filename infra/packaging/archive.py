"""``python infra/packaging/archive.py FOLDER``: what a job brings along: vitrine.zip and entry.py.

The archive of the same sources is the same, byte for byte. Run from the project's root.
"""

import shutil
import sys
import zipfile
from pathlib import Path

# Components that run on a cluster, and what they meet in.
PACKAGES = ("contracts", "jobs")
_SUFFIXES = {".py", ".yaml", ".sql", ".json", ".properties"}
# The oldest time that the format knows.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def files(root: Path) -> list[Path]:
    """Every file of the archive, in order."""
    found = (it for name in PACKAGES for it in (root / name).rglob("*"))
    return sorted(it for it in found if it.is_file() and it.suffix in _SUFFIXES and "__pycache__" not in it.parts)


def main(folder: Path) -> None:
    """Write both into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    root = Path.cwd()
    with zipfile.ZipFile(folder / "vitrine.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files(root):
            entry = zipfile.ZipInfo(str(path.relative_to(root)), _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    shutil.copyfile(root / "jobs" / "dataproc" / "entry.py", folder / "entry.py")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
