"""What is handed on as it is to its owner, after a look at who asks: live news, git."""
