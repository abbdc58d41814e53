"""How services talk: configuration, TLS, calls, queues, topics, cache, health, metrics, logs. Never knows what is said."""
