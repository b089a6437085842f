// The strand binary of docs/strand-format.md, version 1.

export const STRAND_VERSION = 1;

const MAGIC = 0x484d4143; // "CAMH", little-endian
const HEADER_BYTES = 64;
const AXES = 3;

/** The bytes are no strands, are cut off, or are of a version that this page does not know. */
export class UnknownStrandFormat extends Error {}

/** N strands of P points, roots first, in the frame of the head that wears them. */
export interface StrandFile {
  count: number;
  pointsPerStrand: number;
  colourKnots: number;
  originM: readonly [number, number, number];
  /** Metres per unit of `smooth`. */
  positionStepM: number;
  /** Metres per unit of `detail`. */
  detailStepM: number;
  /** Metres per unit of `width`. */
  widthStepM: number;
  /** Share of the width that is lost at the tip. */
  taper: number;
  /** (N, P, 3): strands without their curl. */
  smooth: Int16Array;
  /** (N, P, 3): what curl and frizz add. */
  detail: Int8Array;
  /** (N, K, 3): sRGB, evenly from root to tip. */
  colour: Uint8Array;
  /** (N): diameters of the roots. */
  width: Uint8Array;
}

/** Views on the bytes of a file. Raises UnknownStrandFormat, in one sentence. */
export function decodeStrands(bytes: ArrayBuffer): StrandFile {
  if (bytes.byteLength < HEADER_BYTES) {
    throw new UnknownStrandFormat("The hair file is too short to be one.");
  }
  const header = new DataView(bytes, 0, HEADER_BYTES);
  checkKind(header);
  const pointsPerStrand = header.getUint16(6, true);
  const count = header.getUint32(8, true);
  const colourKnots = header.getUint16(12, true);
  const [x, y, z, positionStepM, detailStepM, widthStepM, taper] = floats(header, 16, 7);
  checkCounts(count, pointsPerStrand, colourKnots);
  const coordinates = AXES * count * pointsPerStrand;
  const detailAt = HEADER_BYTES + Int16Array.BYTES_PER_ELEMENT * coordinates;
  const colourAt = detailAt + coordinates;
  const widthAt = colourAt + AXES * count * colourKnots;
  if (bytes.byteLength !== widthAt + count) {
    throw new UnknownStrandFormat(
      `The hair file has ${bytes.byteLength} bytes where its header promises ${widthAt + count}.`,
    );
  }
  return {
    count,
    pointsPerStrand,
    colourKnots,
    originM: [x, y, z],
    positionStepM,
    detailStepM,
    widthStepM,
    taper,
    // as every machine is that runs a browser, this file is little-endian
    smooth: new Int16Array(bytes, HEADER_BYTES, coordinates),
    detail: new Int8Array(bytes, detailAt, coordinates),
    colour: new Uint8Array(bytes, colourAt, AXES * count * colourKnots),
    width: new Uint8Array(bytes, widthAt, count),
  };
}

/** At most so many strands, widened to cover what all would; the first ones are an even thinning. */
export function thinned(file: StrandFile, most: number): StrandFile {
  if (file.count <= most) {
    return file;
  }
  const points = AXES * most * file.pointsPerStrand;
  return {
    ...file,
    count: most,
    widthStepM: (file.widthStepM * file.count) / most,
    smooth: file.smooth.subarray(0, points),
    detail: file.detail.subarray(0, points),
    colour: file.colour.subarray(0, AXES * most * file.colourKnots),
    width: file.width.subarray(0, most),
  };
}

function checkKind(header: DataView): void {
  if (header.getUint32(0, true) !== MAGIC) {
    throw new UnknownStrandFormat("This is no hair file of Cameo's.");
  }
  const version = header.getUint16(4, true);
  if (version !== STRAND_VERSION) {
    throw new UnknownStrandFormat(
      `This hair file has version ${version}; this page shows version ${STRAND_VERSION}.`,
    );
  }
}

function checkCounts(count: number, pointsPerStrand: number, colourKnots: number): void {
  if (count > 0 && (pointsPerStrand < 2 || colourKnots < 1)) {
    throw new UnknownStrandFormat("The hair file holds strands without points or colours.");
  }
}

type Seven = [number, number, number, number, number, number, number];

function floats(header: DataView, at: number, count: 7): Seven {
  return Array.from({ length: count }, (_, i) => header.getFloat32(at + 4 * i, true)) as Seven;
}
