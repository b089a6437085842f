"""Grooms as files: HAIR, TressFX, USC-HairSalon, polyline OBJ and PLY.

Each format is a module that turns bytes into `Polylines` and back; `files` opens and names them,
`conversion` leads to the strands of the product.
"""
