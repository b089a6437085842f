// The GLSL of HairRibbons. Light comes from HairLight's map, so little is left to do here.

import { THINNEST_PX } from "./hairDetail";

/** One instance is one strand, one pair of vertices one of its points. */
export const HAIR_VERTEX = /* glsl */ `
uniform highp sampler2D pointMap;
uniform highp sampler2D lightMap; // what a point sends to the camera, and its width in mm
uniform ivec3 strandLayout;       // points a strand, colour knots a strand, strands in a row of the maps
uniform int firstStrand;
uniform float rowStep;            // between the rows that are drawn, in points
uniform vec2 widths;              // of the width in mm, what is shown in metres; least shown a metre away
uniform float chance;             // another one in each of the pictures that are averaged

out vec3 vLight;
out vec2 vPlace;                  // across the ribbon, -1 to 1, and along it, 0 to 1
out float vWide;                  // pixels
out float vCovered;               // coverage above the strand's threshold
flat out int vStrand;

const float THINNEST_PX = ${THINNEST_PX.toFixed(3)};
const float SOFT_ROOT_M = 0.004;
const float FAINTEST_ROOT = 0.5;
const float SOFT_TIP = 0.82;         // share of the length from which strands end one by one

void main() {
  int strand = firstStrand + gl_InstanceID;
  int last = strandLayout.x - 1;
  float place = min(float(gl_VertexID >> 1) * rowStep, float(last));
  float side = float(gl_VertexID & 1) * 2.0 - 1.0;
  int index = int(place);
  int stride = max(int(rowStep), 1);
  ivec2 root = ivec2((strand % strandLayout.z) * strandLayout.x, strand / strandLayout.z);
  vec4 point = texelFetch(pointMap, root + ivec2(index, 0), 0);
  vec3 before = texelFetch(pointMap, root + ivec2(max(index - stride, 0), 0), 0).xyz;
  vec4 next = texelFetch(pointMap, root + ivec2(min(index + stride, last), 0), 0);
  vec3 way = next.xyz - before;
  if (place > float(index)) {
    // half-way between two points, on the curve of Catmull and Rom
    vec3 beyond = texelFetch(pointMap, root + ivec2(min(index + 2, last), 0), 0).xyz;
    way = next.xyz - point.xyz;
    point = vec4((9.0 * (point.xyz + next.xyz) - before - beyond) / 16.0, 0.5 * (point.w + next.w));
  }
  vec2 texel = (vec2(root) + vec2(place, 0.0) + 0.5) / vec2(textureSize(lightMap, 0));
  vec4 light = texture(lightMap, texel);

  vec4 world = modelMatrix * vec4(point.xyz, 1.0);
  vec3 ray = cameraPosition - world.xyz;
  vec3 acrossRibbon = cross(mat3(modelMatrix) * way, ray);
  acrossRibbon *= inversesqrt(max(dot(acrossRibbon, acrossRibbon), 1e-16));

  float width = light.a * widths.x;
  float leastWidth = widths.y * length(ray);
  float shown = max(width, leastWidth);
  float share = place / float(last);
  float soft = mix(FAINTEST_ROOT, 1.0, smoothstep(0.0, SOFT_ROOT_M, point.w));
  soft *= 1.0 - smoothstep(SOFT_TIP, 1.0, share);
  vLight = light.rgb;
  vPlace = vec2(side, share);
  vWide = THINNEST_PX * shown / max(leastWidth, 1e-9);
  vCovered = soft * width / shown - fract(float(strand) * 0.7548776662 + chance);
  vStrand = strand;
  world.xyz += 0.5 * side * shown * acrossRibbon;
  gl_Position = projectionMatrix * viewMatrix * world;
}
`;

/*
 * Where ribbons are wider than their strands only some strands are drawn: each ends where its
 * coverage falls below a number of its own (Wyman and McGuire 2017, "Hashed alpha testing", with a
 * hash per strand, so that strands are not dotted). So nothing has to be sorted.
 *
 * A ribbon that stands for many strands is a lock: hairs lie side by side in it, lighter and darker
 * ones, and end one by one.
 */
export const HAIR_FRAGMENT = /* glsl */ `
uniform float hairsAcross;       // that one ribbon stands for
in vec3 vLight;
in vec2 vPlace;
in float vWide;
in float vCovered;
flat in int vStrand;

const float ROUND_SHADE = 0.35;  // of a ribbon's edges, where it is wide enough to look flat
const float HAIR_TONES = 0.5;    // between the lightest and the darkest hair of a lock
const float LOCK_ENDS = 0.6;     // share of a lock's length from which its outer hairs end

float hashed(int strand, int hair) {
  uint n = uint(strand) * 747796405u + uint(hair) * 2891336453u + 1u;
  n = (n ^ (n >> 15u)) * 2246822519u;
  return float((n ^ (n >> 13u)) & 0xffffu) / 65535.0;
}

void main() {
  if (vCovered < 0.0) {
    discard;
  }
  float edge = vPlace.x * vPlace.x;
  float tone = 1.0 - ROUND_SHADE * smoothstep(2.0, 6.0, vWide) * edge;
  float apart = smoothstep(0.5, 1.2, vWide / hairsAcross);
  if (apart > 0.0 && hairsAcross > 1.5) {
    int hair = int((0.5 * vPlace.x + 0.5) * hairsAcross);
    float own = hashed(vStrand, hair);
    float ends = mix(1.0, LOCK_ENDS, edge * fract(own * 17.0));
    if (vPlace.y > ends) {
      discard;
    }
    tone *= 1.0 + HAIR_TONES * apart * (own - 0.5);
  }
  gl_FragColor = vec4(vLight * tone, 1.0);
}
`;
