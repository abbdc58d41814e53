"""What the services say to each other: commands, events, messages, methods, queues, topics, the record's tables.

Plain frozen dataclasses, so that any language could speak it. Never knows how a word travels: `mesh` does.
"""
