"""Calibrates the head fit on renders of heads whose shape is known."""
