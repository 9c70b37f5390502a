"""Invoices: what a client is charged for a closed month,
as a document that adds up and as PDF, XLSX and CSV."""
