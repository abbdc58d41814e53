"""What people see: pages rendered on the server, one noun a file. What they can do lies in `actions`, what they see in `reads`."""
