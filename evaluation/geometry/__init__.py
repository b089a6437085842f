"""Heads against scans: the NoW protocol, and where on the face the error lies."""
