"""The mailer: tells the world outside. Its first trade is webhooks; it keeps nothing that could be lost."""
