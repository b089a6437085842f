import {
  AddEquation,
  BufferGeometry,
  CustomBlending,
  DepthTexture,
  DoubleSide,
  FloatType,
  GLSL3,
  HalfFloatType,
  Mesh,
  MeshBasicMaterial,
  NearestFilter,
  OneFactor,
  OrthographicCamera,
  Points,
  RGBAFormat,
  Scene,
  ShaderMaterial,
  type Texture,
  Vector3,
  Vector4,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import type { HeadLight, Lamp } from "./lightPresets";
import type { MorphedSurface } from "./MorphedSurface";
import { radianceFrom } from "./sphericalHarmonics";

/** Texels of the table in a row; a surface begins a row. */
export const TABLE_WIDTH = 256;
/** Directions that are looked from: of the dome, and of each lamp. */
const FINE = { dome: 56, lamp: 16 };
const COARSE = { dome: 20, lamp: 5 };
type Directions = typeof FINE;
const DEPTH_MAP_SIZE = 512;
/** Metres that a vertex steps off its surface, below the thickness of a lip or a lid. */
const OFFSET_M = 0.0009;
const GOLDEN_ANGLE_RAD = Math.PI * (3 - Math.sqrt(5));

/** A direction from which light may come, and what it is worth. */
interface Ray {
  direction: Vector3;
  /** Luminance of the dome there; 0 for a lamp's. */
  dome: number;
  /** Share of the sphere that it stands for; 0 for a lamp's. */
  sphere: number;
  /** Share of the first and the second lamp. */
  lamps: readonly [number, number];
}

/**
 * How much of the light reaches each vertex past the head itself: under the chin, in the nostrils
 * and behind the lips it is dark, and lamps throw soft shadows.
 *
 * The head is looked at from every direction that light comes from; each vertex that is seen adds
 * what that direction is worth to its texel of a table (ambient occlusion after Landis 2002, for
 * vertices). Some directions a frame: a moving face is darkened a moment later where it has to be.
 * A texel of the first table holds the dome's light that arrives, what would without the head, and
 * the seen share of each lamp; of the second, the sum of the open directions and their share, from
 * which one reads how open the way is to where a surface mirrors.
 */
export class LightReach {
  readonly #renderer: WebGLRenderer;
  readonly #surfaces: readonly MorphedSurface[];
  readonly #firstRow: readonly number[];
  readonly #camera = new OrthographicCamera();
  readonly #occluders = new Scene();
  readonly #receivers = new Scene();
  readonly #depth: WebGLRenderTarget;
  readonly #materials: ShaderMaterial[] = [];
  #shown: WebGLRenderTarget;
  #growing: WebGLRenderTarget;
  readonly #centre: Vector3;
  readonly #radius: number;
  #rays: readonly Ray[] = [];
  #next = 0;

  constructor(
    renderer: WebGLRenderer,
    surfaces: readonly MorphedSurface[],
    isOpaque: (mesh: Mesh) => boolean,
    ball: { centre: Vector3; radius: number },
  ) {
    this.#renderer = renderer;
    this.#surfaces = surfaces;
    this.#centre = ball.centre;
    this.#radius = ball.radius;
    this.#depth = depthTarget();
    const rows: number[] = [];
    let row = 0;
    for (const surface of surfaces) {
      rows.push(row);
      row += Math.ceil(surface.vertexCount / TABLE_WIDTH);
    }
    this.#firstRow = rows;
    this.#shown = tableTarget(row);
    this.#growing = tableTarget(row);
    surfaces.forEach((surface, index) => {
      if (isOpaque(surface.mesh)) {
        this.#occluders.add(occluderOf(surface));
      }
      this.#receivers.add(this.#receiverOf(surface, rows[index] ?? 0, row));
    });
    this.#frameBall();
  }

  /** The two finished tables. */
  get tables(): readonly Texture[] {
    return this.#shown.textures;
  }

  firstRowOf(mesh: Mesh): number {
    return this.#firstRow[this.#surfaces.findIndex((surface) => surface.mesh === mesh)] ?? 0;
  }

  get pending(): boolean {
    return this.#next < this.#rays.length;
  }

  /** Begins anew, for the expression that the surfaces have now; coarse light costs a third. */
  begin(light: HeadLight, coarse: boolean): void {
    for (const surface of this.#surfaces) {
      surface.update();
    }
    this.#rays = raysOf(light, coarse ? COARSE : FINE);
    this.#next = 0;
  }

  /** Looks from some more directions; true when that made a new table. */
  advance(directions: number): boolean {
    if (!this.pending) {
      return false;
    }
    const { autoClear } = this.#renderer;
    const target = this.#renderer.getRenderTarget();
    if (this.#next === 0) {
      this.#renderer.setRenderTarget(this.#growing);
      this.#renderer.clear();
    }
    for (const ray of this.#rays.slice(this.#next, this.#next + directions)) {
      this.#addRay(ray);
    }
    this.#next += directions;
    this.#renderer.autoClear = autoClear;
    this.#renderer.setRenderTarget(target);
    if (this.pending) {
      return false;
    }
    [this.#shown, this.#growing] = [this.#growing, this.#shown];
    return true;
  }

  dispose(): void {
    for (const target of [this.#shown, this.#growing, this.#depth]) {
      target.depthTexture?.dispose();
      target.dispose();
    }
    for (const material of this.#materials) {
      material.dispose();
    }
    for (const object of [...this.#occluders.children, ...this.#receivers.children]) {
      (object as Mesh | Points).geometry.dispose();
    }
  }

  #addRay(ray: Ray): void {
    this.#camera.position.copy(this.#centre).addScaledVector(ray.direction, 2 * this.#radius);
    this.#camera.up.set(Math.abs(ray.direction.y) > 0.9 ? 1 : 0, 1, 0);
    this.#camera.lookAt(this.#centre);
    this.#camera.updateMatrixWorld();
    this.#renderer.autoClear = true;
    this.#renderer.setRenderTarget(this.#depth);
    this.#renderer.render(this.#occluders, this.#camera);
    for (const { uniforms } of this.#materials) {
      uniforms.towards?.value.copy(ray.direction);
      uniforms.worth?.value.set(ray.dome, ...ray.lamps, ray.sphere);
    }
    this.#renderer.autoClear = false;
    this.#renderer.setRenderTarget(this.#growing);
    this.#renderer.render(this.#receivers, this.#camera);
  }

  #receiverOf(surface: MorphedSurface, firstRow: number, rows: number): Points {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", surface.position);
    geometry.setAttribute("normal", surface.normal);
    const material = new ShaderMaterial({
      uniforms: {
        depthMap: { value: this.#depth.depthTexture },
        towards: { value: new Vector3() },
        worth: { value: new Vector4() },
        offsetM: { value: OFFSET_M },
        depthRangeM: { value: 4 * this.#radius },
        texelM: { value: (2 * this.#radius) / DEPTH_MAP_SIZE },
        firstRow: { value: firstRow },
        rows: { value: rows },
      },
      defines: { TABLE_WIDTH: `${TABLE_WIDTH}` },
      glslVersion: GLSL3,
      vertexShader: RECEIVER_VERTEX,
      fragmentShader: RECEIVER_FRAGMENT,
      blending: CustomBlending,
      blendEquation: AddEquation,
      blendSrc: OneFactor,
      blendDst: OneFactor,
      depthTest: false,
      depthWrite: false,
    });
    this.#materials.push(material);
    const points = new Points(geometry, material);
    points.frustumCulled = false;
    return points;
  }

  #frameBall(): void {
    this.#camera.left = this.#camera.bottom = -this.#radius;
    this.#camera.right = this.#camera.top = this.#radius;
    this.#camera.near = 0;
    this.#camera.far = 4 * this.#radius;
    this.#camera.updateProjectionMatrix();
  }
}

const RECEIVER_VERTEX = /* glsl */ `
uniform highp sampler2D depthMap;
uniform vec3 towards;
uniform vec4 worth;
uniform float offsetM;
uniform float depthRangeM;
uniform float texelM;
uniform int firstRow;
uniform int rows;
flat out vec4 arriving;
flat out vec4 open;

float seenAt(vec2 uv, float depth) {
  return step(depth, texture(depthMap, uv).r);
}

/* Four neighbours, weighted: a shadow's edge does not jump from texel to texel. */
float seenAround(vec2 uv, float depth) {
  vec2 size = vec2(textureSize(depthMap, 0));
  vec2 texel = uv * size - 0.5;
  vec2 part = fract(texel);
  vec2 corner = (floor(texel) + 0.5) / size;
  vec2 next = 1.0 / size;
  return mix(
    mix(seenAt(corner, depth), seenAt(corner + vec2(next.x, 0.0), depth), part.x),
    mix(seenAt(corner + vec2(0.0, next.y), depth), seenAt(corner + next, depth), part.x),
    part.y);
}

void main() {
  vec3 outward = normalize(normal);
  float cosine = dot(outward, towards);
  vec3 origin = position + offsetM * outward;
  vec4 seen = projectionMatrix * viewMatrix * vec4(origin, 1.0);
  vec3 place = seen.xyz / seen.w * 0.5 + 0.5;
  float slope = sqrt(max(1.0 - cosine * cosine, 0.0)) / max(abs(cosine), 0.2);
  float visible = seenAround(place.xy, place.z - texelM * (0.4 + slope) / depthRangeM);
  float dome = worth.x * max(cosine, 0.0);
  arriving = vec4(dome * visible, dome, worth.yz * visible);
  open = worth.w * visible * step(0.0, cosine) * vec4(towards, 1.0);
  int index = gl_VertexID;
  vec2 texel = vec2(index % TABLE_WIDTH, firstRow + index / TABLE_WIDTH) + 0.5;
  gl_Position = vec4(texel / vec2(TABLE_WIDTH, rows) * 2.0 - 1.0, 0.0, 1.0);
  gl_PointSize = 1.0;
}
`;

const RECEIVER_FRAGMENT = /* glsl */ `
flat in vec4 arriving;
flat in vec4 open;
layout(location = 0) out highp vec4 arrivingSum;
layout(location = 1) out highp vec4 openSum;
void main() {
  arrivingSum = arriving;
  openSum = open;
}
`;

function depthTarget(): WebGLRenderTarget {
  const target = new WebGLRenderTarget(DEPTH_MAP_SIZE, DEPTH_MAP_SIZE, {
    minFilter: NearestFilter,
    magFilter: NearestFilter,
  });
  target.depthTexture = new DepthTexture(DEPTH_MAP_SIZE, DEPTH_MAP_SIZE, FloatType);
  return target;
}

function tableTarget(rows: number): WebGLRenderTarget {
  return new WebGLRenderTarget(TABLE_WIDTH, rows, {
    format: RGBAFormat,
    type: HalfFloatType,
    minFilter: NearestFilter,
    magFilter: NearestFilter,
    depthBuffer: false,
    count: 2,
  });
}

function occluderOf(surface: MorphedSurface): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", surface.position);
  geometry.setIndex(surface.mesh.geometry.getIndex());
  const mesh = new Mesh(geometry, new MeshBasicMaterial({ side: DoubleSide, colorWrite: false }));
  mesh.frustumCulled = false;
  return mesh;
}

function raysOf(light: HeadLight, count: Directions): readonly Ray[] {
  const dome = sphereDirections(count.dome).map(
    (direction): Ray => ({
      direction,
      dome: luminance(radianceFrom(light.dome, direction)) / count.dome,
      sphere: 1 / count.dome,
      lamps: [0, 0],
    }),
  );
  const [first, second] = light.lamps;
  return [
    ...dome,
    ...lampRays(first, count.lamp, [1 / count.lamp, 0]),
    ...lampRays(second, count.lamp, [0, 1 / count.lamp]),
  ];
}

function lampRays(lamp: Lamp, count: number, lamps: Ray["lamps"]): readonly Ray[] {
  if (luminance(lamp.colour) === 0) {
    return [];
  }
  return discDirections(lamp.direction, lamp.radiusRad, count).map((direction) => ({
    direction,
    dome: 0,
    sphere: 0,
    lamps,
  }));
}

/** Unit directions spread evenly over the sphere (Fibonacci lattice). */
export function sphereDirections(count: number): readonly Vector3[] {
  return Array.from({ length: count }, (_, index) => {
    const y = 1 - (2 * (index + 0.5)) / count;
    const ring = Math.sqrt(1 - y * y);
    const angle = (index + 0.5) * GOLDEN_ANGLE_RAD;
    return new Vector3(ring * Math.cos(angle), y, ring * Math.sin(angle));
  });
}

/** Unit directions spread evenly over a disc about an axis. */
export function discDirections(
  axis: Vector3,
  radiusRad: number,
  count: number,
): readonly Vector3[] {
  const side = new Vector3(Math.abs(axis.y) > 0.9 ? 1 : 0, Math.abs(axis.y) > 0.9 ? 0 : 1, 0);
  const right = side.cross(axis).normalize();
  const up = new Vector3().crossVectors(axis, right);
  return Array.from({ length: count }, (_, index) => {
    const radius = Math.tan(radiusRad) * Math.sqrt((index + 0.5) / count);
    const angle = (index + 0.5) * GOLDEN_ANGLE_RAD;
    return axis
      .clone()
      .addScaledVector(right, radius * Math.cos(angle))
      .addScaledVector(up, radius * Math.sin(angle))
      .normalize();
  });
}

export function luminance(rgb: Vector3): number {
  return 0.2126 * rgb.x + 0.7152 * rgb.y + 0.0722 * rgb.z;
}
