"""Writes the page of the roles to the standard output: `python -m caretally.identity.print_roles > docs/roles.md`."""

import sys

from caretally.identity.roles import roles_page

if __name__ == "__main__":
    sys.stdout.write(roles_page())
