import { Box3, type PerspectiveCamera, Vector3 } from "three";
import { HairRibbons } from "./HairRibbons";
import type { HairShade } from "./HairShade";
import { gridAround, HairVolume } from "./HairVolume";
import type { LightUniforms } from "./HeadShading";
import { detailOf, shareAt } from "./hairDetail";
import type { HeadLight } from "./lightPresets";
import { type StrandFile, thinned } from "./StrandFile";
import { meanWidthM } from "./strandMaps";
import { POINT_FLOATS, type StrandEdit, shapeStrands } from "./strandShape";

/** Of many strands together. */
export interface StrandColour {
  /** Linear RGB of those with pigment. */
  linear: readonly [number, number, number];
  /** Share of strands without. */
  whiteShare: number;
}

/** What can be changed of strands without other strands. */
export interface StrandLook extends StrandEdit {
  thickness: number;
  /** Share of the strands. */
  density: number;
  /** null keeps the strands' own. */
  colour: StrandColour | null;
}

export const OWN_LOOK: StrandLook = {
  length: 1,
  curl: 1,
  thickness: 1,
  density: 1,
  colour: null,
};

/** The head that hair grows on, at rest, metres. */
export interface HeadSolid {
  bounds: Box3;
  /** (K, 3): points close below its skin. */
  pointsM: Float32Array;
}

const VOXELS = 150_000;
/** Skin farther than this from the hair is not in its shade. */
const SHADE_REACH_M = 0.05;
/** Strands that are looked at to find where hair is. */
const VOLUME_STRANDS = 3000;
/** More are not kept on the graphics card: fewer, wider strands stand for them. */
const MOST_POINTS = 800_000;

/** One head of hair on one head. */
export class AvatarHair {
  readonly ribbons: HairRibbons;
  readonly bounds = new Box3();
  /** Of what lies above the head's middle. */
  readonly crown = new Box3();
  readonly #shade: HairShade;
  readonly #file: StrandFile;
  readonly #head: HeadSolid;
  readonly #widthM: number;
  #look = OWN_LOOK;

  constructor(file: StrandFile, head: HeadSolid, light: LightUniforms, shade: HairShade) {
    this.#file = thinned(file, Math.floor(MOST_POINTS / file.pointsPerStrand));
    this.#head = head;
    this.#shade = shade;
    this.#widthM = meanWidthM(this.#file);
    const centre = head.bounds.getCenter(new Vector3());
    this.ribbons = new HairRibbons(this.#file, { ...light, ...shade.onHair }, centre);
    this.#shape();
  }

  /** Of head and hair, head frame. */
  get centre(): Vector3 {
    return this.#head.bounds.getCenter(new Vector3());
  }

  /** True when the shade that the hair gives is another now. */
  setLook(look: StrandLook): boolean {
    const before = this.#look;
    this.#look = look;
    this.ribbons.setColour(look.colour);
    this.#shade.setColour(this.ribbons.meanColour);
    this.ribbons.setThickness(look.thickness);
    const reshaped = look.length !== before.length || look.curl !== before.curl;
    if (reshaped) {
      this.#shape();
    }
    return reshaped || look.density !== before.density || look.thickness !== before.thickness;
  }

  /** Finds out anew how much light the hair lets through. */
  castShade(light: HeadLight): void {
    const shade = this.#shade;
    const strands = this.#strands;
    if (strands === 0) {
      shade.clear();
      return;
    }
    const { pointsPerStrand } = this.#file;
    const all = this.bounds.clone().union(this.#head.bounds);
    const box = this.bounds.clone().expandByScalar(SHADE_REACH_M).intersect(all);
    const hair = new HairVolume(gridAround(box, VOXELS));
    const points = this.ribbons.points.subarray(0, POINT_FLOATS * pointsPerStrand * strands);
    const stride = Math.max(1, Math.floor(strands / VOLUME_STRANDS));
    const widthM = this.#widthM * this.#look.thickness * (1 - this.#file.taper / 2);
    const strandsAs = [points, pointsPerStrand, widthM, stride] as const;
    hair.addStrands(...strandsAs);
    const betweenRoots = hair.betweenRoots(...strandsAs);
    shade.update(hair, hair.withSolid(this.#head.pointsM), betweenRoots, light);
  }

  /**
   * Chooses what a picture of this height holds: `share` of the strands, fewer still where they are
   * thin on the screen; `fine` ones bend without corners.
   */
  setDetail(camera: PerspectiveCamera, heightPx: number, share: number, fine: boolean): void {
    const slope = Math.tan((camera.fov * Math.PI) / 360);
    const pixelM = (2 * slope) / heightPx; // a metre away
    const distanceM = Math.max(camera.position.distanceTo(this.centre), camera.near);
    const widthPx = (this.#widthM * this.#look.thickness) / (pixelM * distanceM);
    this.ribbons.setPixelSize(pixelM);
    const supply = { strands: this.#strands, pointsPerStrand: this.#file.pointsPerStrand };
    this.ribbons.setDetail(detailOf(supply, share * shareAt(widthPx), fine));
  }

  dispose(): void {
    this.ribbons.dispose();
  }

  get #strands(): number {
    return Math.round(this.#file.count * this.#look.density);
  }

  #shape(): void {
    const { count, pointsPerStrand } = this.#file;
    const points = this.ribbons.points;
    shapeStrands(this.#file, this.#look, count, points);
    this.ribbons.pointsChanged(this.#look.length);
    this.bounds.makeEmpty();
    this.crown.makeEmpty();
    const middle = this.centre.y;
    const corner = new Vector3();
    for (let point = 0; point < count * pointsPerStrand; point += 1) {
      corner.fromArray(points, POINT_FLOATS * point);
      this.bounds.expandByPoint(corner);
      if (corner.y > middle) {
        this.crown.expandByPoint(corner);
      }
    }
  }
}
