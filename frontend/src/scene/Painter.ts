import type { PerspectiveCamera, Scene, WebGLRenderer, WebGLRenderTarget } from "three";
import { GpuFence } from "./GpuFence";
import type { HairStage } from "./HairStage";
import { Picture } from "./Picture";

/** Of a pixel that are averaged; hair is finer than pixels. */
const SAMPLES = 4;
/** Pictures that a fine one is the mean of, on fast and on slow machines. */
const PASSES = 8;
const SLOW_PASSES = 2;
/** A part of a fine picture is to take so long: a hand that begins to turn the head waits for it. */
const PART_MS = 60;
const LEAST_PART = 800;
/** The longest steps by which parts grow and shrink. */
const MOST_GROWTH = 1.6;
const MOST_SHRINKING = 0.4;
/** Steps of the R2 sequence (Roberts 2018): offsets in a pixel that lie evenly at any number. */
const R2_STEP = [0.7548776662, 0.569840291] as const;
const GOLDEN = 0.618033988749895;

interface Size {
  width: number;
  height: number;
}

/** Draws the scene: quickly while something changes, and finely, part by part, when it rests. */
export class Painter {
  readonly #renderer: WebGLRenderer;
  readonly #scene: Scene;
  readonly #camera: PerspectiveCamera;
  readonly #hair: HairStage;
  readonly #picture: Picture;
  readonly #fence: GpuFence;
  #pass = 0;
  #firstStrand = 0;
  /** Strands that are drawn in one part. */
  #part = Number.POSITIVE_INFINITY;
  #partDrawn = false;

  constructor(renderer: WebGLRenderer, scene: Scene, camera: PerspectiveCamera, hair: HairStage) {
    this.#renderer = renderer;
    this.#scene = scene;
    this.#camera = camera;
    this.#hair = hair;
    this.#picture = new Picture(renderer);
    this.#fence = new GpuFence(renderer.getContext() as WebGL2RenderingContext);
  }

  /** The graphics card still draws what it was given last. */
  get busy(): boolean {
    const busy = !this.#fence.done;
    if (!busy && this.#partDrawn) {
      this.#partDrawn = false;
      const growth = PART_MS / Math.max(this.#fence.tookMs, 1);
      const step = Math.min(MOST_GROWTH, Math.max(MOST_SHRINKING, growth));
      this.#part = Math.max(LEAST_PART, step * this.#part);
    }
    return busy;
  }

  /** Makes this busy until the graphics card has done what it was asked for until now. */
  mark(): void {
    this.#fence.mark();
  }

  /** Materials are compiled for where they are drawn. */
  async compile(): Promise<void> {
    this.#renderer.setRenderTarget(this.#picture.target(1, 1, SAMPLES));
    const compiled = this.#renderer.compileAsync(this.#scene, this.#camera);
    this.#renderer.setRenderTarget(null);
    await compiled;
  }

  /** Draws and shows a picture with so much of the canvas' resolution. */
  quick(scale: number): void {
    const size = this.#sizeAt(scale);
    this.#hair.prepare(this.#camera, size.height, false);
    this.#hair.hair?.ribbons.setChance(0);
    this.#hair.relight(this.#renderer, this.#camera);
    this.#draw(this.#picture.target(size.width, size.height, SAMPLES), () =>
      this.#renderer.render(this.#scene, this.#camera),
    );
    this.#picture.show();
    this.#fence.mark();
    this.#partDrawn = false;
  }

  /** What `refine` draws begins anew; `part`: share of the strands for the first part. */
  beginFine(part: number): void {
    this.#pass = 0;
    this.#firstStrand = 0;
    this.#part = Math.max(LEAST_PART, part * (this.#hair.hair?.ribbons.strands ?? 0));
  }

  /** Draws the next part of a fine picture, and shows it after its last; false when all is done. */
  refine(slow: boolean): boolean {
    if (this.#pass >= (slow ? SLOW_PASSES : PASSES)) {
      return false;
    }
    const size = this.#sizeAt(1);
    const target = this.#picture.target(size.width, size.height, SAMPLES);
    const ribbons = this.#hair.hair?.ribbons;
    const begins = this.#firstStrand === 0;
    if (begins) {
      this.#hair.prepare(this.#camera, size.height, true);
      ribbons?.setChance((this.#pass * GOLDEN) % 1);
    }
    ribbons?.setRange(this.#firstStrand, Math.round(this.#part));
    if (this.#pass === 0) {
      this.#hair.relight(this.#renderer, this.#camera);
    }
    this.#withOffset(size, () =>
      this.#draw(target, () => {
        if (begins) {
          this.#renderer.render(this.#scene, this.#camera);
        } else if (ribbons !== undefined) {
          this.#renderer.autoClear = false;
          this.#renderer.render(ribbons.mesh, this.#camera);
          this.#renderer.autoClear = true;
        }
      }),
    );
    this.#firstStrand += Math.round(this.#part);
    this.#partDrawn = true;
    if (!this.#hair.visible || this.#firstStrand >= (ribbons?.strands ?? 0)) {
      this.#picture.add(this.#pass);
      this.#picture.showMean();
      this.#pass += 1;
      this.#firstStrand = 0;
    }
    this.#fence.mark();
    return true;
  }

  dispose(): void {
    this.#picture.dispose();
    this.#fence.dispose();
  }

  #draw(target: WebGLRenderTarget, draw: () => void): void {
    this.#renderer.setRenderTarget(target);
    draw();
    this.#renderer.setRenderTarget(null);
  }

  /** Moves what is drawn by a part of a pixel, another one in each pass. */
  #withOffset({ width, height }: Size, draw: () => void): void {
    const matrix = this.#camera.projectionMatrix;
    const before = matrix.clone();
    const offset = R2_STEP.map((step) => (((this.#pass + 0.5) * step + 0.5) % 1) - 0.5);
    const { elements } = matrix;
    elements[8] = (elements[8] ?? 0) + (2 * (offset[0] ?? 0)) / width;
    elements[9] = (elements[9] ?? 0) + (2 * (offset[1] ?? 0)) / height;
    draw();
    matrix.copy(before);
  }

  #sizeAt(scale: number): Size {
    const { width, height } = this.#renderer.domElement;
    return {
      width: Math.max(1, Math.round(scale * width)),
      height: Math.max(1, Math.round(scale * height)),
    };
  }
}
