"""Mail to people: into a folder, to an SMTP server or through SES. No message holds a patient's data."""
