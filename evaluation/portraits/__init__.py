"""Portraits against their avatars: measuring each, keeping records, summing up, comparing."""
