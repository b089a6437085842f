// The GLSL of HairRibbons. Points and light are in the head frame.

import { THINNEST_PX } from "./hairDetail";
import { HAIR_SHADE, SHARED_LIGHT } from "./headShader";

/*
 * One instance is one strand, one pair of vertices one of its points. Light is reckoned per vertex:
 * ribbons are about a pixel wide, so there is more to see along them than across.
 */
export const HAIR_VERTEX = /* glsl */ `
${SHARED_LIGHT}
${HAIR_SHADE}
uniform highp sampler2D pointMap;
uniform highp sampler2D colourMap;
uniform ivec3 strandLayout;     // points a strand, colour knots a strand, strands in a row of the maps
uniform float rowStep;          // between the rows that are drawn, in points
uniform vec2 widths;            // metres: what the colour map's alpha of 1 means, least shown a metre away
uniform float taper;
uniform float lengthShown;      // of the length that the colours are for
uniform vec3 chosenColour;
uniform vec3 meanColour;
uniform vec3 whiteColour;
uniform float whiteShare;       // of the strands, in the chosen colour
uniform float recoloured;       // 0: the colours of the file, 1: the chosen one with their variation
uniform vec3 hairCentre;

out vec3 vLight;
out float vAcross;
out float vWide;                // pixels
out float vCovered;             // coverage above the strand's threshold

const float THINNEST_PX = ${THINNEST_PX.toFixed(3)};
const float SOFT_ROOT_M = 0.004;
const float FAINTEST_ROOT = 0.5;
const float SOFT_TIP = 0.82;         // share of the length from which strands end one by one
const float COLOUR_VARIATION = 0.8;  // of the file's that a chosen colour takes over
const float PI = 3.14159265;
const float NORMAL_REFLECTANCE = 0.0465; // of keratin, refractive index 1.55
const float CUTICLE_TILT = 0.06;     // radians, 3.4 degrees: scales that open towards the tip
const float ROUGHNESS = 0.3;        // longitudinal
const float TILT_SPREAD = 0.06;      // radians between strands
const float SPECULAR_SHARE = 1.3;
const float PALER = 0.65;            // how much less of the light a white strand takes than a black one
const float OUTWARD_SHARE = 0.6;
const float OFF_STRAND_M = 0.004;   // a voxel knows only how much hair it holds, not which is outermost

float scattered(float index) {
  return fract(index * 0.618033988749895);
}

float bell(float deviation, float x) {
  return exp(-0.5 * x * x / (deviation * deviation)) / (deviation * 2.50662827);
}

float fresnel(float cosine) {
  float x = 1.0 - clamp(cosine, 0.0, 1.0);
  return NORMAL_REFLECTANCE + (1.0 - NORMAL_REFLECTANCE) * x * x * x * x * x;
}

vec4 pointAt(int strand, int index) {
  int column = (strand % strandLayout.z) * strandLayout.x + index;
  return texelFetch(pointMap, ivec2(column, strand / strandLayout.z), 0);
}

/* Linear colour, and the root's width in the alpha. */
vec4 colourAt(int strand, float along) {
  float knot = clamp(along, 0.0, 1.0) * float(strandLayout.y - 1);
  int lower = min(int(knot), max(strandLayout.y - 2, 0));
  ivec2 first = ivec2((strand % strandLayout.z) * strandLayout.y + lower, strand / strandLayout.z);
  ivec2 second = first + ivec2(min(1, strandLayout.y - 1), 0);
  return mix(texelFetch(colourMap, first, 0), texelFetch(colourMap, second, 0), knot - float(lower));
}

vec3 recolour(vec3 colour, float chance) {
  vec3 variation = pow(clamp(colour / max(meanColour, 0.004), 0.25, 3.0), vec3(COLOUR_VARIATION));
  float tone = dot(variation, vec3(0.2126, 0.7152, 0.0722));
  bool white = chance < whiteShare;
  vec3 chosen = white ? whiteColour * sqrt(tone) : chosenColour * variation;
  return mix(colour, min(chosen, 0.85), recoloured);
}

/*
 * Light that a strand sends on, per irradiance over pi: the lobes R, TT and TRT of Marschner et al.
 * 2003 with Karis' fits ("Physically based hair shading in Unreal", SIGGRAPH 2016).
 */
vec3 lobes(vec3 albedo, vec3 along, vec3 toCamera, vec3 toLight, float through) {
  float sinLight = clamp(dot(along, toLight), -1.0, 1.0);
  float sinCamera = clamp(dot(along, toCamera), -1.0, 1.0);
  float cosDifference = cos(0.5 * abs(asin(sinCamera) - asin(sinLight)));
  vec3 acrossLight = toLight - sinLight * along;
  vec3 acrossCamera = toCamera - sinCamera * along;
  float cosAround = dot(acrossLight, acrossCamera)
    * inversesqrt(dot(acrossLight, acrossLight) * dot(acrossCamera, acrossCamera) + 1e-4);
  float cosHalf = sqrt(clamp(0.5 + 0.5 * cosAround, 0.0, 1.0));
  float sum = sinLight + sinCamera;
  float rough = ROUGHNESS * ROUGHNESS;

  float mirrored = bell(rough * 1.41421356 * max(cosHalf, 0.4), sum + 2.0 * CUTICLE_TILT)
    * 0.25 * cosHalf * fresnel(sqrt(clamp(0.5 + 0.5 * dot(toCamera, toLight), 0.0, 1.0)));

  float bent = 1.0 / (1.19 / cosDifference + 0.36 * cosDifference);
  float offset = cosHalf * (1.0 + bent * (0.6 - 0.8 * cosAround));
  float entered = 1.0 - fresnel(cosDifference * sqrt(max(1.0 - offset * offset, 0.0)));
  float path = sqrt(max(1.0 - offset * offset * bent * bent, 0.0));
  vec3 transmitted = bell(rough, sum - CUTICLE_TILT) * entered * entered
    * exp(-3.65 * cosAround - 3.98) * pow(albedo, vec3(0.5 * path / cosDifference)) * through;

  float reflected = fresnel(0.5 * cosDifference);
  vec3 returned = bell(2.5 * rough, sum - 4.0 * CUTICLE_TILT)
    * (1.0 - reflected) * (1.0 - reflected) * reflected
    * exp(17.0 * cosAround - 16.78) * pow(albedo, vec3(0.8 / cosDifference)) * 2.0;

  return PI * SPECULAR_SHARE * (vec3(mirrored) + transmitted + returned);
}

vec3 lit(vec3 albedo, vec3 along, vec3 outward, vec3 toCamera, vec3 shade) {
  vec3 facing = normalize(toCamera - dot(toCamera, along) * along + 1e-4 * outward);
  vec3 normal = normalize(mix(facing, outward, OUTWARD_SHARE));
  // what a strand does not absorb of the light in its way goes on, so light hair shades less
  vec3 takes = 1.0 - PALER * sqrt(albedo);
  vec3 light = albedo * domeIrradiance(normal) * pow(vec3(shade.x), takes);
  if (asPhotographed > 0.5) {
    return light;
  }
  vec3 mirror = reflect(-toCamera, facing);
  light += 0.25 * NORMAL_REFLECTANCE * domeIrradiance(mirror) * shade.x;
  for (int i = 0; i < 2; i++) {
    vec3 toLight = lampDirection[i];
    float sine = sqrt(max(1.0 - dot(along, toLight) * dot(along, toLight), 0.0));
    float reaching = i == 0 ? shade.y : shade.z;
    vec3 scattered_ = albedo * 0.5 * (sine + 0.5 * (dot(facing, toLight) + 1.0));
    vec3 sent = scattered_ * pow(vec3(reaching), takes);
    sent += lobes(albedo, along, toCamera, toLight, reaching) * reaching;
    light += sent * lampColour[i];
  }
  return light;
}

void main() {
  int strand = gl_InstanceID;
  int last = strandLayout.x - 1;
  float place = min(float(gl_VertexID >> 1) * rowStep, float(last));
  float side = float(gl_VertexID & 1) * 2.0 - 1.0;
  int index = int(place);
  int stride = max(int(rowStep), 1);
  vec4 point = pointAt(strand, index);
  vec3 before = pointAt(strand, max(index - stride, 0)).xyz;
  vec4 next = pointAt(strand, min(index + stride, last));
  vec3 way = next.xyz - before;
  if (place > float(index)) {
    // half-way between two points, on the curve of Catmull and Rom
    vec3 beyond = pointAt(strand, min(index + 2, last)).xyz;
    way = next.xyz - point.xyz;
    vec3 middle = (9.0 * (point.xyz + next.xyz) - before - beyond) / 16.0;
    point = vec4(middle, 0.5 * (point.w + next.w));
  }
  float share = place / float(last);
  float chance = scattered(float(strand));

  vec3 tangent = normalize(mat3(modelMatrix) * way + vec3(0.0, -1e-7, 0.0));
  vec3 world = (modelMatrix * vec4(point.xyz, 1.0)).xyz;
  vec3 ray = cameraPosition - world;
  float away = length(ray);
  vec3 toCamera = ray / away;
  vec3 acrossRibbon = cross(tangent, toCamera);
  acrossRibbon *= inversesqrt(max(dot(acrossRibbon, acrossRibbon), 1e-8));

  vec4 colourWidth = colourAt(strand, share * lengthShown);
  float width = colourWidth.a * widths.x * (1.0 - taper * share);
  float leastWidth = widths.y * away;
  float shown = max(width, leastWidth);
  vWide = THINNEST_PX * shown / max(leastWidth, 1e-9);
  vAcross = side;
  float soft = mix(FAINTEST_ROOT, 1.0, smoothstep(0.0, SOFT_ROOT_M, point.w));
  soft *= 1.0 - smoothstep(SOFT_TIP, 1.0, share);
  vCovered = soft * width / shown - fract(float(strand) * 0.7548776662);

  vec3 albedo = recolour(colourWidth.rgb, fract(float(strand) * 0.5698402910));
  vec3 outward = normalize(point.xyz - hairCentre);
  vec3 tilted = normalize(tangent + (chance - 0.5) * 2.0 * TILT_SPREAD * outward);
  vLight = lit(albedo, tilted, outward, toCamera, shadeAt(point.xyz + OFF_STRAND_M * outward).xyz);
  gl_Position = projectionMatrix * viewMatrix * vec4(world + 0.5 * side * shown * acrossRibbon, 1.0);
}
`;

/*
 * Where ribbons are wider than their strands only some strands are drawn: each ends where its
 * coverage falls below a number of its own (Wyman and McGuire 2017, "Hashed alpha testing", with a
 * hash per strand, so that strands are not dotted). So nothing has to be sorted.
 */
export const HAIR_FRAGMENT = /* glsl */ `
${SHARED_LIGHT}
in vec3 vLight;
in float vAcross;
in float vWide;
in float vCovered;

const float ROUND_SHADE = 0.35;  // of a ribbon's edges, where it is wide enough to look flat

void main() {
  if (vCovered < 0.0) {
    discard;
  }
  float flatness = smoothstep(2.0, 6.0, vWide);
  float round_ = 1.0 - ROUND_SHADE * flatness * vAcross * vAcross;
  gl_FragColor = vec4(softlyClipped(vLight * round_), 1.0);
  #include <colorspace_fragment>
}
`;
