"""The front door for people and programs: pages, `/api/v1`, sessions. Owns no facts; reads the record, asks for every change."""
