// Strands as textures, which a vertex shader reads by strand and point.

import {
  Color,
  DataTexture,
  FloatType,
  NearestFilter,
  RGBAFormat,
  SRGBColorSpace,
  Vector3,
} from "three";
import type { StrandFile } from "./StrandFile";
import { POINT_FLOATS } from "./strandShape";

/** Every graphics card that has WebGL 2 takes textures of this width. */
const MAP_WIDTH = 2048;
const RGBA = 4;
const RGB = 3;

export interface MapLayout {
  /** Strands in a row of the maps. */
  perRow: number;
  rows: number;
}

/** Strand after strand without gaps, and as many in a row as fit. */
export function layoutOf({ count, pointsPerStrand, colourKnots }: StrandFile): MapLayout {
  const longest = Math.max(pointsPerStrand, colourKnots, 1);
  const perRow = Math.max(1, Math.floor(MAP_WIDTH / longest));
  return { perRow, rows: Math.max(1, Math.ceil(count / perRow)) };
}

/** For points as `shapeStrands` writes them. */
export function pointMapOf(file: StrandFile, { perRow, rows }: MapLayout): DataTexture {
  const width = perRow * Math.max(file.pointsPerStrand, 1);
  const floats = new Float32Array(POINT_FLOATS * width * rows);
  return exact(new DataTexture(floats, width, rows, RGBAFormat, FloatType));
}

/** Colours at the knots; the alpha is the root's width in units of the file. */
export function colourMapOf(file: StrandFile, { perRow, rows }: MapLayout): DataTexture {
  const width = perRow * Math.max(file.colourKnots, 1);
  const bytes = new Uint8Array(RGBA * width * rows);
  for (let knot = 0; knot < file.count * file.colourKnots; knot += 1) {
    bytes.set(file.colour.subarray(RGB * knot, RGB * knot + RGB), RGBA * knot);
    bytes[RGBA * knot + RGB] = file.width[Math.floor(knot / file.colourKnots)] ?? 0;
  }
  const map = exact(new DataTexture(bytes, width, rows, RGBAFormat));
  map.colorSpace = SRGBColorSpace;
  return map;
}

/** Of all knots, linear RGB. */
export function meanColourOf(file: StrandFile): Vector3 {
  const linear = Array.from({ length: 256 }, (_, byte) => {
    return new Color().setRGB(byte / 255, 0, 0, SRGBColorSpace).r;
  });
  const sum = [0, 0, 0];
  file.colour.forEach((byte, i) => {
    sum[i % RGB] = (sum[i % RGB] ?? 0) + (linear[byte] ?? 0);
  });
  const [r = 0, g = 0, b = 0] = sum;
  return new Vector3(r, g, b).multiplyScalar(RGB / Math.max(file.colour.length, RGB));
}

/** Mean diameter of the roots, metres. */
export function meanWidthM(file: StrandFile): number {
  const sum = file.width.reduce((total, width) => total + width, 0);
  return (file.widthStepM * sum) / Math.max(file.count, 1);
}

function exact(map: DataTexture): DataTexture {
  map.minFilter = map.magFilter = NearestFilter;
  map.generateMipmaps = false;
  map.needsUpdate = true;
  return map;
}
