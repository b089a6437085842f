"""Head models of others, converted once to our npz: FLAME (the user's own copy) and GNM."""
