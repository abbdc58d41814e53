"""The deployment: configuration of brokers, databases and gateway, and `compose.local`, the whole on one machine without containers."""
