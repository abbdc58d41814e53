"""The owner of problem packages: one bare git repository per problem. Never judges, never writes the record."""
