import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

from contracts import panes
from contracts.panes import Dimension
from contracts.settings import PREFIX, Settings
from tests.project.files import ROOT, documents, tracked

READMES = (ROOT / "README.md", ROOT / "README.pt-BR.md")
NAMES = [str(it.relative_to(ROOT)) for it in documents()]
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_COMMAND = re.compile(r"(?:^|`|(?<=[A-Z0-9] ))(make [a-z][^`\n#]*)", re.MULTILINE)


def text_of(path: Path) -> str:
    return path.read_text("utf-8")


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", _FENCE.sub("", text_of(path)), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", it.lower()) for it in titles)
    return {it.replace(" ", "-") for it in plain}


def commands(path: Path) -> set[str]:
    """Every ``make`` command that a document shows."""
    return {it.strip().replace("padrão", "pattern") for it in _COMMAND.findall(text_of(path))}


@cache
def answer_of_make(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f"make --dry-run {command.removeprefix('make ')}"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("name", NAMES)
def test_every_make_command_of_a_document_exists(name: str) -> None:
    unknown = {it: answer.stderr for it in commands(ROOT / name) if (answer := answer_of_make(it)).returncode}
    assert not unknown


def test_the_simulators_page_has_every_setting_of_theirs() -> None:
    page = text_of(ROOT / "docs" / "simulators.md")
    own = [PREFIX + it.upper() for it in Settings.model_fields if it.startswith(("simulators_", "history_"))]
    assert len(own) > 20
    assert [it for it in own if f"`{it}`" not in page] == []


def test_the_readme_shows_every_command_that_help_lists() -> None:
    listed = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    names = set(re.findall(r"^  (make [a-z-]+)", listed, re.MULTILINE))
    assert {"make local", "make test", "make help"} <= names
    assert names <= commands(ROOT / "README.md")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_image_of_a_document_is_there(name: str) -> None:
    path = ROOT / name
    broken = []
    for target in _LINK.findall(_FENCE.sub("", text_of(path))):
        if target.startswith(("https://", "http://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        aimed = (path.parent / file).resolve() if file else path
        if not aimed.exists() or (anchor and aimed.suffix == ".md" and anchor not in anchors(aimed)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("name", NAMES)
def test_every_variable_of_a_document_is_a_setting(name: str) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", text_of(ROOT / name)))
    unknown = {it for it in named if it.removeprefix(PREFIX).lower() not in Settings.model_fields}
    assert not unknown


@pytest.mark.parametrize("path", READMES, ids=["en", "pt"])
def test_a_default_in_the_readme_is_the_setting_s(path: Path) -> None:
    rows = re.findall(rf"^\| `({PREFIX}\w+)` \| `([^`]*)`", text_of(path), re.MULTILINE)
    assert len(rows) >= 8
    for variable, default in rows:
        actual = Settings.model_fields[variable.removeprefix(PREFIX).lower()].default
        shown = f"{actual:g}" if isinstance(actual, float) else str(actual)
        if isinstance(actual, bool):
            shown = shown.lower()
        assert shown == default, variable


def test_the_durations_in_the_architecture_are_the_code_s() -> None:
    text = text_of(ROOT / "docs" / "architecture.md")
    rows = dict(
        re.findall(r"^\| (?:`)?([^`|]+?)(?:`)? (?:\(`topology.yaml`\) )?\| (\d+)(?: s)? \|", text, re.MULTILINE)
    )
    assert rows.pop("acknowledgement deadline") == str(Settings().ack_deadline_seconds)
    assert len(rows) == 4
    for variable, shown in rows.items():
        assert shown == str(getattr(Settings(), variable.removeprefix(PREFIX).lower())), variable


def test_the_panes_in_the_architecture_are_the_code_s() -> None:
    text = text_of(ROOT / "docs" / "architecture.md")
    shown = re.findall(r"^\| (10 s|1 min|1 h) \| (.+?) \| (\d+) (min|h) \|$", text, re.MULTILINE)
    lengths, units = {"10 s": 10, "1 min": 60, "1 h": 3600}, {"min": 60, "h": 3600}
    told = set()
    for length, what, number, unit in shown:
        of = {"totals": [True], "all of them": [True, False]}.get(what, [False])
        told |= {(lengths[length], total, int(number) * units[unit]) for total in of}
    actual = {
        (seconds, it is Dimension.TOTAL, panes.life(seconds, it)) for it in Dimension for seconds in panes.lengths(it)
    }
    assert told == actual


def test_both_readmes_have_the_same_shape() -> None:
    """Sections, tables, pictures, code blocks and list items, in the same order."""

    def shape(path: Path) -> list[str]:
        marks = {"#": r"(#+) ", "|": r"(\|)", "!": r"(!)\[", "-": r"(-) ", "`": r"(```\w*)"}
        found = []
        for line in text_of(path).splitlines():
            found += [it[1] for pattern in marks.values() if (it := re.match(pattern, line))]
        return found

    english, portuguese = map(shape, READMES)
    assert english == portuguese


def test_both_readmes_show_every_picture_of_the_dashboard() -> None:
    pictures = {it.relative_to(ROOT).as_posix() for it in (ROOT / "docs" / "images").glob("*.png")}
    assert len(pictures) == 4
    assert all(it in text_of(readme) for it in pictures for readme in READMES)


def test_both_readmes_show_the_same_commands_settings_and_links() -> None:
    english, portuguese = map(text_of, READMES)
    assert commands(READMES[0]) == commands(READMES[1])
    variables = re.compile(rf"`({PREFIX}\w+)`")
    assert set(variables.findall(english)) == set(variables.findall(portuguese))

    def files(text: str) -> set[str]:
        return {it for it in _LINK.findall(text) if not it.startswith("#") and not it.startswith("README")}

    assert files(english) == files(portuguese)


def test_the_changelog_has_the_form_that_it_names() -> None:
    text = text_of(ROOT / "CHANGELOG.md")
    versions = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert versions[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}", it) for it in versions[1:])
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


# Put together from pieces: this file is looked at as well.
_PRIVATE = {
    "a home folder": re.compile(r"/(?:home|Users)/(?!linuxbrew)[a-z][\w.-]+/|/" + r"root/(?!\.cache/pip)"),
    "a working folder": re.compile(r"/" + r"work/(?:main|shared)"),
    "a package index in the settings": re.compile(
        r"(?:(?<!emit-)index-url|extra-index-url|find-links|trusted-host)[ =]+\S"
    ),
    "a private address": re.compile(r"\b(?:10|192\.168)(?:\.\d{1,3}){2,3}:\d{2,5}\b"),
    "a key": re.compile("-----BEGIN (?:[A-Z]+ )?PRIVATE " + "KEY"),
}


@pytest.mark.parametrize("what", _PRIVATE)
def test_no_file_names_anything_private(what: str) -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {it[0]}" for it in _PRIVATE[what].finditer(text)]
    assert not found


def test_the_lock_names_no_index() -> None:
    lines = text_of(ROOT / "requirements.lock").splitlines()
    assert not [it for it in lines if it.startswith("-") or "://" in it]


# Whoever adds an address looks whether everybody may know and reach it.
_HOSTS = {
    "127.0.0.1",
    "cloud.google.com",
    "dataproc.googleapis.com",
    "dl.google.com",
    # In the licence of the bundled chart library, which is kept as it is.
    "github.com",
    "json-schema.org",
    "keepachangelog.com",
    "localhost",
    "monitoring.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "semver.org",
    "www.apache.org",
    "www.googleapis.com",
    "www.w3.org",
}
# Nobody can have such a name: RFC 2606 and RFC 6761 keep them for examples and for this machine.
_RESERVED = (".example", ".localhost")


def test_every_address_in_a_file_is_a_known_public_one() -> None:
    found = set()
    for path in tracked():
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        hosts = set(re.findall(r"https?://([A-Za-z0-9][A-Za-z0-9.-]*)", text))
        found |= {f"{path.relative_to(ROOT)}: {it}" for it in hosts - _HOSTS if not it.endswith(_RESERVED)}
    assert not found
