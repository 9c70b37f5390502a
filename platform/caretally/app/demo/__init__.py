"""The demo: two vendors with fourteen months of made-up history, imported and closed through the real paths.
Every name, number and identifier here is invented."""
