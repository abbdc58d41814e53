"""What statements are made of, read without rendering: both who looks at a package and who shows it go by this room. It is no service, and knows none."""
