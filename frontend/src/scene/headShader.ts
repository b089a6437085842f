// The GLSL that HeadShading puts into three.js' physical material. Directions are in the head frame.

/** What skin and hair share: the lights, and how bright pictures are shown. */
export const SHARED_LIGHT = /* glsl */ `
uniform vec3 domeLight[9];
uniform vec3 lampDirection[2];
uniform vec3 lampColour[2];
uniform float asPhotographed;

const float SHOULDER = 0.7;

/* Second-order spherical harmonics, the constants of Ramamoorthi and Hanrahan 2001. */
vec3 domeIrradiance(vec3 n) {
  vec3 sum = 0.282095 * domeLight[0]
    + 0.488603 * (domeLight[1] * n.y + domeLight[2] * n.z + domeLight[3] * n.x)
    + 1.092548 * (domeLight[4] * n.x * n.y + domeLight[5] * n.y * n.z + domeLight[7] * n.x * n.z)
    + 0.315392 * domeLight[6] * (3.0 * n.z * n.z - 1.0)
    + 0.546274 * domeLight[8] * (n.x * n.x - n.y * n.y);
  return max(sum, vec3(0.0));
}

/* Light above the shoulder approaches 1 instead of being cut off; below it is unchanged. */
vec3 softlyClipped(vec3 light) {
  vec3 over = max(light - SHOULDER, 0.0) / (1.0 - SHOULDER);
  return min(light, vec3(SHOULDER)) + (1.0 - SHOULDER) * (1.0 - exp(-over));
}
`;

/** Light that hair lets through: x of the dome, y and z of the two lamps; w: skin between roots. */
export const HAIR_SHADE = /* glsl */ `
uniform highp sampler3D hairShade;
uniform vec3 hairShadeLow;
uniform vec3 hairShadeScale;

vec4 shadeAt(vec3 pointM) {
  vec3 place = (pointM - hairShadeLow) * hairShadeScale;
  vec3 beyond = max(abs(place - 0.5) - 0.5, 0.0);
  float outside = clamp(length(beyond) * 8.0, 0.0, 1.0);
  return mix(texture(hairShade, place), vec4(1.0), outside);
}
`;

export const VERTEX_START = /* glsl */ `
${HAIR_SHADE}
uniform highp sampler2D reachTable;
uniform highp sampler2D openTable;
uniform int reachRow;
uniform float inMouth;
// centroid: between the samples of a pixel a small triangle must not be extrapolated
centroid out vec3 vReach;
centroid out vec4 vOpen;
out float vBetweenRoots;

const float OFF_SKIN_M = 0.003;
`;

/* x: the dome, y and z: the two lamps */
export const VERTEX_END = /* glsl */ `
float folded;
{
  ivec2 texel = ivec2(gl_VertexID % REACH_WIDTH, reachRow + gl_VertexID / REACH_WIDTH);
  vec4 arriving = texelFetch(reachTable, texel, 0);
  vReach = vec3(clamp(arriving.x / max(arriving.y, 1e-4), 0.0, 1.0), arriving.zw);
  vOpen = texelFetch(openTable, texel, 0);
  folded = 1.0 - smoothstep(0.0, 0.35, vReach.x);
  vec4 shade = shadeAt(position + OFF_SKIN_M * normal);
  vReach *= shade.xyz;
  vOpen *= shade.x;
  vBetweenRoots = shade.w;
}
`;

/*
 * Folds that no light reaches, of lids and lips, lie a little deeper than they are: seen edge-on
 * their depth is too uncertain to keep them behind the skin that hides them.
 */
export const VERTEX_DEPTH = /* glsl */ `
{
  float depthM = folded * mix(0.003, 0.015, inMouth);
  vec4 deeper = projectionMatrix * (mvPosition - vec4(0.0, 0.0, depthM, 0.0));
  gl_Position.z = deeper.z / deeper.w * gl_Position.w;
}
`;

export const FRAGMENT_START = /* glsl */ `
${SHARED_LIGHT}
uniform float lampRadius[2];
uniform float lampBars[2];
uniform float scatterShare;
uniform vec2 glossRoughness;
uniform float sheenShare;
uniform float reflectance;
uniform float gloss;
uniform vec3 scatter;
uniform float inMouth;
uniform float inEye;
uniform sampler2D provenanceMap;
uniform float provenanceShare;
uniform sampler2D residualLightMap;
uniform float hasResidualLight;
centroid in vec3 vReach;
centroid in vec4 vOpen;
in float vBetweenRoots;
uniform vec3 rootColour;

const float DARKEST_IRRADIANCE = 0.08; // the floor that the texture stage divided by
const float MOUTH_WAYS_IN = 3.0;       // straight, or through lips and other teeth
const float LID_ALBEDO = 0.2;          // light about a white sclera bounces off lids and lashes
const vec3 SEEN = vec3(0.045, 0.235, 0.52);
const vec3 MIRRORED = vec3(0.80, 0.52, 0.08);
const vec3 INVENTED = vec3(0.62, 0.10, 0.09);
const float HATCH_PX = 7.0;

/* Light that bounces inside a cavity brightens it (Jimenez et al. 2016, eq. 10). */
vec3 withBounces(float share, vec3 albedo) {
  vec3 a = 2.0404 * albedo - 0.3324;
  vec3 b = -4.7951 * albedo + 0.6417;
  vec3 c = 2.7552 * albedo + 0.6903;
  return max(vec3(share), ((share * a + b) * share + c) * share);
}

/* Diffuse light that bleeds past the terminator and keeps its energy (Green 2004, McGuire 2010). */
vec3 wrappedCosine(float cosine) {
  vec3 wrap = scatter * scatterShare * vBetweenRoots;
  return max(vec3(cosine) + wrap, vec3(0.0)) / ((1.0 + wrap) * (1.0 + wrap));
}

float schlick(float cosine) {
  float x = 1.0 - clamp(cosine, 0.0, 1.0);
  return reflectance + (1.0 - reflectance) * x * x * x * x * x;
}

/* GGX times pi and the lamp's cosine (Walter et al. 2007), Smith masking (Heitz 2014). */
float highlight(vec3 n, vec3 v, vec3 l, float roughness) {
  vec3 h = normalize(v + l);
  float nh = max(dot(n, h), 0.0);
  float nl = max(dot(n, l), 0.0);
  float nv = max(dot(n, v), 1e-3);
  float a2 = roughness * roughness * roughness * roughness;
  float d = nh * nh * (a2 - 1.0) + 1.0;
  float density = a2 / max(d * d, 1e-9);
  float masking = 0.5 / max(
    nl * sqrt(nv * nv * (1.0 - a2) + a2) + nv * sqrt(nl * nl * (1.0 - a2) + a2), 1e-4);
  return density * masking * schlick(dot(h, l)) * nl;
}

/* How much of an even surrounding a rough surface mirrors (Karis 2014, mobile fit). */
float surroundingsShare(float nv, float roughness) {
  float x = 1.0 - roughness;
  float bend = min(x * x, exp2(-9.28 * nv)) * x + 0.0425 - 0.0275 * roughness;
  float scale = -1.04 * bend + 1.04 - 0.572 * roughness;
  float bias = 1.04 * bend - 0.04 + 0.022 * roughness;
  return max(reflectance * scale + bias, 0.0);
}

/* A lamp's square face as a mirror shows it: radiance per irradiance over pi. */
float lampInMirror(vec3 direction, int index) {
  vec3 axis = lampDirection[index];
  float ahead = dot(direction, axis);
  if (ahead <= 0.0) {
    return 0.0;
  }
  vec3 right = normalize(cross(vec3(0.0, 1.0, 0.0), axis));
  float size = tan(lampRadius[index]);
  vec2 p = vec2(dot(direction, right), dot(direction, cross(axis, right))) / (ahead * size);
  vec2 rounded = max(abs(p) - 0.62, 0.0);
  float face = 1.0 - smoothstep(0.22, 0.34, length(rounded));
  vec2 bar = smoothstep(0.03, 0.13, abs(p));
  face *= mix(1.0, bar.x * bar.y, lampBars[index]);
  return face * PI / (4.0 * size * size);
}

`;

/*
 * Skin under roots is seen between strands. Where a texel comes from, instead of its colour; what
 * was invented is hatched too.
 */
export const FRAGMENT_MAP = /* glsl */ `
diffuseColor.rgb = mix(rootColour, diffuseColor.rgb, vBetweenRoots * vBetweenRoots);
#if defined(USE_MAP) && !defined(CLEAR_LAYER)
if (provenanceShare > 0.0) {
  vec3 kinds = texture2D(provenanceMap, vMapUv).rgb;
  kinds /= max(kinds.r + kinds.g + kinds.b, 1e-3);
  float along = (gl_FragCoord.x + gl_FragCoord.y) / HATCH_PX;
  float hatch = smoothstep(0.35, 0.5, abs(fract(along) - 0.5));
  vec3 invented = INVENTED * (1.0 - 0.35 * hatch);
  vec3 legend = kinds.r * SEEN + kinds.g * MIRRORED + kinds.b * invented;
  float tone = dot(diffuseColor.rgb, vec3(0.2126, 0.7152, 0.0722));
  legend *= 0.8 + 0.8 * tone; // a little of the face stays readable
  diffuseColor.rgb = mix(diffuseColor.rgb, legend, provenanceShare);
}
#endif
`;

export const FRAGMENT_LIGHT = /* glsl */ `
vec3 detail = transformNormalByInverseViewMatrix(normal, viewMatrix);
vec3 smoothly = transformNormalByInverseViewMatrix(nonPerturbedNormal, viewMatrix);
vec3 reach = clamp(vReach, 0.0, 1.0); // beyond its range where a pixel is larger than a triangle
vec3 toCamera = transformDirectionByInverseViewMatrix(geometryViewDir, viewMatrix);
vec3 albedo = diffuseColor.rgb;
float facing = clamp(dot(detail, toCamera), 0.0, 1.0);
vec3 mirror = reflect(-toCamera, detail);
// the open directions as a linear function on the sphere: half at the horizon of a free surface
float open = clamp(vOpen.w + 3.0 * dot(vOpen.xyz, mirror), 0.0, 1.0);
float sunken = max(inMouth, inEye);
float share = mix(reach.x, 1.0 - pow(1.0 - reach.x, MOUTH_WAYS_IN), inMouth);
#ifdef CLEAR_LAYER
  float fresnel = schlick(facing);
  vec3 mirrored = domeIrradiance(mirror) * min(open, share);
  mirrored += lampInMirror(mirror, 0) * lampColour[0] * reach.y;
  mirrored += lampInMirror(mirror, 1) * lampColour[1] * reach.z;
  reflectedLight.indirectSpecular += fresnel * mirrored * (1.0 - asPhotographed);
#else
  vec3 cavity = mix(albedo, min(albedo, vec3(LID_ALBEDO)), inEye);
  vec3 reached = mix(vec3(1.0), withBounces(share, cavity), max(sunken, 1.0 - asPhotographed));
  vec3 irradiance_ = max(domeIrradiance(detail), vec3(DARKEST_IRRADIANCE * asPhotographed));
  #ifdef USE_MAP
    if (asPhotographed * hasResidualLight > 0.5) {
      // docs/archive-format.md: exp((byte - 128) / 64)
      irradiance_ *= exp((texture2D(residualLightMap, vMapUv).rgb * 255.0 - 128.0) / 64.0);
    }
  #endif
  reflectedLight.indirectDiffuse += albedo * irradiance_ * reached;
  if (asPhotographed < 0.5) {
    // light that scattered below the skin has lost half of the surface's fine detail
    vec3 softened = normalize(detail + smoothly);
    float smoothLayer = glossRoughness.y;
    float bareGloss = gloss * vBetweenRoots; // roots do not shine as skin does
    for (int i = 0; i < 2; i++) {
      float visible = i == 0 ? reach.y : reach.z;
      vec3 light = lampColour[i] * visible;
      reflectedLight.directDiffuse += albedo * wrappedCosine(dot(softened, lampDirection[i])) * light;
      float mirrored = bareGloss * mix(
        highlight(detail, toCamera, lampDirection[i], glossRoughness.x),
        highlight(detail, toCamera, lampDirection[i], smoothLayer), sheenShare);
      reflectedLight.directSpecular += mirrored * light;
    }
    float around = mix(
      surroundingsShare(facing, glossRoughness.x), surroundingsShare(facing, smoothLayer), sheenShare);
    reflectedLight.indirectSpecular += bareGloss * around * open * domeIrradiance(mirror);
  }
#endif
`;

export const FRAGMENT_END = /* glsl */ `
gl_FragColor.rgb = softlyClipped(gl_FragColor.rgb);
`;
