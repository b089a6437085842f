"""How models/cameo_albedo.npz is made: unwrap portraits, learn bare skin, learn mean albedo."""
