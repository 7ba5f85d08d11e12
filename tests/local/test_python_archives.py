import importlib.util
import subprocess
import sys
import zipfile
from pathlib import Path

import pyspark
import pytest

from local import python_archives

ASKED = "import shop.till; print(shop.till.__file__, shop.till.TOTAL)"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    made = tmp_path / "shop.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("shop/__init__.py", "")
        opened.writestr("shop/till.py", "TOTAL = 3\n")
        opened.writestr("shop/tests/test_till.py", "no Python")
        opened.writestr("shop/prices.txt", "1 2")
    return made


def imported(archive: Path) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "-c", ASKED], env={"PYTHONPATH": str(archive)}, check=True, capture_output=True, text=True
    )
    return ended.stdout.split()


def test_python_takes_what_was_compiled_rather_than_the_source(archive: Path) -> None:
    assert imported(archive)[0] == f"{archive}/shop/till.py"
    python_archives.compile_modules(archive)
    assert imported(archive) == [f"{archive}/shop/till.pyc", "3"]


def test_all_that_was_in_an_archive_still_is_and_compiling_again_changes_nothing(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        before = {it: opened.read(it) for it in opened.namelist()}
    python_archives.compile_modules(archive)
    first = archive.stat()
    with zipfile.ZipFile(archive) as opened:
        assert {it: opened.read(it) for it in before} == before
        assert set(opened.namelist()) - before.keys() == {"shop/__init__.pyc", "shop/till.pyc"}
    python_archives.compile_modules(archive)
    # Not even made anew: a Spark that runs reads it at places that it has looked up.
    assert archive.stat() == first
    assert list(archive.parent.iterdir()) == [archive]


def test_a_file_that_packages_share_with_where_they_were_installed_from_is_left_alone(archive: Path) -> None:
    other = archive.with_name("other.zip")
    other.hardlink_to(archive)
    before = other.read_bytes()
    python_archives.compile_modules(archive)
    assert other.read_bytes() == before != archive.read_bytes()


def test_this_environment_has_spark_s_compiled() -> None:
    with zipfile.ZipFile(Path(pyspark.__file__).parent / "python" / "lib" / "pyspark.zip") as opened:
        code = opened.read("pyspark/worker.pyc")
        source = opened.read("pyspark/worker.py")
    assert code.startswith(importlib.util.MAGIC_NUMBER)
    assert code[8:16] == importlib.util.source_hash(source)
