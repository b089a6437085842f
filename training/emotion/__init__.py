"""Emotions: action-unit prototypes, portraits as evidence, and the network learned from both."""
