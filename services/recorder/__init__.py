"""The record: the only service that writes to the database."""
