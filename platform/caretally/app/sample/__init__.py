"""A small made-up vendor to try everything on: one client, forty patients, three months, through the real imports and closes."""
