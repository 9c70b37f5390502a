"""What every page stands on: who may open it, its one transaction, forms that only this site can send, error pages and the shell.
It knows no page of its own but the health of the installation."""
