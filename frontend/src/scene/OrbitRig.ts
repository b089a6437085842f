import { type EventDispatcher, PerspectiveCamera, Spherical, Vector3 } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import type { PhotoCamera } from "../api/gateway";
import { eased } from "./motion";
import { setPhotoCamera } from "./photoCamera";

export type ViewName = "front" | "threeQuarter" | "left" | "right" | "back";

/** Azimuth of the camera around the head, radians; the subject's left is +X. */
const AZIMUTH: Readonly<Record<ViewName, number>> = {
  front: 0,
  threeQuarter: -Math.PI / 5,
  left: Math.PI / 2,
  right: -Math.PI / 2,
  back: Math.PI,
};
/** Where the first look begins; it comes to rest at the front. */
const FIRST_LOOK = { azimuth: -0.42, distance: 1.12, polar: 0.47 * Math.PI };
const FIRST_LOOK_MS = 1600;
const FIELD_OF_VIEW_DEG = 24;
const NEAREST = 0.4;
const FARTHEST = 1.9;
const LOWEST_POLAR = 0.62 * Math.PI;
const HIGHEST_POLAR = 0.2 * Math.PI;
const KEY_TURN_RAD = Math.PI / 24;
const KEY_ZOOM = 1.12;
const GLIDE_MS = 450;

/** What a camera has to frame: a ball about the head. */
export interface Framing {
  centre: Vector3;
  /** Metres above and below the centre, and to its sides, that have to be seen. */
  halfHeight: number;
  halfWidth: number;
}

interface Glide {
  from: Spherical;
  to: Spherical;
  startedAt: number;
  lastsMs: number;
}

/** The camera: turned by pointer and keys, gliding to a side, or standing where the photo's was. */
export class OrbitRig {
  readonly camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, 0.05, 10);
  readonly #controls: OrbitControls;
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: () => void;
  readonly #onTurned: () => void;
  readonly #still: boolean;
  #framing: Framing = { centre: new Vector3(), halfHeight: 0.15, halfWidth: 0.12 };
  #photo: PhotoCamera | null = null;
  #glide: Glide | null = null;

  /** `onTurned`: by hand, so that the camera stands at no named side any more. */
  constructor(
    canvas: HTMLCanvasElement,
    still: boolean,
    onChange: () => void,
    onTurned: () => void,
  ) {
    this.#canvas = canvas;
    this.#onTurned = onTurned;
    this.#still = still;
    this.#onChange = onChange;
    this.#controls = new OrbitControls(this.camera, canvas);
    this.#controls.enablePan = false;
    this.#controls.enableDamping = !still;
    this.#controls.minPolarAngle = HIGHEST_POLAR;
    this.#controls.maxPolarAngle = LOWEST_POLAR;
    const dispatcher: EventDispatcher<{ change: object; start: object }> = this.#controls;
    dispatcher.addEventListener("change", onChange);
    dispatcher.addEventListener("start", this.#stopGlide);
    canvas.addEventListener("keydown", this.#turnByKey);
  }

  /** Frames a new head, beginning a little to the side unless stillness is preferred. */
  frame(framing: Framing): void {
    this.#framing = framing;
    this.resize();
    this.#place(this.#viewpoint("front"));
    if (!this.#still) {
      const from = this.#viewpoint("front");
      from.theta = FIRST_LOOK.azimuth;
      from.phi = FIRST_LOOK.polar;
      from.radius *= FIRST_LOOK.distance;
      this.#place(from);
      this.#glideTo(this.#viewpoint("front"), FIRST_LOOK_MS);
    }
  }

  /** Frames the same head anew, e.g. with other hair, from where the camera looks at it. */
  reframe(framing: Framing): void {
    const position = this.#spherical();
    const before = this.#viewpoint("front").radius;
    this.#framing = framing;
    this.resize();
    const scale = this.#viewpoint("front").radius / before;
    if (this.#glide !== null) {
      this.#glide.from.radius *= scale;
      this.#glide.to.radius *= scale;
    }
    if (this.#photo === null) {
      position.radius *= scale;
      this.#place(position);
    }
  }

  /** Turns to a side; at once for people who prefer less motion. */
  look(view: ViewName): void {
    this.#leavePhoto();
    if (this.#still) {
      this.#place(this.#viewpoint(view));
    } else {
      this.#glideTo(this.#viewpoint(view), GLIDE_MS);
    }
  }

  /** Stands where the photo's camera stood, until `look` is called. */
  matchPhoto(photo: PhotoCamera): void {
    this.#photo = photo;
    this.#glide = null;
    this.#controls.enabled = false;
    this.resize();
  }

  /** Before each picture; true while the camera moves by itself. */
  advance(now: number): boolean {
    if (this.#photo !== null) {
      return false;
    }
    this.#advanceGlide(now);
    this.#controls.update();
    return this.#glide !== null;
  }

  /** Follows the canvas' size. */
  resize(): void {
    const size = { width: this.#canvas.clientWidth, height: this.#canvas.clientHeight };
    if (size.width === 0 || size.height === 0) {
      return;
    }
    if (this.#photo !== null) {
      setPhotoCamera(this.camera, this.#photo, size);
    } else {
      this.camera.aspect = size.width / size.height;
      this.camera.updateProjectionMatrix();
    }
    const distance = this.#viewpoint("front").radius;
    this.#controls.target.copy(this.#framing.centre);
    this.#controls.minDistance = NEAREST * distance;
    this.#controls.maxDistance = FARTHEST * distance;
  }

  dispose(): void {
    this.#canvas.removeEventListener("keydown", this.#turnByKey);
    this.#controls.dispose();
  }

  #leavePhoto(): void {
    if (this.#photo === null) {
      return;
    }
    this.#photo = null;
    this.#controls.enabled = true;
    this.camera.clearViewOffset();
    this.camera.fov = FIELD_OF_VIEW_DEG;
    this.resize();
    this.#place(this.#viewpoint("front"));
  }

  /** Where the head fills the canvas from a side. */
  #viewpoint(view: ViewName): Spherical {
    const slope = Math.tan((FIELD_OF_VIEW_DEG * Math.PI) / 360);
    const { halfHeight, halfWidth } = this.#framing;
    const aspect = this.#canvas.clientWidth / Math.max(1, this.#canvas.clientHeight);
    const needed = Math.max(halfHeight / slope, halfWidth / (slope * Math.max(aspect, 0.1)));
    return new Spherical(needed + halfWidth, Math.PI / 2, AZIMUTH[view]);
  }

  #glideTo(to: Spherical, lastsMs: number): void {
    const from = this.#spherical();
    from.theta += 2 * Math.PI * Math.round((to.theta - from.theta) / (2 * Math.PI));
    this.#glide = { from, to, startedAt: performance.now(), lastsMs };
    this.#onChange();
  }

  readonly #stopGlide = (): void => {
    this.#glide = null;
    this.#onTurned();
  };

  #advanceGlide(now: number): void {
    if (this.#glide === null) {
      return;
    }
    const { from, to, startedAt, lastsMs } = this.#glide;
    const passed = (now - startedAt) / lastsMs;
    const mix = (a: number, b: number) => a + (b - a) * eased(passed);
    this.#place(
      new Spherical(mix(from.radius, to.radius), mix(from.phi, to.phi), mix(from.theta, to.theta)),
    );
    if (passed >= 1) {
      this.#glide = null;
    }
  }

  #place(position: Spherical): void {
    this.camera.position.setFromSpherical(position).add(this.#controls.target);
    this.camera.lookAt(this.#controls.target);
    this.#onChange();
  }

  #spherical(): Spherical {
    return new Spherical().setFromVector3(
      new Vector3().subVectors(this.camera.position, this.#controls.target),
    );
  }

  readonly #turnByKey = (event: KeyboardEvent): void => {
    const turns: Readonly<Record<string, readonly [number, number, number]>> = {
      ArrowLeft: [-KEY_TURN_RAD, 0, 1],
      ArrowRight: [KEY_TURN_RAD, 0, 1],
      ArrowUp: [0, -KEY_TURN_RAD, 1],
      ArrowDown: [0, KEY_TURN_RAD, 1],
      "+": [0, 0, 1 / KEY_ZOOM],
      "-": [0, 0, KEY_ZOOM],
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
    const { minDistance, maxDistance } = this.#controls;
    position.radius = Math.min(maxDistance, Math.max(minDistance, position.radius * turn[2]));
    this.#place(position);
    this.#onTurned();
  };
}
