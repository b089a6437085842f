"""Runs over many photos: in parallel, resumable, tolerant of single failures."""
