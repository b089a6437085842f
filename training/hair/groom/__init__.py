"""The grooming generator: hairstyles from a few dozen numbers.

StyleParameters ─▶ roots ─▶ combing, gravity, collision ─▶ cutting or tying ─▶ Hairstyle
"""
