import {
  BufferAttribute,
  BufferGeometry,
  Camera,
  ConstantAlphaFactor,
  CustomBlending,
  HalfFloatType,
  LinearFilter,
  Mesh,
  NoBlending,
  OneMinusConstantAlphaFactor,
  RGBAFormat,
  Scene,
  ShaderMaterial,
  type Texture,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

const TRIANGLE = new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]);

/**
 * A picture that is drawn beside the canvas, in linear light, and shown when it is ready. Several
 * pictures of the same scene can be averaged.
 */
export class Picture {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new Camera();
  readonly #quad: Mesh<BufferGeometry, ShaderMaterial>;
  readonly #shown = materialOf(SHOWN, { map: { value: null } });
  readonly #added = materialOf(ADDED, { map: { value: null } });
  #drawn: WebGLRenderTarget | null = null;
  #mean: WebGLRenderTarget | null = null;

  constructor(renderer: WebGLRenderer) {
    this.#renderer = renderer;
    this.#added.blending = CustomBlending;
    this.#added.blendSrc = ConstantAlphaFactor;
    this.#added.blendDst = OneMinusConstantAlphaFactor;
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(TRIANGLE, 3));
    this.#quad = new Mesh(geometry, this.#shown);
    this.#quad.frustumCulled = false;
    this.#scene.add(this.#quad);
  }

  /** What to draw into; what it held is lost if the size is another one. */
  target(width: number, height: number, samples: number): WebGLRenderTarget {
    const target = this.#drawn;
    if (target !== null && target.samples === samples) {
      target.setSize(width, height);
      return target;
    }
    target?.dispose();
    this.#drawn = targetOf(width, height, samples);
    return this.#drawn;
  }

  /** Shows what has been drawn. */
  show(): void {
    this.#present(this.#drawn);
  }

  /** Takes what has been drawn as the `number`th of the pictures that are averaged, from 0. */
  add(number: number): void {
    const drawn = this.#drawn;
    if (drawn === null) {
      return;
    }
    this.#mean ??= targetOf(drawn.width, drawn.height, 0);
    this.#mean.setSize(drawn.width, drawn.height);
    this.#added.blendAlpha = 1 / (number + 1);
    this.#pass(this.#added, drawn.texture, this.#mean);
  }

  /** Shows the mean of what has been added. */
  showMean(): void {
    this.#present(this.#mean);
  }

  dispose(): void {
    this.#drawn?.dispose();
    this.#mean?.dispose();
    this.#shown.dispose();
    this.#added.dispose();
    this.#quad.geometry.dispose();
  }

  #present(target: WebGLRenderTarget | null): void {
    if (target !== null) {
      this.#pass(this.#shown, target.texture, null);
    }
  }

  #pass(material: ShaderMaterial, map: Texture, target: WebGLRenderTarget | null): void {
    const { autoClear } = this.#renderer;
    if (material.uniforms.map !== undefined) {
      material.uniforms.map.value = map;
    }
    this.#quad.material = material;
    this.#renderer.autoClear = false;
    this.#renderer.setRenderTarget(target);
    this.#renderer.render(this.#scene, this.#camera);
    this.#renderer.setRenderTarget(null);
    this.#renderer.autoClear = autoClear;
  }
}

function targetOf(width: number, height: number, samples: number): WebGLRenderTarget {
  return new WebGLRenderTarget(width, height, {
    format: RGBAFormat,
    type: HalfFloatType,
    minFilter: LinearFilter,
    magFilter: LinearFilter,
    generateMipmaps: false,
    samples,
    resolveDepthBuffer: false,
  });
}

function materialOf(fragmentShader: string, uniforms: ShaderMaterial["uniforms"]): ShaderMaterial {
  return new ShaderMaterial({
    uniforms,
    vertexShader: VERTEX,
    fragmentShader,
    blending: NoBlending,
    depthTest: false,
    depthWrite: false,
  });
}

const VERTEX = /* glsl */ `
out vec2 vUv;
void main() {
  vUv = 0.5 * position.xy + 0.5;
  gl_Position = vec4(position.xy, 0.0, 1.0);
}
`;

/* Both are premultiplied; only colours are encoded. */
const SHOWN = /* glsl */ `
uniform sampler2D map;
in vec2 vUv;
void main() {
  vec4 seen = texture(map, vUv);
  float alpha = clamp(seen.a, 0.0, 1.0);
  gl_FragColor = vec4(clamp(seen.rgb / max(alpha, 1e-4), 0.0, 1.0), 1.0);
  #include <colorspace_fragment>
  gl_FragColor = vec4(gl_FragColor.rgb * alpha, alpha);
}
`;

const ADDED = /* glsl */ `
uniform sampler2D map;
in vec2 vUv;
void main() {
  gl_FragColor = texture(map, vUv);
}
`;
