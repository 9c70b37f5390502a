"""The program `caretally`: the list of its commands, and the edge where every error becomes one sentence and an exit code."""

import errno
import logging
import signal
import sys
import threading
import traceback
from contextlib import suppress
from importlib import import_module
from secrets import token_hex
from types import FrameType

import click

from caretally.config.settings import read_settings
from caretally.errors import CareTallyError, DependencyDown, UsageMistake

INTERRUPTED = 130
INTERRUPTED_WORDS = "Interrupted; nothing was left half done."
INTERRUPTION = threading.Event()
COMMANDS = {
    "demo": "caretally.app.commands.demo:demo",
    "serve": "caretally.app.commands.serve:serve",
    "worker": "caretally.app.commands.worker:worker",
    "up": "caretally.app.commands.up:up",
    "config": "caretally.app.commands.config:config",
    "migrate": "caretally.app.commands.migrate:migrate",
    "vendor": "caretally.app.commands.vendor:vendor_group",
    "user": "caretally.app.commands.user:user_group",
    "import": "caretally.app.commands.import_file:import_group",
    "close": "caretally.app.commands.close:close_command",
    "reopen": "caretally.app.commands.close:reopen_command",
    "exceptions": "caretally.app.commands.exceptions:exceptions_command",
    "explain": "caretally.app.commands.explain:explain_command",
    "decide": "caretally.app.commands.decide:decide_command",
    "persons": "caretally.app.commands.persons:persons_group",
    "choice": "caretally.app.commands.choice:choice_group",
    "waivers": "caretally.app.commands.waivers:waivers_group",
    "what-if": "caretally.app.commands.what_if:what_if_command",
    "forecast": "caretally.app.commands.forecast:forecast_command",
    "back-test": "caretally.app.commands.back_test:back_test_command",
    "rules": "caretally.app.commands.rules:rules_group",
    "audit": "caretally.app.commands.audit:audit_group",
    "verify": "caretally.app.commands.verify:verify_command",
    "isolation-report": "caretally.app.commands.isolation:isolation_report_command",
    "bench": "caretally.app.commands.bench:bench_group",
}


class Interrupted(CareTallyError):
    """The user pressed Ctrl-C."""

    exit_code = INTERRUPTED
    code = "interrupted"


class CommandList(click.Group):
    """A group that imports a command when it is asked for, so that `caretally --help` and each command start quickly."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an interruption becomes an error of ours, because click would print an empty line for it."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise Interrupted(INTERRUPTED_WORDS) from None

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order of the list."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return the command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command


@click.group(
    cls=CommandList, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120}
)
@click.version_option(package_name="caretally", message="%(prog)s %(version)s")
@click.option("--no-input", is_flag=True, help="Never ask anything.")
@click.pass_context
def caretally(context: click.Context, no_input: bool) -> None:  # noqa: ARG001 - read by is_interactive
    """From a care-management vendor's files to invoices and exception reports."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: list[str] | None = None) -> None:
    """Run the program and exit with its code; a user's mistake, and a defect too, is one sentence on stderr."""
    # A script's shell starts a job in the background with Ctrl-C ignored; who sends it that signal by its number means it all the same.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """Take a polite kill for a Ctrl-C, so that every command clears up after itself; remember it, as a driver may turn it into its own error."""
    INTERRUPTION.set()
    # What the pool and the driver say of a connection that an interruption broke is no news; a filter would not reach the loggers below these, a level does.
    for name in ("sqlalchemy.pool", "psycopg"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    raise KeyboardInterrupt


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one line for each way to end
    """Run one command and return its exit code: 0 done, 130 interrupted, else the error's own."""
    try:
        refuse_undecodable(arguments)
        return caretally.main(arguments, prog_name="caretally", standalone_mode=False) or 0
    except CareTallyError as error:
        return say(INTERRUPTED_WORDS, INTERRUPTED) if INTERRUPTION.is_set() else say(error.message, error.exit_code)
    except click.UsageError as error:
        return say(usage_sentence(error), error.exit_code)
    except click.ClickException as error:
        return say(error.format_message(), error.exit_code)
    except (KeyboardInterrupt, click.Abort):
        return say(INTERRUPTED_WORDS, INTERRUPTED)
    except BrokenPipeError:
        return quiet_pipe()
    except Exception as error:  # noqa: BLE001 - the edge: a defect is logged and told in one sentence
        if INTERRUPTION.is_set():
            return say(INTERRUPTED_WORDS, INTERRUPTED)
        trouble = trouble_around(error)
        return say(trouble.message, trouble.exit_code) if trouble else say(defect_sentence(error), 1)


def refuse_undecodable(words: list[str]) -> None:
    """Raise `UsageMistake` for a word of the command line that is not text, as the name of a file in another encoding."""
    for word in words:
        if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
            told = word.encode(errors="surrogateescape").decode(errors="replace")
            raise UsageMistake(f"“{told[:200]}” is not UTF-8; rename the file, or write the word in UTF-8.")


def trouble_around(error: Exception) -> CareTallyError | None:
    """Return the sentence for a full disk or a database that failed under the command, None for a defect of ours."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DependencyDown("No room is left for what this command writes; what it had finished stands, so make room and run it again.")
    if "sqlalchemy" not in sys.modules:
        return None
    from caretally.db.trouble import trouble_of

    return trouble_of(error)


def say(sentence: str, exit_code: int) -> int:
    """Print one sentence to stderr, nothing of which can steer a terminal, and return the exit code."""
    with suppress(OSError):  # nobody can be told where nothing can be written
        click.echo("".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(sentence.split())), err=True)
    return exit_code


def usage_sentence(error: click.UsageError) -> str:
    """Return what is wrong with the command's words, and where help is."""
    path = error.ctx.command_path if error.ctx else "caretally"
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return f"Something is missing after {path}. See {path} --help."
    return f"{error.format_message().rstrip('.')}. See {path} --help."


def quiet_pipe() -> int:
    """End without a word when the reader of our output has gone, as `head` does."""
    sys.stdout = None
    return 0


def defect_sentence(error: Exception) -> str:
    """Write the places of a defect to the log and return the sentence that names them.

    Neither holds the error's text, nor the values of the statement: they could hold a patient's data.
    """
    reference = token_hex(4)
    try:
        folder = read_settings().home / "log"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (folder / "errors.log").open("a", encoding="utf-8") as log:
            log.write(f"{reference} {type(error).__module__}.{type(error).__qualname__}\n{places(error)}")
    except (OSError, CareTallyError):
        return f"CareTally failed unexpectedly ({type(error).__name__}, {reference}), and its log could not be written."
    return f"CareTally failed unexpectedly ({type(error).__name__}); {folder / 'errors.log'} tells where under {reference}."


def places(error: Exception) -> str:
    """Return the files, lines and functions that an error went through, without any value, its cause's too."""
    chain: list[BaseException] = [error]
    while (cause := chain[-1].__cause__ or chain[-1].__context__) is not None and cause not in chain:
        chain.append(cause)
    frames = (frame for e in reversed(chain) for frame in traceback.extract_tb(e.__traceback__))
    return "".join(f"  {frame.filename}:{frame.lineno} {frame.name}\n" for frame in frames)
