"""The server's settings, given on its command line so that they follow the machine at every start."""

import os
from pathlib import Path

MEGABYTE = 1024 * 1024


def server_options(*, data: Path, port: int) -> list[str]:
    """Return the arguments of `postgres`: loopback only, durable, and no value of a row in its log."""
    memory = memory_megabytes()
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "port": port,
        "max_connections": 100,
        "shared_buffers": f"{min(max(memory // 8, 32), 1024)}MB",
        "effective_cache_size": f"{max(memory // 2, 64)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": "128MB",
        "max_wal_size": "4GB",
        "min_wal_size": "256MB",
        "checkpoint_timeout": "15min",
        "fsync": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "max_locks_per_transaction": 128,
        "password_encryption": "scram-sha-256",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "off",
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length_on_error": 0,
    }
    return ["-D", str(data), *(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))]


def memory_megabytes() -> int:
    """Return the machine's memory in megabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MEGABYTE
