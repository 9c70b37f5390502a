"""The composition root: the command line, and later the web and the worker.

Everything may be imported here, and nothing imports it."""
