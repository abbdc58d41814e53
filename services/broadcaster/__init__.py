"""Live news to browsers: open sockets, tickets, bounded buffers, replay. Holds nothing durable, decides nothing about the news."""
