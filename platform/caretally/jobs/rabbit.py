"""RabbitMQ as the given broker: how long it is waited for, and whether it lets us in. Imported only where an address names one, for pika takes its time."""

from collections.abc import Sequence
from typing import Any

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.errors import ConnectionFailed
from dramatiq.middleware import Middleware
from pika import BlockingConnection, URLParameters
from pika.adapters.utils.connection_workflow import AMQPConnectorException
from pika.exceptions import AMQPError

from caretally.errors import UsageMistake

# A RabbitMQ that hangs counts as one that is down: a connection without a heartbeat is given up after twice so long.
HEARTBEAT_SECONDS = 10
ANSWER_SECONDS = 5
# So long may RabbitMQ refuse messages, as when its disk or memory is full, before the jobs are put back and wait in PostgreSQL.
FULL_SECONDS = 10
# A handshake that is never answered is an error of its own, which dramatiq does not know.
TROUBLE = (AMQPError, AMQPConnectorException, OSError)


class Rabbit(RabbitmqBroker):
    """dramatiq's broker, whose every trouble on the way to RabbitMQ is one that the relay knows and waits out."""

    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        """Hand a message over. Raises `ConnectionFailed`, and what dramatiq raises."""
        try:
            return super().enqueue(message, delay=delay)
        except TROUBLE as error:
            raise ConnectionFailed(type(error).__name__) from error  # type: ignore[no-untyped-call]


def rabbit_broker(url: str, middleware: Sequence[Middleware]) -> dramatiq.Broker:
    """Return the broker of an address; each message is confirmed before it counts as handed over. Raises `UsageMistake` for an address that is none."""
    broker = Rabbit(middleware=list(middleware), confirm_delivery=True)
    broker.parameters = parameters(url)
    return broker


def rabbit_answers(url: str) -> bool:
    """Tell whether RabbitMQ lets us in: a port that is open says neither that the password is right nor that the name is known."""
    try:
        BlockingConnection(parameters(url)).close()
    except TROUBLE:
        return False
    return True


def parameters(url: str) -> Any:
    """Return how a connection is opened; what the address itself says, as `?heartbeat=30`, stays. Raises `UsageMistake`."""
    try:
        given = URLParameters(url)
    except ValueError as error:
        raise UsageMistake(
            "CARETALLY_BROKER_URL is no address of a RabbitMQ, as amqp://user:password@host:5672/name; "
            "write what is special in a password as %40 for @ or %2F for /."
        ) from error
    waits = {"heartbeat": HEARTBEAT_SECONDS, "socket_timeout": ANSWER_SECONDS, "stack_timeout": ANSWER_SECONDS}
    for name, seconds in (waits | {"blocked_connection_timeout": FULL_SECONDS}).items():
        if f"{name}=" not in url.partition("?")[2]:
            setattr(given, name, seconds)
    return given
