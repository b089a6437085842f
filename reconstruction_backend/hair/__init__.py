"""Hair: strands on a scalp, from a photo, from the database of styles, or none.

A few hundred to two thousand *guides* say where hair lies; a *strand texture* says what hangs about
them (how many strands, how they gather, curl and fray); a colour says what they are made of. From
the three all strands are grown, the same ones every time.
"""
