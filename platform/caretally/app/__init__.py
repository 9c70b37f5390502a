"""The composition root: the command line, the web and the worker.

Everything may be imported here, and nothing imports it."""
