"""Measurements: benchmarks, geometry error against scans, contact sheets."""
