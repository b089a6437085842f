"""Hair as a portrait shows it: which way it runs, how far it reaches, and guides that agree.

`reconstruct.hair_from_picture` is the whole journey; docs/hair.md tells it in words.
"""
