"""What can be read, one noun a file: typed values out of the record. Never writes."""
