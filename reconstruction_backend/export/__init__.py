"""Stage 9: an avatar to files and back."""
