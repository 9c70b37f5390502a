"""dramatiq on Redis, Valkey or RabbitMQ: it carries "run job …" and the vendor's id, and decides nothing.

Nothing relies on a default of dramatiq: with its own, a worker's death was noticed after minutes.
"""

import logging
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import dramatiq
import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import Middleware, Retries, SkipMessage, TimeLimit
from redis.backoff import NoBackoff
from redis.retry import Retry

from caretally.errors import UsageMistake
from caretally.faults.log import logger

QUEUE = "jobs"
ACTOR = "run_job"
# What a worker that was killed had in its hands goes back after so long; every tenth command looks whether there is something.
HEARTBEAT_MILLISECONDS = 5_000
MAINTENANCE_PER_MILLION = 100_000
DEAD_MESSAGE_MILLISECONDS = 60_000
# The lease of a job that hangs would be renewed for ever; no work of ours takes a tenth of this.
TIME_LIMIT_MILLISECONDS = 2 * 60 * 60 * 1000
TIME_LIMIT_LOOK_MILLISECONDS = 1_000
ANSWER_SECONDS = 5
BROKER_TROUBLE = (redis.RedisError, dramatiq.BrokerError, OSError)
SCHEMES = frozenset({"redis", "rediss", "unix", "valkey", "amqp", "amqps"})
_bound: ContextVar[UUID | None] = ContextVar("vendor of the message", default=None)


class BindVendor(Middleware):
    """Binds the vendor that the message names for the time of its work; a message without one is not worked at."""

    def before_process_message(self, broker: dramatiq.Broker, message: Any) -> None:  # noqa: ARG002
        """Bind the vendor. Raises `SkipMessage` without one."""
        vendor_id = uuid_or_none(message.options.get("vendor_id"))
        if vendor_id is None:
            logger().error("job_without_vendor", message_id=message.message_id)
            raise SkipMessage
        _bound.set(vendor_id)

    def after_process_message(self, *_message: Any, **_outcome: Any) -> None:
        """Forget the vendor."""
        _bound.set(None)

    after_skip_message = after_process_message


def bound_vendor() -> UUID:
    """Return the vendor of the message being worked at. Raises `LookupError` outside one."""
    vendor_id = _bound.get()
    if vendor_id is None:
        raise LookupError("no vendor is bound")
    return vendor_id


def uuid_or_none(value: object) -> UUID | None:
    """Return the id that a message holds as text, None for anything else."""
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def be_quiet() -> None:
    """Keep dramatiq and pika from logging: what they say of a failure could hold values; our own lines tell ids and codes."""
    for name in ("dramatiq", "pika"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def make_broker(url: str) -> dramatiq.Broker:
    """Return the broker of an address, without asking whether it answers. Raises `UsageMistake` for an address that is none."""
    be_quiet()
    middleware = [
        BindVendor(),
        TimeLimit(time_limit=TIME_LIMIT_MILLISECONDS, interval=TIME_LIMIT_LOOK_MILLISECONDS),
        Retries(max_retries=0),
    ]
    if scheme_of(url).startswith("amqp"):
        from caretally.jobs.rabbit import rabbit_broker

        return rabbit_broker(url, middleware)
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=redis_client(url),
        middleware=middleware,
        namespace="caretally",
        heartbeat_timeout=HEARTBEAT_MILLISECONDS,
        maintenance_chance=MAINTENANCE_PER_MILLION,
        dead_message_ttl=DEAD_MESSAGE_MILLISECONDS,
    )


def redis_client(url: str) -> redis.Redis:
    """Return a client that gives up after seconds: a broker that hangs counts as one that is down."""
    address = "redis" + url.removeprefix("valkey") if url.startswith("valkey") else url
    pool = redis.ConnectionPool.from_url(
        address, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    return redis.Redis(connection_pool=pool)


def scheme_of(url: str) -> str:
    """Return what kind of broker an address names. Raises `UsageMistake`."""
    scheme = urlsplit(url).scheme
    if scheme not in SCHEMES:
        raise UsageMistake(
            "CARETALLY_BROKER_URL is not an address such as redis://:password@host:6379/0 or amqp://user:password@host:5672/name."
        )
    return scheme


def require_address(url: str) -> None:
    """Raise `UsageMistake` unless this is an address that a broker could have."""
    if scheme_of(url).startswith("amqp"):
        from caretally.jobs.rabbit import parameters

        parameters(url)


def declare_actor(broker: dramatiq.Broker, run: Callable[[UUID, UUID], None]) -> dramatiq.Actor[Any, Any]:
    """Return the one actor: it runs a job of the bound vendor. PostgreSQL counts attempts, so the broker never tries again."""

    def run_job(job_id: str) -> None:
        run(bound_vendor(), UUID(job_id))

    options = {"max_retries": 0, "time_limit": TIME_LIMIT_MILLISECONDS}
    return dramatiq.Actor(run_job, broker=broker, actor_name=ACTOR, queue_name=QUEUE, priority=0, options=options)


def sender(actor: dramatiq.Actor[Any, Any]) -> Callable[[UUID, UUID], None]:
    """Return what tells the broker to run a vendor's job."""

    def send(vendor_id: UUID, job_id: UUID) -> None:
        actor.send_with_options(args=(str(job_id),), vendor_id=str(vendor_id))

    return send


def broker_answers(url: str) -> bool:
    """Tell whether the broker at an address answers: Redis to a ping, RabbitMQ by letting us in."""
    be_quiet()
    try:
        if scheme_of(url).startswith("amqp"):
            from caretally.jobs.rabbit import rabbit_answers

            return rabbit_answers(url)
        client = redis_client(url)
        try:
            return bool(client.ping())
        finally:
            client.close()
            client.connection_pool.disconnect()
    except (*BROKER_TROUBLE, UsageMistake):
        return False
