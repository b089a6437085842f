"""CPU rendering of a head: rasterisation by ray, shading, views and passes."""
