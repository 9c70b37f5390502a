"""Freezes a client's month: patient-months, exceptions, invoice and lines, in one transaction.

Previews run the same code and roll it back; nothing closed is ever changed."""
