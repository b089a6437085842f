"""Hair against a photo or against known hair: mask, direction, depth order."""
