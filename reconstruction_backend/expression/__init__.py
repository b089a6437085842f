"""Stage 8: what the face does. Emotions, single coefficients, gaze and neck to a head's pose."""
