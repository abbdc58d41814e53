"""What a person can do, one noun a file, for the API and the pages alike: checked as far as can be known here, then asked for."""
