"""The directory of people who work: a vendor's staff and the clients' billing providers.

Licences and credentials are facts here; the rules about them are elsewhere."""
