"""Each command starts in an interpreter of its own, as a person's does; most other tests fork one that has everything imported."""

import pytest

from caretally.app.cli import COMMANDS
from tests.builders.closing import PROGRAM
from tests.builders.program import started


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_explains_itself_in_an_interpreter_of_its_own(command: str) -> None:
    said = started(*PROGRAM, command, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: caretally {command} ")
