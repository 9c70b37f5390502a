"""Files that leave the product: tables that no spreadsheet can mistake for
programs, documents that any reader can open, and writing them whole or not at all."""
