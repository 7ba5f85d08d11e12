"""``python -m local.python_archives``: Spark's own Python archives, with what this Python makes of their modules.

Spark's Java puts them first on the path of each Python process that it starts, some seven for a streaming job, one
after the other. Python keeps nothing that it compiles of an archive, so that each would compile all of Spark again,
half of the 1.7 s that its imports took.
"""

import importlib.util
import marshal
import os
import zipfile
from pathlib import Path

# PEP 552: the source's hash is in it and nobody compares it, as whoever changes the one makes the other anew.
_UNCHECKED = (0b01).to_bytes(4, "little")


def main() -> None:
    """Compile those of this environment."""
    spark = importlib.util.find_spec("pyspark")
    assert spark is not None
    assert spark.origin is not None
    for archive in sorted((Path(spark.origin).parent / "python" / "lib").glob("*.zip")):
        compile_modules(archive)


def compile_modules(archive: Path) -> None:
    """Put each module's code beside it in the archive, where Python looks first.

    An archive that has it is left alone: whoever reads one that is replaced reads at places that are others' now.
    """
    with zipfile.ZipFile(archive) as read:
        if any(it.endswith(".pyc") for it in read.namelist()):
            return
        # What packages are installed from may be the same file: it is replaced, not written to.
        unfinished = archive.with_suffix(f".{os.getpid()}")
        with zipfile.ZipFile(unfinished, "w") as made:
            for entry in read.infolist():
                content = read.read(entry)
                made.writestr(entry, content)
                if entry.filename.endswith(".py") and "/tests/" not in entry.filename:
                    made.writestr(entry.filename + "c", _compiled(content, archive / entry.filename))
    unfinished.replace(archive)


def _compiled(source: bytes, path: Path) -> bytes:
    code = compile(source, str(path), "exec", dont_inherit=True)
    return importlib.util.MAGIC_NUMBER + _UNCHECKED + importlib.util.source_hash(source) + marshal.dumps(code)


if __name__ == "__main__":
    main()
