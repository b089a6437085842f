"""Stage 4: dense landmarks to camera, shape, expression, pose and gaze.

Nothing is imported here: who reads a fit (`head_fit.result`) needs no fitter (`head_fit.fit`).
"""
