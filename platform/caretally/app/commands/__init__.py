"""One module for each command or group of commands of the `caretally` program.

A module gives one click command; the list of them is in `caretally.app.cli`."""
