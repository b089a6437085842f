"""How each shipped model was made, reproducible from the data sets it names."""
