"""Makes the data directory, starts the server on it and stops it."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from caretally.embedded.account import Account, environment
from caretally.embedded.options import server_options
from caretally.embedded.place import Place, reachable_tree
from caretally.embedded.programs import Programs
from caretally.errors import DependencyDown

LOG_BYTES_KEPT = 10_000_000
ORPHAN_SECONDS = 5
LOCALES = {False: ("--locale=C.UTF-8",), True: ("--locale-provider=builtin", "--locale=C.UTF-8")}
SUPERUSER = "postgres"
START = 'log=$1; shift; "$@" </dev/null >>"$log" 2>&1 & echo $!'


def data_major(place: Place) -> int | None:
    """Return the major version of the data, or None when there are none yet."""
    try:
        return int((place.data / "PG_VERSION").read_text())
    except FileNotFoundError:
        return None


def usable_programs(programs: Programs, place: Place, account: Account) -> Path:
    """Return a folder of programs that the account can run: the original, or a copy when it cannot pass there."""
    if account.can_run(programs.bin / "initdb"):
        return programs.bin
    return reachable_tree(programs.tree, place, account) / programs.bin.relative_to(programs.tree)


def make_data(programs: Path, place: Place, account: Account, *, major: int) -> None:
    """Make the data directory in a draft folder and rename it, so that a kill leaves no half of one. Raises `DependencyDown`."""
    clear_drafts(Path(place.folder))
    draft = Path(tempfile.mkdtemp(prefix=".data-", dir=place.folder))
    account.owns(draft)
    password = draft.with_name(f"{draft.name}.password")
    try:
        password.touch(mode=0o600)
        password.write_text(place.superuser_password)
        account.owns(password)
        run_initdb(programs, draft, password, account, major=major)
        draft.rename(place.data)
    finally:
        password.unlink(missing_ok=True)
        shutil.rmtree(draft, ignore_errors=True)


def clear_drafts(folder: Path) -> None:
    """Remove what a killed launcher left half made; the program that it had started may still be writing there, so it is ended first."""
    for draft in folder.glob(".data-*"):
        if draft.is_dir():
            end_makers(draft)
            shutil.rmtree(draft, ignore_errors=True)
        else:
            draft.unlink()


def end_makers(draft: Path) -> None:
    """End what was started with this folder as its data and outlived its launcher; nothing where there is no /proc."""
    wanted = os.fsencode(draft)
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if wanted in (folder / "cmdline").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
    end_orphans(draft)


def run_initdb(programs: Path, data: Path, password: Path, account: Account, *, major: int) -> None:
    """Run initdb with byte-order collation of UTF-8 text, checksums and password log-ins only."""
    said = account.run(
        [
            *(programs / "initdb", "-D", data, "-U", SUPERUSER, f"--pwfile={password}"),
            *("--encoding=UTF8", *LOCALES[major >= 17], "--data-checksums", "--auth=scram-sha-256", "--no-instructions"),
        ],
        timeout_seconds=300,
    )
    if said.returncode != 0:
        why = f"its program was ended by {signal.Signals(-said.returncode).name}." if said.returncode < 0 else reason(said.stderr)
        raise DependencyDown(f"PostgreSQL could not make its data in {data.parent}: {why}")


def start(programs: Path, place: Place, account: Account) -> int:
    """Start the server detached from this process and return its process id."""
    end_orphans(place.data)
    remove_stale_lock(place.data)
    shorten_log(place, account)
    command = [programs / "postgres", *server_options(data=place.data, port=place.port)]
    started = subprocess.run(
        ["/bin/sh", "-c", START, "sh", str(place.log), *(str(part) for part in command)],
        cwd=place.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
        env=environment(),
        umask=0o077,
        user=account.uid if account.other else None,
        group=account.gid if account.other else None,
        extra_groups=[] if account.other else None,
    )
    return int(started.stdout)


def shorten_log(place: Place, account: Account) -> None:
    """Begin a new log when the old one has grown long; keep the old one beside it."""
    if place.log.exists() and place.log.stat().st_size > LOG_BYTES_KEPT:
        place.log.replace(place.log.with_suffix(".log.1"))
    place.log.touch(mode=0o600)
    account.owns(place.log)


def log_tail(place: Place, *, letters: int = 2000) -> str:
    """Return the last lines of the server's log, to tell why it did not start."""
    with contextlib.suppress(OSError):
        return place.log.read_text(errors="replace")[-letters:]
    return ""


def reason(text: str) -> str:
    """Return what PostgreSQL's programs gave as the first reason, without its clock and process; else the last line."""
    told = re.search(r"(?:FATAL|PANIC|[a-z]+: error): +(.+)", text)
    return f"{told[1].rstrip('.')}." if told else last_line(text)


def why_it_ended(log: str) -> str:
    """Return what ended a server, by the end of its log: its last complaint that is no client's, else the last line."""
    told = re.findall(r"(?:FATAL|PANIC): ++(?!the database system is )(.+)", log)
    return f"{told[-1].rstrip('.')}." if told else last_line(log)


def last_line(text: str) -> str:
    """Return the last line of `text` that is not empty."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason was given.")


def postmaster(place: Place) -> int | None:
    """Return the process id of the server on this data, or None when the id in its lock file is dead or somebody else's."""
    try:
        pid = int((place.data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if is_alive(pid) and works_in(pid, place.data) else None


def is_alive(pid: int) -> bool:
    """Tell whether a process runs. A killed one whose parent has not noticed (a zombie) does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        pass
    if Path("/proc/self/stat").exists():
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def works_in(pid: int, data: Path) -> bool:
    """Tell whether the process works in the data directory, as each of PostgreSQL's does; without /proc take it on trust."""
    if not Path("/proc/self/cwd").exists():
        return True
    try:
        return Path(f"/proc/{pid}/cwd").samefile(data)
    except OSError:
        return False


def workers_in(data: Path) -> list[int]:
    """Return the processes of PostgreSQL that work in the data directory; none where there is no /proc."""
    pids = (int(folder.name) for folder in Path("/proc").glob("[0-9]*"))
    return [pid for pid in pids if works_in(pid, data) and is_alive(pid) and is_postgres(pid)]


def is_postgres(pid: int) -> bool:
    """Tell whether a process is PostgreSQL's, by the words it was started with or has given itself."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").split()
    except OSError:
        return False
    return bool(words) and words[0].rpartition(b"/")[2].rstrip(b":") == b"postgres"


def end_orphans(data: Path) -> None:
    """End the sessions that outlived a killed server: one in a long statement would hold the data for as long as it runs.

    The caller has found no living server on the data. Ending a session so is what a crash does; the next start recovers.
    """
    for signal_number in (signal.SIGQUIT, signal.SIGKILL):
        for pid in workers_in(data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)
        deadline = time.monotonic() + ORPHAN_SECONDS
        while workers_in(data) and time.monotonic() < deadline:
            time.sleep(0.05)


def remove_stale_lock(data: Path) -> None:
    """Remove the lock file that a killed server left, when its process id now belongs to a zombie or a stranger.

    PostgreSQL does so itself when the id is free. Nothing is removed while any of its processes works in the data directory.
    """
    if Path("/proc/self/stat").exists() and not workers_in(data):
        (data / "postmaster.pid").unlink(missing_ok=True)


def stop(pid: int, *, now: bool = False) -> None:
    """Ask the server to end its sessions and stop; with `now`, to stop as if the machine failed."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGQUIT if now else signal.SIGINT)
