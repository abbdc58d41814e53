"""Live news: one promise (`contract`), two keepers (`memory`, `redis`)."""

from mesh.topics.contract import Gap, News, Replay, Subscription, Topics

__all__ = ["Gap", "News", "Replay", "Subscription", "Topics"]
