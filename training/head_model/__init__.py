"""Builds `models/cameo_head.npz` from ICT-FaceKit."""
