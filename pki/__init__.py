"""Who we are: names, the bundled certificate authority, its leaves and their files. Never opens a connection."""
