"""Strand textures that several bases share, from stubble to coils."""

from reconstruction_backend.hair.hairstyle import StrandTexture

SHORT = StrandTexture(
    strands=40_000,
    width_m=1.5e-4,
    clump=0.3,
    clump_strands=10.0,
    length_spread=0.14,
    frizz_m=0.0003,
)
MEDIUM = StrandTexture(strands=20_000, width_m=1.7e-4, clump=0.45, length_spread=0.1)
STRAIGHT = StrandTexture(
    strands=18_000,
    width_m=1.8e-4,
    clump=0.5,
    clump_strands=36.0,
    length_spread=0.045,
    frizz_m=0.0003,
    flyaways=0.04,
)
WAVY = StrandTexture(
    strands=17_000,
    width_m=1.8e-4,
    clump=0.75,
    clump_strands=40.0,
    stray_m=0.006,
    curl_radius_m=0.007,
    curl_pitch_m=0.085,
    curl_together=0.92,
    length_spread=0.08,
    frizz_m=0.0006,
    flyaways=0.05,
)
CURLY = StrandTexture(
    strands=18_000,
    width_m=1.6e-4,
    clump=0.9,
    clump_strands=45.0,
    stray_m=0.011,
    curl_radius_m=0.009,
    curl_pitch_m=0.034,
    curl_from=0.06,
    curl_together=0.93,
    length_spread=0.1,
    frizz_m=0.0006,
    flyaways=0.05,
)
COILY = StrandTexture(
    strands=22_000,
    width_m=1.5e-4,
    clump=0.85,
    clump_strands=26.0,
    stray_m=0.008,
    curl_radius_m=0.0052,
    curl_pitch_m=0.014,
    curl_from=0.0,
    curl_together=0.9,
    length_spread=0.08,
    frizz_m=0.0008,
    flyaways=0.06,
)
AFRO = StrandTexture(
    strands=26_000,
    width_m=1.4e-4,
    taper=0.35,
    clump=0.55,
    clump_strands=14.0,
    stray_m=0.010,
    curl_radius_m=0.0045,
    curl_pitch_m=0.010,
    curl_from=0.0,
    curl_together=0.5,
    length_spread=0.04,
    frizz_m=0.002,
    flyaways=0.05,
)
SLEEK = StrandTexture(
    strands=20_000, width_m=1.7e-4, clump=0.35, length_spread=0.03, flyaways=0.012, frizz_m=0.0002
)
