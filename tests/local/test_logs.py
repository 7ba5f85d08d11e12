from pathlib import Path

from local.logs import Follower, bound, message_of


def test_a_line_of_ours_is_its_message_with_its_details() -> None:
    line = '{"severity": "ERROR", "message": "cannot read", "timestamp": "…", "component": "ingest", "path": "/x"}'
    assert message_of(line) == ("ERROR", "cannot read path=/x")


def test_any_other_line_is_itself() -> None:
    for line in ("WARN TaskSetManager: slow", '["a", "list"]', '{"no": "message"}', ""):
        assert message_of(line) == ("DEFAULT", line)


def test_a_log_that_grew_too_large_is_emptied_and_its_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "redis.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"before\n")
        bound(tmp_path, largest=3)
        writer.write(b"after\n")
    assert path.read_text() == "after\n"
    assert (tmp_path / "redis.log.1").read_text() == "before\n"


def test_new_lines_carry_the_name_of_their_part(tmp_path: Path) -> None:
    (tmp_path / "ingest.log").write_text("of an earlier run\n")
    follower = Follower(tmp_path)
    with (tmp_path / "ingest.log").open("a") as ingest, (tmp_path / "streaming.log").open("a") as streaming:
        ingest.write('{"severity": "INFO", "message": "quiet"}\n{"severity": "ERROR", "message": "loud"}\nhalf a')
        streaming.write("started\n")
        ingest.flush()
        streaming.flush()
        assert list(follower.new_lines(everything=False)) == ["ingest | loud"]
        ingest.write(" line\n")
        ingest.flush()
        assert list(follower.new_lines(everything=True)) == ["ingest | half a line"]


def test_a_log_that_was_emptied_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "redis.log"
    path.write_text("a long line before\n")
    follower = Follower(tmp_path)
    path.write_text("after\n")
    assert list(follower.new_lines(everything=True)) == ["redis | after"]
