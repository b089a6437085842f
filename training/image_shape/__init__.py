"""Trains the network that sees the head's shape in the face itself, on renders of known heads."""
