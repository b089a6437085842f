import type { PerspectiveCamera, WebGLRenderer } from "three";
import type { Avatar } from "./Avatar";
import { AvatarHair, OWN_LOOK, type StrandLook } from "./AvatarHair";
import { HairShade } from "./HairShade";
import type { LightUniforms } from "./HeadShading";
import { DetailGovernor } from "./hairDetail";
import { type HeadLight, LIGHT_PRESETS } from "./lightPresets";
import type { StrandFile } from "./StrandFile";

/** The shade follows when a slider has come to rest for so long. */
const SHADE_AFTER_MS = 140;
/** Of the strands, for the first measurement on a machine of unknown speed. */
const FIRST_SHARE = 0.08;
/** What that share may cost on a machine that is asked for all of them next. */
const QUICK_MS = 4;
/** A machine that takes so long without hair draws as little of it as it may while it moves. */
const SLOW_MS = 60;
/** Time for the hair: of that for the head, within limits. */
const BUDGET_SHARE = 0.75;
const LEAST_BUDGET_MS = 9;
const MOST_BUDGET_MS = 60;

/** The hair that is shown, if any: its look, its shade, and how much of it a picture gets. */
export class HairStage {
  readonly shade = new HairShade();
  readonly governor = new DetailGovernor();
  readonly #onChange: () => void;
  #hair: AvatarHair | null = null;
  #look: StrandLook = OWN_LOOK;
  #light: HeadLight = LIGHT_PRESETS.studio;
  #visible = true;
  #shadeTimer = 0;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Null when there is none. */
  get hair(): AvatarHair | null {
    return this.#hair;
  }

  /** Replaces the hair on a head; `null` leaves it bald. */
  show(file: StrandFile | null, avatar: Avatar, light: LightUniforms): void {
    this.remove();
    if (file !== null && file.count > 0) {
      this.#hair = new AvatarHair(file, avatar.solid, light, this.shade);
      this.#hair.setLook(this.#look);
      this.#hair.ribbons.mesh.visible = this.#visible;
      avatar.wear(this.#hair.ribbons.mesh);
    }
    this.#castShade();
  }

  remove(): void {
    this.#hair?.ribbons.mesh.removeFromParent();
    this.#hair?.dispose();
    this.#hair = null;
  }

  setLook(look: StrandLook): void {
    this.#look = look;
    if (this.#hair?.setLook(look) === true) {
      this.#castShadeSoon();
    }
    this.#onChange();
  }

  setLight(light: HeadLight): void {
    this.#light = light;
    this.#castShadeSoon();
  }

  /** Hides the hair and its shade, e.g. to look at the skin. */
  setVisible(visible: boolean): void {
    if (visible === this.#visible) {
      return;
    }
    this.#visible = visible;
    if (this.#hair !== null) {
      this.#hair.ribbons.mesh.visible = visible;
      this.#castShade();
    }
    this.#onChange();
  }

  /**
   * Finds out how many strands this machine can draw; `frameMs` draws a picture and times it,
   * `bareMs` is what one takes without hair.
   */
  measure(frameMs: () => number, bareMs: number): void {
    if (this.#hair === null || !this.#visible) {
      return;
    }
    if (bareMs > SLOW_MS) {
      this.governor.begin(bareMs, 1, 0, bareMs);
      return;
    }
    const budgetMs = Math.min(MOST_BUDGET_MS, Math.max(LEAST_BUDGET_MS, BUDGET_SHARE * bareMs));
    const withShareMs = (share: number) => {
      this.governor.setShare(share);
      frameMs(); // the first picture uploads the strands
      return frameMs();
    };
    let share = FIRST_SHARE;
    let shareMs = withShareMs(share);
    if (shareMs - bareMs < QUICK_MS) {
      share = 1;
      shareMs = withShareMs(share);
    }
    this.governor.begin(shareMs - bareMs, share, budgetMs, bareMs);
  }

  /** Whether hair is in the picture. */
  get visible(): boolean {
    return this.#visible && this.#hair !== null;
  }

  /** Before each picture, which is so many pixels high; a fine one holds all strands. */
  prepare(camera: PerspectiveCamera, heightPx: number, fine: boolean): void {
    this.#hair?.setDetail(camera, heightPx, fine ? 1 : this.governor.share, fine);
  }

  /** Lights the strands that are drawn next. */
  relight(renderer: WebGLRenderer, camera: PerspectiveCamera): void {
    if (this.#visible) {
      this.#hair?.ribbons.relight(renderer, camera);
    }
  }

  dispose(): void {
    window.clearTimeout(this.#shadeTimer);
    this.remove();
    this.shade.dispose();
  }

  #castShadeSoon(): void {
    window.clearTimeout(this.#shadeTimer);
    this.#shadeTimer = window.setTimeout(() => {
      this.#castShade();
      this.#onChange();
    }, SHADE_AFTER_MS);
  }

  #castShade(): void {
    window.clearTimeout(this.#shadeTimer);
    if (this.#hair === null || !this.#visible) {
      this.shade.clear();
    } else {
      this.#hair.castShade(this.#light);
    }
  }
}
