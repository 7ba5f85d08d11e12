"""Reading, computing and drawing are apart: what each part of the dashboard may know of the others."""

import ast
import re
from pathlib import Path

import pytest

import dashboard

ROOT = Path(dashboard.__file__).parent
# What a part must not import: the page's machinery is for screens, the servers are for data.
FORBIDDEN = {
    "data": ("streamlit", "starlette", "dashboard.texts", "dashboard.views", "dashboard.screens"),
    "views": ("streamlit", "starlette", "redis", "pg8000", "contracts.database", "contracts.live_store"),
    "texts": ("streamlit", "dashboard.data", "dashboard.views", "dashboard.screens"),
    "screens": ("redis", "pg8000", "contracts.database", "contracts.live_store"),
}


def imported(file):
    """The modules that a file names."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (it.name for it in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{it.name}" for it in node.names)


@pytest.mark.parametrize("part", FORBIDDEN)
def test_a_part_imports_nothing_that_is_another_ones(part):
    files = list((ROOT / part).rglob("*.py"))
    assert files
    found = [
        (file.relative_to(ROOT).as_posix(), module)
        for file in files
        for module in imported(file)
        if any(module == it or module.startswith(f"{it}.") for it in FORBIDDEN[part])
    ]
    assert found == []


def test_no_script_has_colours_of_its_own():
    for file in (ROOT / "assets").glob("*.js"):
        assert re.findall(r"#[0-9a-fA-F]{3,8}\b|\brgba?\((?!0 0 0 /)", file.read_text("utf-8")) == [], file.name
