"""The edge of the program: every end is an exit code and at most one sentence."""

import errno
import json
from pathlib import Path

import click
import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from caretally.app import cli
from caretally.errors import BlockedByExceptions, CareTallyError, Conflict, DependencyDown, NothingToDo, UsageMistake


def command_that_raises(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a command `fail` beside the others."""

    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli.CommandList, "get_command", lambda _self, _context, _name: fail)


@pytest.mark.parametrize(
    ("kind", "code"),
    [(CareTallyError, 1), (UsageMistake, 2), (NothingToDo, 3), (BlockedByExceptions, 4), (Conflict, 5), (DependencyDown, 6)],
)
def test_an_error_is_one_sentence_and_its_own_exit_code(
    kind: type[CareTallyError], code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command_that_raises(kind("October is\nclosed."), monkeypatch)
    assert (cli.run(["fail"]), capsys.readouterr().err) == (code, "October is closed.\n")


def test_an_interruption_exits_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    command_that_raises(KeyboardInterrupt(), monkeypatch)
    assert cli.run(["fail"]) == 130


def test_a_defect_shows_no_traceback_and_no_text_of_the_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CARETALLY_HOME", str(tmp_path))
    command_that_raises(ValueError("Zamorano-Quispe"), monkeypatch)
    assert cli.run(["fail"]) == 1
    said, logged = capsys.readouterr().err, (tmp_path / "log" / "errors.log").read_text()
    assert said.count("\n") == 1
    assert "test_command_line.py" in logged
    assert "Zamorano" not in said + logged


def test_an_unknown_command_is_a_usage_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["cloze"]) == 2
    assert capsys.readouterr().err == "No such command 'cloze'. See caretally --help.\n"


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    assert "Commands:" in capsys.readouterr().out


@pytest.mark.parametrize("name", list(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    assert "Usage:" in capsys.readouterr().out


def test_config_lists_the_settings_as_json_without_secrets(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("CARETALLY_SECRET_KEY", "word" * 10)
    assert cli.run(["config", "--json"]) == 0
    shown = {line["variable"]: line["value"] for line in json.loads(capsys.readouterr().out)}
    assert shown["CARETALLY_SECRET_KEY"] == "***"


@pytest.mark.usefixtures("caretally_environment")
def test_migrate_says_that_there_is_nothing_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrate"]) == 0
    assert "nothing to do" in capsys.readouterr().out


def test_an_unreachable_database_exits_with_6_and_names_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CARETALLY_HOME", str(tmp_path))
    monkeypatch.setenv("CARETALLY_DATABASE_URL", "postgresql://me:hunter2@127.0.0.1:1/care")
    assert cli.run(["migrate"]) == 6
    assert "hunter2" not in capsys.readouterr().err


def test_a_word_that_is_not_text_is_one_sentence_without_what_steers_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import", "patients", "caf\udce9.csv", "--vendor", "harbor"]) == 2
    assert capsys.readouterr().err == "“caf\ufffd.csv” is not UTF-8; rename the file, or write the word in UTF-8.\n"


def test_what_steers_a_terminal_is_shown_and_not_done(capsys: pytest.CaptureFixture[str]) -> None:
    cli.say("There is no file \x1b[31mred.csv.", 2)
    assert capsys.readouterr().err == "There is no file \ufffd[31mred.csv.\n"


def test_a_group_without_its_command_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["import"]) == 2
    assert capsys.readouterr().err == "Something is missing after caretally import. See caretally import --help.\n"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), (6, "No room is left")),
        (DBAPIError("x", {}, psycopg.errors.DiskFull("Osei")), (6, "no room left")),
        (psycopg.errors.AdminShutdown("Osei"), (6, "stopped answering")),
        (DBAPIError("x", {}, psycopg.OperationalError("server closed the connection unexpectedly")), (6, "stopped answering")),
        (psycopg.errors.LockNotAvailable("Osei"), (5, "Another process holds")),
        (psycopg.errors.DivisionByZero("Osei"), (1, "failed unexpectedly")),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else str(value),
)
def test_a_full_disk_and_a_database_in_trouble_are_no_defects(
    error: Exception, told: tuple[int, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CARETALLY_HOME", str(tmp_path))
    command_that_raises(error, monkeypatch)
    code, part = told
    assert cli.run(["fail"]) == code
    said = capsys.readouterr().err
    assert (part in said, "Osei" in said, said.count("\n")) == (True, False, 1)
