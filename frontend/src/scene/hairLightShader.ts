// The GLSL of HairLight: what each point of each strand sends to the camera.

import { OPACITY } from "./HairShade";
import { HAIR_SHADE, SHARED_LIGHT } from "./headShader";

/** A triangle over the whole target; a scissor leaves the rows that are asked for. */
export const HAIR_LIGHT_VERTEX = /* glsl */ `
void main() {
  gl_Position = vec4(position.xy, 0.0, 1.0);
}
`;

/*
 * One texel is one point of one strand. The constants of the lobes and of the scattered light are
 * those of reconstruction_backend/rendering/hair_shading.py and hair_shading_kernels.py.
 */
export const HAIR_LIGHT_FRAGMENT = /* glsl */ `
${SHARED_LIGHT}
${HAIR_SHADE}
uniform highp sampler2D pointMap;
uniform highp sampler2D colourMap;
uniform ivec3 strandLayout;     // points a strand, colour knots a strand, strands in a row of the maps
uniform mat4 worldFromRest;
uniform vec3 eye;               // world
uniform float widthUnitMm;      // what the colour map's alpha of 1 means
uniform float taper;
uniform float lengthShown;      // of the length that the colours are for
uniform vec3 chosenColour;
uniform vec3 meanColour;
uniform vec3 whiteColour;
uniform float whiteShare;       // of the strands, in the chosen colour
uniform float recoloured;       // 0: the colours of the file, 1: the chosen one with their variation
uniform vec3 hairCentre;
uniform vec3 shineDirection[2];
uniform vec3 shineColour[2];

const float PI = 3.14159265;
const float COLOUR_VARIATION = 0.8;  // of the file's that a chosen colour takes over
const float NORMAL_REFLECTANCE = 0.0465; // of keratin, refractive index 1.55
const float ROUGHNESS = 0.28;        // longitudinal
const float ROUGHNESS_SPREAD = 0.06; // between strands
const float TILT = 0.045;            // of the cuticle's scales, radians
const float TILT_SPREAD = 0.03;
const float DIFFUSE = 1.25;          // lit strands stand among shaded ones
const float ABSORBED = 0.7;          // of the light that a strand meets, at the least
const float MAP_OPACITY = ${OPACITY.toFixed(2)}; // of a strand, in the maps of HairShade
const float PALER = 0.65;            // how much less of the light a white strand takes than a black one
const float DEEPER = 0.4;            // exponent of the colour that light gains deep in hair
const float GLOSS = 1.5;             // of the surface's highlight
const float SHEEN = 0.014;           // of light from all round that surfaces mirror
const float LAMP_SPREAD = 0.009;     // a quarter of the square of a lamp's width
const float SHINE_SPREAD = 0.0225;
const float OUTWARD_SHARE = 0.6;
const float OFF_STRAND_M = 0.006;    // a voxel knows only how much hair it holds, not which is outermost

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

vec4 pointAt(ivec2 texel) {
  return texelFetch(pointMap, texel, 0);
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
vec3 lobes(vec3 albedo, vec3 along, vec3 toCamera, vec3 toLight, vec2 own, float spread) {
  float sinLight = clamp(dot(along, toLight), -1.0, 1.0);
  float sinCamera = clamp(dot(along, toCamera), -1.0, 1.0);
  float cosLight = sqrt(max(1.0 - sinLight * sinLight, 0.0));
  float cosCamera = sqrt(max(1.0 - sinCamera * sinCamera, 0.0));
  float cosDifference = sqrt(max(0.5 + 0.5 * (cosCamera * cosLight + sinCamera * sinLight), 1e-3));
  float viewLight = dot(toCamera, toLight);
  float cosAround = clamp(
    (viewLight - sinCamera * sinLight) / max(cosCamera * cosLight, 1e-3), -1.0, 1.0);
  float cosHalf = sqrt(max(0.5 + 0.5 * cosAround, 0.0));
  float sum = sinLight + sinCamera;
  float rough = own.x * own.x;
  float tilt = own.y;

  float mirrored = GLOSS * bell(sqrt(rough * rough + spread), sum + 2.0 * tilt)
    * 0.25 * cosHalf * fresnel(sqrt(max(0.5 + 0.5 * viewLight, 0.0)));

  float bent = 1.0 / (1.19 / cosDifference + 0.36 * cosDifference);
  float offset = cosHalf * (1.0 + bent * (0.6 - 0.8 * cosAround));
  float entered = 1.0 - fresnel(cosDifference * sqrt(max(1.0 - offset * offset, 0.0)));
  float path = sqrt(max(1.0 - offset * offset * bent * bent, 0.0));
  vec3 transmitted = bell(sqrt(0.25 * rough * rough + spread), sum - tilt) * entered * entered
    * exp(-3.65 * cosAround - 3.98) * pow(albedo, vec3(0.5 * path / cosDifference));

  float reflected = fresnel(0.5 * cosDifference);
  vec3 returned = bell(sqrt(4.0 * rough * rough + spread), sum - 4.0 * tilt)
    * (1.0 - reflected) * (1.0 - reflected) * reflected
    * exp(17.0 * cosAround - 16.78) * pow(albedo, vec3(0.8 / cosDifference));

  return PI * (vec3(mirrored) + transmitted + returned);
}

vec3 lit(vec3 albedo, vec3 along, vec3 outward, vec3 toCamera, vec4 shade, vec2 own) {
  vec3 facing = normalize(toCamera - dot(toCamera, along) * along + 1e-4 * outward);
  vec3 normal = normalize(mix(facing, outward, OUTWARD_SHARE));
  // what a strand does not absorb of the light in its way goes on, so light hair shades less
  vec3 takes = 1.0 - PALER * sqrt(albedo);
  // deep in hair light has met more pigment
  float grey = max(dot(albedo, vec3(1.0 / 3.0)), 1e-3);
  vec3 tint = pow(max(albedo, 1e-3) / grey, vec3(DEEPER * (1.0 - shade.x)));
  vec3 light = (DIFFUSE * albedo * tint + SHEEN) * domeIrradiance(normal) * pow(vec3(shade.x), takes);
  vec3 base = clamp(albedo, 1e-3, 0.98);
  for (int i = 0; i < 2; i++) {
    // the map holds the lamps' mean, so each is told from the other by the side it comes from
    float reaching = shade.w * smoothstep(-0.5, 0.5, dot(outward, shineDirection[i]));
    if (reaching > 0.0 && shineColour[i].y > 0.0) {
      float direct = pow(min(reaching, 1.0), 1.0 / MAP_OPACITY);
      light += lobes(base, along, toCamera, shineDirection[i], own, SHINE_SPREAD) * direct * shineColour[i];
    }
  }
  if (asPhotographed > 0.5) {
    return light;
  }
  for (int i = 0; i < 2; i++) {
    float reaching = i == 0 ? shade.y : shade.z;
    if (reaching <= 0.0 || lampColour[i].y <= 0.0) {
      continue;
    }
    vec3 toLight = lampDirection[i];
    float sine = dot(along, toLight);
    float cosine = sqrt(max(1.0 - sine * sine, 0.0));
    float wrapped = 0.5 * (cosine + 0.5 * (dot(facing, toLight) + 1.0));
    vec3 sent = DIFFUSE * albedo * wrapped * pow(vec3(reaching), ABSORBED / MAP_OPACITY * takes);
    // lobes die with the hair in front of them
    float direct = pow(reaching, 1.0 / MAP_OPACITY);
    sent += lobes(base, along, toCamera, toLight, own, LAMP_SPREAD) * direct;
    light += sent * lampColour[i];
  }
  return light;
}

void main() {
  ivec2 texel = ivec2(gl_FragCoord.xy);
  int index = texel.x % strandLayout.x;
  int strand = texel.y * strandLayout.z + texel.x / strandLayout.x;
  int last = strandLayout.x - 1;
  vec3 point = pointAt(texel).xyz;
  vec3 before = pointAt(texel - ivec2(min(index, 1), 0)).xyz;
  vec3 next = pointAt(texel + ivec2(min(last - index, 1), 0)).xyz;
  float share = float(index) / float(last);
  float number = float(strand);

  mat3 turned = mat3(worldFromRest);
  vec3 tangent = normalize(turned * (next - before) + vec3(0.0, -1e-7, 0.0));
  vec3 toCamera = normalize(eye - (worldFromRest * vec4(point, 1.0)).xyz);
  vec3 outward = normalize(point - hairCentre);
  vec4 colourWidth = colourAt(strand, share * lengthShown);
  vec3 albedo = recolour(colourWidth.rgb, fract(number * 0.5698402910));
  vec2 own = vec2(ROUGHNESS, TILT)
    + vec2(ROUGHNESS_SPREAD, TILT_SPREAD)
    * (2.0 * vec2(scattered(number), fract(number * 0.7548776662)) - 1.0);
  vec4 shade = shadeAt(point + OFF_STRAND_M * outward);
  vec3 light = lit(albedo, tangent, turned * outward, toCamera, shade, own);
  gl_FragColor = vec4(softlyClipped(light), colourWidth.a * widthUnitMm * (1.0 - taper * share));
}
`;
