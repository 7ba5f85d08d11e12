import shlex
import sys

from contracts import java


def test_java_is_told_of_an_archive_of_classes_only_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "Joana d'Arc"))
    assert java.shared_class_options() == ""
    java.class_archive().parent.mkdir()
    java.class_archive().write_bytes(b"")
    first, *_ = shlex.split(java.shared_class_options())
    assert first == f"-XX:SharedArchiveFile={tmp_path}/Joana d'Arc/spark-classes.jsa"
