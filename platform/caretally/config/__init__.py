"""The settings of an installation, read from the environment once, at the edge, and what is sealed under its secret.

Everything below the edge receives what it needs as arguments."""
