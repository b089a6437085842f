"""Stage 5: albedo, normal map, light and provenance from the photo.

Nothing is imported here: who reads a finished texture (`texture.result`) needs none of the compiled
code that makes one (`texture.make`).
"""
