"""Messages leaving the building: webhooks, mail."""
