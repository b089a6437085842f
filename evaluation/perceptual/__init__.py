"""Learned distances: LPIPS, and FaceNet's embedding for DIFD. They need torch and weights."""
