"""Settings: where they come from, what is shown, and the secret that is made once."""

import subprocess
import sys
from pathlib import Path

import pytest

from caretally.config.secret import installation_secret
from caretally.config.settings import masked, read_settings, shown_settings
from caretally.errors import DependencyDown, UsageMistake

MAKE = "import sys; from pathlib import Path; from caretally.config.secret import kept_text as k; print(k(Path(sys.argv[1])))"


def test_without_anything_set_the_home_is_var_in_the_current_folder() -> None:
    assert read_settings({}).home == Path.cwd() / "var"


def test_an_empty_variable_counts_as_absent() -> None:
    assert read_settings({"CARETALLY_HOME": "  ", "CARETALLY_DATABASE_URL": ""}) == read_settings({})


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(UsageMistake, match="32 characters"):
        read_settings({"CARETALLY_SECRET_KEY": "short"})


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("postgresql://me:word@host:5432/db", "postgresql://me:***@host:5432/db"),
        ("postgresql://host/db?password=word", "postgresql://host/db?***"),
        ("host=here password=word", "***"),
        ("redis://:word@host:6379/0", "redis://:***@host:6379/0"),
        ("postgresql://me:w@rd@host/db", "postgresql://me:***@host/db"),
        ("./archive", "./archive"),
    ],
)
def test_an_address_is_shown_without_its_password(value: str, seen: str) -> None:
    assert masked(value, "as an address") == seen


def test_no_secret_is_shown() -> None:
    variables = ("CARETALLY_SECRET_KEY", "CARETALLY_STRIPE_KEY", "CARETALLY_STRIPE_WEBHOOK_SECRET")
    shown = shown_settings(dict.fromkeys(variables, "word" * 10))
    assert [setting.value for setting in shown if setting.variable in variables] == ["***"] * 3


def test_settings_have_no_repr_that_could_reach_a_log() -> None:
    assert "word" not in repr(read_settings({"CARETALLY_SECRET_KEY": "word" * 10}))


def test_the_given_secret_gives_the_same_bytes_in_every_process() -> None:
    settings = read_settings({"CARETALLY_SECRET_KEY": "word" * 10})
    assert installation_secret(settings) == installation_secret(settings)


def test_a_made_secret_is_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = read_settings({"CARETALLY_HOME": str(tmp_path / "home")})
    assert installation_secret(settings) == installation_secret(settings)
    assert (tmp_path / "home" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_processes_that_make_the_secret_at_once_agree(tmp_path: Path) -> None:
    calls = [subprocess.Popen([sys.executable, "-c", MAKE, tmp_path / "home"], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert len({call.communicate()[0] for call in calls}) == 1


def test_a_home_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DependencyDown, match="cannot be kept"):
        installation_secret(read_settings({"CARETALLY_HOME": str(tmp_path / "file" / "home")}))
