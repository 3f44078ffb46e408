"""What works without the server's parts: logging in, and talking to a registry."""
