import {
  type DataTexture,
  NoToneMapping,
  Scene,
  SRGBColorSpace,
  type Texture,
  Vector3,
  WebGLRenderer,
} from "three";
import type { AvatarParameters } from "../api/gateway";
import type { Weights } from "../expressions";
import { type Avatar, isOpaque } from "./Avatar";
import type { StrandLook } from "./AvatarHair";
import { FaceDriver } from "./FaceDriver";
import { framingOf } from "./framing";
import { HairStage } from "./HairStage";
import { HeadShading } from "./HeadShading";
import { LightReach } from "./LightReach";
import { type HeadLight, LIGHT_PRESETS } from "./lightPresets";
import { MorphedSurface } from "./MorphedSurface";
import { OrbitRig, type ViewName } from "./OrbitRig";
import { Painter } from "./Painter";
import type { SpeechMotion } from "./SpeechMotion";
import type { StrandFile } from "./StrandFile";

/** Of a fast renderer even where the screen has less: lashes are finer than a pixel. */
const FINE_PIXEL_RATIO = 2;
const MOST_ANISOTROPY = 8;
/** A slower renderer draws coarser while something moves. */
const MOTION_FRAME_MS = 40;
const COARSEST_SCALE = 0.4;
/** A renderer slower than this does not keep a face moving for its own sake. */
const LIVELY_FRAME_MS = 80;
/** After so long without motion the picture is drawn sharp. */
const REST_AFTER_MS = 160;
/** Idle motion is slow: more pictures a second would only warm the machine. */
const IDLE_FRAME_MS = 30;
/** Directions from which light is traced before each picture; all of them cost about one picture. */
const DIRECTIONS_PER_FRAME = 8;
/** On a slow machine they are traced when nothing moves, few at a time. */
const DIRECTIONS_AT_REST = 2;
const ALL_DIRECTIONS = 1000;
/** Light is traced within this ball about the head's centre, metres. */
const BALL_MARGIN = 1.02;

/**
 * Shows one avatar on a canvas; draws only when something has changed. The canvas' `data-picture`
 * is `fine` when the picture is as good as it gets, `moving` until then.
 */
export class AvatarViewer {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #hair: HairStage;
  readonly #shading: HeadShading;
  readonly #rig: OrbitRig;
  readonly #painter: Painter;
  readonly #resizes: ResizeObserver;
  readonly #canvas: HTMLCanvasElement;
  /** No graphics card draws. */
  readonly #inSoftware: boolean;
  #light: HeadLight = LIGHT_PRESETS.studio;
  #avatar: Avatar | null = null;
  #face: FaceDriver | null = null;
  #surfaces: readonly MorphedSurface[] = [];
  #reach: LightReach | null = null;
  #reachIsOld = false;
  #provenance: DataTexture | null = null;
  #residualLight: DataTexture | null = null;
  #frame = 0;
  #drawnAt = 0;
  /** The last picture was drawn because something had changed, not for idle motion. */
  #inMotion = false;
  #changed = true;
  /** A fine picture is being drawn. */
  #refining = false;
  /** Time of a bald picture at the screen's resolution, and of one in motion; slow until measured. */
  #fullFrameMs = Number.POSITIVE_INFINITY;
  #motionFrameMs = Number.POSITIVE_INFINITY;
  #restTimer = 0;

  /** `onTurned`: the visitor has turned the head by hand. Raises an Error without WebGL 2. */
  constructor(canvas: HTMLCanvasElement, onTurned: () => void) {
    this.#canvas = canvas;
    this.#renderer = new WebGLRenderer({ canvas, antialias: false, alpha: true, depth: false });
    this.#inSoftware = drawsInSoftware(this.#renderer.getContext());
    this.#renderer.outputColorSpace = SRGBColorSpace;
    this.#renderer.toneMapping = NoToneMapping; // HeadShading has its own, that of `cameo render`
    this.#hair = new HairStage(() => this.#redraw());
    this.#shading = new HeadShading(this.#hair.shade.onSkin);
    this.#shading.setLight(this.#light);
    this.#rig = new OrbitRig(canvas, prefersStillness(), this.#redraw, onTurned);
    this.#painter = new Painter(this.#renderer, this.#scene, this.#rig.camera, this.#hair);
    this.#resizes = new ResizeObserver(this.#fit);
    this.#resizes.observe(canvas);
  }

  /** Draws fast enough for a face that is always in motion. Known once an avatar is shown. */
  get lively(): boolean {
    return this.#fullFrameMs < LIVELY_FRAME_MS;
  }

  /**
   * Replaces the avatar, which then belongs to the viewer, and frames it from the front.
   * Resolves when it can be seen.
   */
  async show(avatar: Avatar): Promise<void> {
    this.#removeAvatar();
    this.#avatar = avatar;
    this.#face = new FaceDriver(avatar);
    this.#surfaces = avatar.meshes.map((mesh) => new MorphedSurface(mesh));
    this.#reach = this.#reachOf(avatar);
    if (this.#inSoftware) {
      for (const surface of this.#surfaces) {
        surface.takeOver();
      }
    }
    for (const mesh of avatar.meshes) {
      this.#shading.dress(mesh, this.#reach.firstRowOf(mesh));
      sharpen(mesh.material, this.#renderer.capabilities.getMaxAnisotropy());
    }
    this.#scene.add(avatar.scene);
    this.#fit();
    this.#rig.frame(framingOf(avatar, null));
    this.#reach.begin(this.#light, true);
    this.#reach.advance(ALL_DIRECTIONS);
    this.#shading.setReach(this.#reach.tables);
    await this.#painter.compile();
    await new Promise(requestAnimationFrame);
    this.#painter.quick(COARSEST_SCALE);
    this.#motionFrameMs = this.#measuredFrameMs(COARSEST_SCALE);
    this.#fullFrameMs =
      this.#motionFrameMs < MOTION_FRAME_MS
        ? this.#measuredFrameMs(1)
        : this.#motionFrameMs / COARSEST_SCALE ** 2;
    this.#reachIsOld = this.lively; // what has been traced is coarse
    this.#fit();
  }

  /** Replaces the hair; null leaves the head bald. Resolves when it can be seen. */
  async setHair(strands: StrandFile | null): Promise<void> {
    if (this.#avatar === null) {
      return;
    }
    this.#hair.show(strands, this.#avatar, this.#shading.light);
    this.#rig.reframe(framingOf(this.#avatar, this.#hair.hair?.crown ?? null));
    if (this.#hair.hair !== null) {
      await this.#painter.compile();
      this.#hair.measure(() => this.#measuredFrameMs(this.#motionScale()), this.#motionFrameMs);
    }
    this.#redraw();
  }

  /** Colour, length, curl, thickness and density, of this hair and of what replaces it. */
  setHairLook(look: StrandLook): void {
    this.#hair.setLook(look);
  }

  /** By morph target, and a turn of the neck, axis-angle in radians. */
  setFace(weights: Weights, neckRad: readonly [number, number, number]): void {
    this.#face?.setFace(weights, neckRad);
    this.#reachIsOld = true;
    this.#redraw();
  }

  setLight(light: HeadLight): void {
    this.#light = light;
    this.#shading.setLight(light);
    this.#hair.setLight(light);
    this.#reachIsOld = true;
    this.#redraw();
  }

  /** Blinks, small turns of the eyes and breath. */
  setIdle(on: boolean): void {
    this.#face?.setIdle(on);
    this.#redraw();
  }

  speak(motion: SpeechMotion): void {
    this.#face?.speak(motion);
    this.#redraw();
  }

  /** The map then belongs to the viewer. */
  setProvenance(map: DataTexture): void {
    this.#provenance?.dispose();
    this.#provenance = map;
    this.#shading.setProvenance(map);
    this.#redraw();
  }

  /** Shown in the photo's light alone. The map then belongs to the viewer. */
  setResidualLight(map: DataTexture): void {
    this.#residualLight?.dispose();
    this.#residualLight = map;
    this.#shading.setResidualLight(map);
    this.#redraw();
  }

  /** How far the overlay replaces the head's colours, 0 to 1; hair would hide it. */
  setProvenanceShare(share: number): void {
    this.#hair.setVisible(share === 0);
    this.#shading.setProvenanceShare(share);
    this.#redraw();
  }

  /** Looks through the photo's camera, with the photo's pose, until `look` is called. */
  matchPhoto(parameters: AvatarParameters): void {
    this.#face?.setPose(parameters.parameters.pose_rad);
    this.#face?.setPaused(true);
    this.#rig.matchPhoto(parameters.camera);
    this.#redraw();
  }

  look(view: ViewName): void {
    this.#face?.setPose({});
    this.#face?.setPaused(false);
    this.#rig.look(view);
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    window.clearTimeout(this.#restTimer);
    this.#resizes.disconnect();
    this.#rig.dispose();
    this.#hair.dispose();
    this.#painter.dispose();
    this.#removeAvatar();
    this.#provenance?.dispose();
    this.#residualLight?.dispose();
    this.#renderer.dispose();
  }

  #reachOf(avatar: Avatar): LightReach {
    const box = avatar.bounds();
    const centre = box.getCenter(new Vector3());
    const radius = (BALL_MARGIN * box.getSize(new Vector3()).length()) / 2;
    return new LightReach(this.#renderer, this.#surfaces, isOpaque, { centre, radius });
  }

  #removeAvatar(): void {
    this.#hair.remove();
    if (this.#avatar !== null) {
      this.#scene.remove(this.#avatar.scene);
      this.#avatar.dispose();
      this.#reach?.dispose();
      this.#avatar = this.#face = this.#reach = null;
    }
  }

  readonly #redraw = (): void => {
    this.#changed = true;
    this.#refining = false;
    this.#canvas.dataset.picture = "moving";
    this.#requestFrame();
  };

  #requestFrame(): void {
    if (this.#frame === 0) {
      this.#frame = requestAnimationFrame(this.#draw);
    }
  }

  readonly #draw = (now: number): void => {
    this.#frame = 0;
    // a fast machine may begin a picture of one motion while it still draws the last
    if (this.#painter.busy && (this.#refining || !this.lively)) {
      this.#requestFrame();
      return;
    }
    if (this.#refining) {
      this.#refine();
      return;
    }
    const moving = this.#face?.moving === true;
    if (!this.#changed && now - this.#drawnAt < IDLE_FRAME_MS) {
      this.#requestFrame();
      return;
    }
    if (this.#changed && this.#inMotion) {
      this.#hair.governor.note(now - this.#drawnAt);
    }
    this.#inMotion = this.#changed;
    this.#changed = false;
    this.#drawnAt = now;
    const gliding = this.#rig.advance(now);
    this.#reachIsOld ||= this.#face?.speaking === true;
    this.#face?.apply(now);
    if (this.#inSoftware) {
      for (const surface of this.#surfaces) {
        surface.update();
      }
    }
    if (this.lively) {
      this.#traceLight();
    }
    this.#painter.quick(this.#motionScale());
    window.clearTimeout(this.#restTimer);
    if (gliding || (this.lively && this.#reach?.pending === true)) {
      this.#redraw();
    } else if (moving) {
      this.#requestFrame();
    } else {
      this.#inMotion = false;
      this.#restTimer = window.setTimeout(this.#beginFine, REST_AFTER_MS);
    }
  };

  readonly #beginFine = (): void => {
    this.#refining = true;
    this.#painter.beginFine(this.#hair.governor.share);
    this.#requestFrame();
  };

  /** A slow machine traces light before each fine picture, a fast one before the quick ones. */
  #refine(): void {
    if (this.#traceLight()) {
      this.#painter.mark();
    } else {
      this.#refining = this.#painter.refine(!this.lively);
    }
    if (!this.#refining) {
      this.#canvas.dataset.picture = "fine";
    }
    if (this.#refining) {
      this.#requestFrame();
    }
  }

  /** From some more directions, until the light suits the expression; false when it does. */
  #traceLight(): boolean {
    const reach = this.#reach;
    if (reach === null) {
      return false;
    }
    if (this.#reachIsOld && !reach.pending) {
      this.#reachIsOld = false;
      reach.begin(this.#light, !this.lively);
    }
    const traced = reach.pending;
    if (reach.advance(this.lively ? DIRECTIONS_PER_FRAME : DIRECTIONS_AT_REST)) {
      this.#shading.setReach(reach.tables);
    }
    return traced;
  }

  /** Share of the full resolution while something moves. */
  #motionScale(): number {
    const scale = Math.sqrt(MOTION_FRAME_MS / Math.max(this.#fullFrameMs, 1));
    return Math.max(COARSEST_SCALE, Math.min(1, scale));
  }

  #measuredFrameMs(scale: number): number {
    const context = this.#renderer.getContext();
    const startedAt = performance.now();
    this.#painter.quick(scale);
    // Reading a pixel waits until it has been drawn.
    context.readPixels(0, 0, 1, 1, context.RGBA, context.UNSIGNED_BYTE, new Uint8Array(4));
    return performance.now() - startedAt;
  }

  readonly #fit = (): void => {
    const { clientWidth, clientHeight } = this.#canvas;
    if (clientWidth === 0 || clientHeight === 0) {
      return;
    }
    const screen = Math.min(window.devicePixelRatio, FINE_PIXEL_RATIO);
    const fineFrameMs = this.#fullFrameMs * (FINE_PIXEL_RATIO / screen) ** 2;
    this.#renderer.setPixelRatio(fineFrameMs < MOTION_FRAME_MS ? FINE_PIXEL_RATIO : screen);
    this.#renderer.setSize(clientWidth, clientHeight, false);
    this.#rig.resize();
    this.#redraw();
  };
}

function drawsInSoftware(context: WebGLRenderingContext | WebGL2RenderingContext): boolean {
  const names = context.getExtension("WEBGL_debug_renderer_info");
  const name: unknown = context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER);
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(name));
}

/** Textures seen at a slant stay sharp. */
function sharpen(material: object, most: number): void {
  for (const value of Object.values(material)) {
    if (value !== null && typeof value === "object" && "isTexture" in value) {
      (value as Texture).anisotropy = Math.min(MOST_ANISOTROPY, most);
    }
  }
}

function prefersStillness(): boolean {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
