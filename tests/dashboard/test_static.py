"""The files that the browser fetches once: they are ours to serve, with their licences beside them."""

import asyncio
import json
from pathlib import Path

import pytest

import dashboard
from dashboard import components, static
from dashboard.data import states

ASSETS = Path(dashboard.__file__).with_name("assets")


def fetch(name):
    route = next(it for it in static.routes() if it.path == static.address(name))
    return asyncio.run(route.endpoint(None))


def test_the_chart_library_is_served_for_good_under_the_hash_of_its_content():
    answer = fetch("echarts.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.body == (ASSETS / "vendor" / "echarts.js").read_bytes()


def test_the_map_has_all_27_states():
    features = json.loads(fetch("brasil_uf.geojson").body)["features"]
    assert sorted(it["properties"]["uf"] for it in features) == sorted(states.names())
    assert len(features) == 27
    assert states.names()["SP"] == "São Paulo"


@pytest.mark.parametrize("package", ["echarts", "zrender", "tslib"])
def test_what_is_bundled_keeps_its_licence(package):
    assert "Copyright" in (ASSETS / "vendor" / f"LICENSE-{package}").read_text("utf-8")
    assert f"LICENSE-{package}" in (ASSETS / "vendor" / "echarts.js").read_text("utf-8")[:200]


def test_the_library_is_made_of_what_the_recipe_names():
    recipe = (ASSETS / "vendor" / "build").read_text("utf-8")
    version = next(it.split()[0].removeprefix("ECHARTS=") for it in recipe.splitlines() if it.startswith("ECHARTS="))
    assert f"Apache ECharts {version} " in (ASSETS / "vendor" / "echarts.js").read_text("utf-8")[:200]


@pytest.mark.parametrize("page", components._SCRIPTS)
def test_no_script_of_ours_names_an_outside_host_or_writes_markup(page):
    for name in components._SCRIPTS[page]:
        text = static.read(name).decode()
        assert "innerHTML" not in text
        assert [it for it in text.split() if "://" in it and "www.w3.org/2000/svg" not in it] == []
