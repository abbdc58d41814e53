"""The services, one folder each; none imports another. `targets` and `__main__` know them all."""
