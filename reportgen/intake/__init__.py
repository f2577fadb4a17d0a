"""What comes from outside: files that other programs wrote, read without trust."""
