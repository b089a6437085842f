import {
  BufferAttribute,
  BufferGeometry,
  Camera,
  HalfFloatType,
  LinearFilter,
  type Matrix4,
  Mesh,
  RGBAFormat,
  Scene,
  ShaderMaterial,
  type Vector3,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import { HAIR_LIGHT_FRAGMENT, HAIR_LIGHT_VERTEX } from "./hairLightShader";
import type { MapLayout } from "./strandMaps";

type Uniforms = Record<string, { value: unknown }>;

/**
 * What each point of each strand sends to the camera, and how wide it is: a texture like that of
 * the points. Reckoned once a point and picture instead of at each corner of the ribbons.
 */
export class HairLight {
  readonly #target: WebGLRenderTarget;
  readonly #material: ShaderMaterial;
  readonly #scene = new Scene();
  readonly #camera = new Camera();
  readonly #layout: MapLayout;

  /** `width`: texels of the map, that of the points. */
  constructor(layout: MapLayout, width: number, uniforms: Uniforms) {
    this.#layout = layout;
    this.#target = new WebGLRenderTarget(width, layout.rows, {
      format: RGBAFormat,
      type: HalfFloatType,
      minFilter: LinearFilter,
      magFilter: LinearFilter,
      depthBuffer: false,
      generateMipmaps: false,
    });
    this.#material = new ShaderMaterial({
      uniforms,
      vertexShader: HAIR_LIGHT_VERTEX,
      fragmentShader: HAIR_LIGHT_FRAGMENT,
      depthTest: false,
      depthWrite: false,
    });
    const triangle = new BufferGeometry();
    const corners = new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]);
    triangle.setAttribute("position", new BufferAttribute(corners, 3));
    const mesh = new Mesh(triangle, this.#material);
    mesh.frustumCulled = false;
    this.#scene.add(mesh);
  }

  /** Linear RGB, and the width in millimetres. */
  get map(): WebGLRenderTarget["texture"] {
    return this.#target.texture;
  }

  /** For some strands, seen from `eye`; `worldFromRest` is where the head has taken them. */
  update(
    renderer: WebGLRenderer,
    strands: { first: number; count: number },
    eye: Vector3,
    worldFromRest: Matrix4,
  ): void {
    const { eye: eyeUniform, worldFromRest: matrix } = this.#material.uniforms;
    eyeUniform?.value.copy(eye);
    matrix?.value.copy(worldFromRest);
    const { perRow } = this.#layout;
    const firstRow = Math.floor(strands.first / perRow);
    const endRow = Math.ceil((strands.first + strands.count) / perRow);
    this.#target.scissorTest = true;
    this.#target.scissor.set(0, firstRow, this.#target.width, endRow - firstRow);
    const before = renderer.getRenderTarget();
    const { autoClear } = renderer;
    renderer.autoClear = false;
    renderer.setRenderTarget(this.#target);
    renderer.render(this.#scene, this.#camera);
    renderer.autoClear = autoClear;
    renderer.setRenderTarget(before);
  }

  dispose(): void {
    this.#target.dispose();
    this.#material.dispose();
    for (const mesh of this.#scene.children) {
      (mesh as Mesh).geometry.dispose();
    }
  }
}
