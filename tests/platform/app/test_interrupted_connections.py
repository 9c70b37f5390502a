"""An interrupted command says one sentence: what the pool and the driver say of the connection that it broke is no second one."""

import subprocess
import sys

SAID = """
import logging
from caretally.app.cli import interrupt
try:
    interrupt(2, None)
except KeyboardInterrupt:
    for name in ("psycopg", "sqlalchemy.pool.impl.QueuePool"):
        logging.getLogger(name).warning("error ignored in rollback")
"""


def test_nothing_is_said_beside_the_one_sentence() -> None:
    ran = subprocess.run([sys.executable, "-c", SAID], capture_output=True, text=True, check=True, timeout=60)
    assert (ran.stdout, ran.stderr) == ("", "")
