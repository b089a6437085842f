import {
  NeutralToneMapping,
  PCFShadowMap,
  PerspectiveCamera,
  Scene,
  Spherical,
  SRGBColorSpace,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { AvatarParameters } from "../api/gateway";
import { type Avatar, extentOf } from "./Avatar";
import { setPhotoCamera } from "./photoCamera";
import { StudioLight } from "./StudioLight";

export type ViewName = "front" | "left" | "right" | "back";

/** Azimuth of the camera around the head, radians; the subject's left is +X. */
const AZIMUTH: Record<ViewName, number> = {
  front: 0,
  left: Math.PI / 2,
  right: -Math.PI / 2,
  back: Math.PI,
};
const FIELD_OF_VIEW_DEG = 24;
const ROOM_AROUND_HEAD = 1.02;
/** Of the bust's half height: the shoulders may be cut, the face may not. */
const FACE_ABOVE_CENTRE = 0.12;
const NEAREST = 0.45;
const FARTHEST = 2.2;
const LOWEST_POLAR = 0.62 * Math.PI;
const HIGHEST_POLAR = 0.2 * Math.PI;
const KEY_TURN = Math.PI / 24;
const GLIDE_MS = 450;
const MOST_PIXEL_RATIO = 2;
/** A slower renderer draws coarser while something moves. */
const MOTION_FRAME_MS = 40;
const COARSEST_SCALE = 0.4;
/** After so long without motion the picture is drawn sharp. */
const REST_AFTER_MS = 160;

interface Glide {
  from: Spherical;
  to: Spherical;
  startedAt: number;
}

/** Shows one avatar on a canvas; draws only when something has changed. */
export class AvatarViewer {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, 0.05, 10);
  readonly #controls: OrbitControls;
  readonly #light: StudioLight;
  readonly #resizes: ResizeObserver;
  readonly #canvas: HTMLCanvasElement;
  #avatar: Avatar | null = null;
  #photo: AvatarParameters | null = null;
  #glide: Glide | null = null;
  #frame = 0;
  /** Share of the full resolution while something moves. */
  #motionScale = 1;
  #restTimer = 0;

  /** Raises an Error where the browser has no WebGL 2. */
  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, alpha: true });
    this.#renderer.outputColorSpace = SRGBColorSpace;
    this.#renderer.toneMapping = NeutralToneMapping; // made to keep base colours as they are
    this.#renderer.shadowMap.enabled = true;
    this.#renderer.shadowMap.type = PCFShadowMap;
    this.#renderer.shadowMap.autoUpdate = false; // the light and the head stand still
    this.#light = new StudioLight(this.#scene, this.#renderer);
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.enablePan = false;
    this.#controls.enableDamping = !prefersStillness();
    this.#controls.minPolarAngle = HIGHEST_POLAR;
    this.#controls.maxPolarAngle = LOWEST_POLAR;
    this.#controls.addEventListener("change", this.#requestFrame);
    this.#controls.addEventListener("start", this.#stopGlide);
    canvas.addEventListener("keydown", this.#turnByKey);
    this.#resizes = new ResizeObserver(this.#fit);
    this.#resizes.observe(canvas);
  }

  /**
   * Replaces the avatar, which then belongs to the viewer, and frames it from the front.
   * Resolves when it can be seen.
   */
  async show(avatar: Avatar): Promise<void> {
    this.#removeAvatar();
    this.#avatar = avatar;
    avatar.scene.traverse((object) => {
      object.castShadow = true;
      object.receiveShadow = true;
    });
    this.#scene.add(avatar.scene);
    this.#fit();
    this.#place(new Spherical(this.#framingDistance(), Math.PI / 2, AZIMUTH.front));
    this.#redrawShadows();
    await this.#renderer.compileAsync(this.#scene, this.#camera);
    await new Promise(requestAnimationFrame);
    this.#render(1);
    this.#motionScale = this.#measuredMotionScale();
  }

  setExpression(name: string, weight: number): void {
    this.#avatar?.setExpression(name, weight);
    this.#redrawShadows();
  }

  /** Looks through the photo's camera, with the photo's pose, until `look` is called. */
  matchPhoto(parameters: AvatarParameters): void {
    this.#photo = parameters;
    this.#glide = null;
    this.#controls.enabled = false;
    this.#avatar?.setPose(parameters.parameters.pose_rad);
    this.#redrawShadows();
    this.#fit();
  }

  /** Turns to a side; at once for people who prefer less motion. */
  look(view: ViewName): void {
    this.#leavePhoto();
    const to = new Spherical(this.#framingDistance(), Math.PI / 2, AZIMUTH[view]);
    if (prefersStillness()) {
      this.#place(to);
      return;
    }
    const from = this.#spherical();
    from.theta += 2 * Math.PI * Math.round((to.theta - from.theta) / (2 * Math.PI));
    this.#glide = { from, to, startedAt: performance.now() };
    this.#requestFrame();
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    window.clearTimeout(this.#restTimer);
    this.#resizes.disconnect();
    this.#canvas.removeEventListener("keydown", this.#turnByKey);
    this.#controls.dispose();
    this.#removeAvatar();
    this.#light.dispose();
    this.#renderer.dispose();
  }

  #leavePhoto(): void {
    if (this.#photo === null) {
      return;
    }
    this.#photo = null;
    this.#controls.enabled = true;
    this.#avatar?.setPose({});
    this.#redrawShadows();
    this.#camera.clearViewOffset();
    this.#camera.fov = FIELD_OF_VIEW_DEG;
    this.#fit();
  }

  #removeAvatar(): void {
    if (this.#avatar !== null) {
      this.#scene.remove(this.#avatar.scene);
      this.#avatar.dispose();
      this.#avatar = null;
    }
  }

  #redrawShadows(): void {
    this.#renderer.shadowMap.needsUpdate = true;
    this.#requestFrame();
  }

  readonly #requestFrame = (): void => {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(this.#draw);
    }
  };

  readonly #draw = (now: number): void => {
    this.#frame = 0;
    this.#advanceGlide(now);
    if (this.#photo === null) {
      this.#controls.update();
    }
    this.#render(this.#motionScale);
    window.clearTimeout(this.#restTimer);
    if (this.#motionScale < 1) {
      this.#restTimer = window.setTimeout(() => this.#render(1), REST_AFTER_MS);
    }
  };

  #render(scale: number): void {
    const ratio = scale * Math.min(window.devicePixelRatio, MOST_PIXEL_RATIO);
    if (ratio !== this.#renderer.getPixelRatio()) {
      this.#renderer.setPixelRatio(ratio);
    }
    this.#renderer.render(this.#scene, this.#camera);
  }

  #measuredMotionScale(): number {
    const context = this.#renderer.getContext();
    const startedAt = performance.now();
    this.#render(1);
    // Reading a pixel waits until it has been drawn.
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
    const frameMs = performance.now() - startedAt;
    return Math.max(COARSEST_SCALE, Math.min(1, Math.sqrt(MOTION_FRAME_MS / frameMs)));
  }

  readonly #stopGlide = (): void => {
    this.#glide = null;
  };

  #advanceGlide(now: number): void {
    if (this.#glide === null) {
      return;
    }
    const { from, to, startedAt } = this.#glide;
    const passed = Math.min(1, Math.max(0, (now - startedAt) / GLIDE_MS));
    const eased = passed * passed * (3 - 2 * passed);
    const mix = (a: number, b: number) => a + (b - a) * eased;
    this.#place(
      new Spherical(mix(from.radius, to.radius), mix(from.phi, to.phi), mix(from.theta, to.theta)),
    );
    if (passed === 1) {
      this.#glide = null;
    }
  }

  #place(position: Spherical): void {
    this.#camera.position.setFromSpherical(position).add(this.#controls.target);
    this.#camera.lookAt(this.#controls.target);
    this.#requestFrame();
  }

  #spherical(): Spherical {
    return new Spherical().setFromVector3(
      new Vector3().subVectors(this.#camera.position, this.#controls.target),
    );
  }

  readonly #turnByKey = (event: KeyboardEvent): void => {
    const turns: Record<string, readonly [number, number]> = {
      ArrowLeft: [-KEY_TURN, 0],
      ArrowRight: [KEY_TURN, 0],
      ArrowUp: [0, -KEY_TURN],
      ArrowDown: [0, KEY_TURN],
    };
    const turn = turns[event.key];
    if (turn === undefined) {
      return;
    }
    event.preventDefault();
    if (this.#photo !== null) {
      return;
    }
    this.#glide = null;
    const position = this.#spherical();
    position.theta += turn[0];
    position.phi = Math.min(LOWEST_POLAR, Math.max(HIGHEST_POLAR, position.phi + turn[1]));
    this.#place(position);
  };

  readonly #fit = (): void => {
    const width = this.#canvas.clientWidth;
    const height = this.#canvas.clientHeight;
    if (width === 0 || height === 0) {
      return;
    }
    this.#renderer.setSize(width, height, false);
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    if (this.#photo !== null) {
      setPhotoCamera(this.#camera, this.#photo.camera, { width, height });
    }
    this.#controls.minDistance = NEAREST * this.#framingDistance();
    this.#controls.maxDistance = FARTHEST * this.#framingDistance();
    this.#requestFrame();
  };

  /** Metres from which the head fills the canvas from every side. Also aims at its centre. */
  #framingDistance(): number {
    if (this.#avatar === null) {
      return 1;
    }
    const { centre, half } = extentOf(this.#avatar.bounds());
    this.#controls.target.copy(centre);
    this.#controls.target.y += FACE_ABOVE_CENTRE * half.y;
    const slope = Math.tan((FIELD_OF_VIEW_DEG * Math.PI) / 360);
    const widest = Math.max(half.x, half.z);
    const needed = Math.max(half.y / slope, widest / (slope * this.#camera.aspect));
    return ROOM_AROUND_HEAD * needed + widest;
  }
}

function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
