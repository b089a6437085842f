// How many strands a picture gets: few and wide ones far away, and on slow machines.

export interface Detail {
  strands: number;
  /** Between the rows of a ribbon, in points of the strand: 1/2 rounds. */
  rowStep: number;
  /** Of the strands' own width: fewer have to cover as much. */
  widthScale: number;
}

/** What there is to be drawn. */
interface Supply {
  strands: number;
  pointsPerStrand: number;
}

/** Ribbons are at least so wide: some of the four samples of a pixel see them. */
export const THINNEST_PX = 0.3;
/** Strands that are thinner than this at the root are drawn as fewer, wider ones. */
const ENOUGH_PX = 0.9;
const LEAST_FAR_SHARE = 0.2;
const LEAST_STRANDS = 900;
/** A file has more where curls or braids need them, and so many that they look round. */
const ROUND_POINTS = 96;
/** In motion strands are rounded if that makes no more rows than this. */
const MOST_ROWS = 500_000;

/** Share of the strands that a picture needs in which one is so wide, pixels. */
export function shareAt(widthPx: number): number {
  return Math.min(1, Math.max(LEAST_FAR_SHARE, widthPx / ENOUGH_PX));
}

/** `share` of the strands, as ribbons that cover what all would; `fine` ones bend without corners. */
export function detailOf(supply: Supply, share: number, fine: boolean): Detail {
  const { strands, pointsPerStrand } = supply;
  const shown = Math.min(strands, Math.max(LEAST_STRANDS, Math.round(share * strands)));
  const rounded = fine || (shown === strands && 2 * shown * pointsPerStrand <= MOST_ROWS);
  return {
    strands: shown,
    rowStep: rounded && pointsPerStrand <= ROUND_POINTS ? 0.5 : 1,
    widthScale: strands / Math.max(shown, 1),
  };
}

const SLOW_FRAME_MS = 30;
const FAST_FRAME_MS = 19;
const STEP_DOWN = 0.75;
const STEP_UP = 1.15;
const FRAMES_BETWEEN_STEPS = 12;
/** Longer pauses are no frames of one motion. */
const LONGEST_FRAME_MS = 1000;
const LEAST_SHARE = 0.05;

/** Finds the share of strands at which motion is smooth, from the time between pictures. */
export class DetailGovernor {
  #share = 1;
  #sumMs = 0;
  #frames = 0;
  #ceiling = 1;
  #slowMs = SLOW_FRAME_MS;

  get share(): number {
    return this.#share;
  }

  /**
   * Begins from a measurement: `share` of the hair costs so much, of what it may cost, in a picture
   * that takes `bareMs` without hair.
   */
  begin(costMs: number, share: number, budgetMs: number, bareMs: number): void {
    this.#slowMs = Math.max(SLOW_FRAME_MS, bareMs + 2 * budgetMs);
    const affordable = costMs <= 0 ? 1 : (share * budgetMs) / costMs;
    this.setShare(Math.min(1, affordable));
    this.#ceiling = 1;
  }

  setShare(share: number): void {
    this.#share = Math.max(LEAST_SHARE, share);
    this.#sumMs = this.#frames = 0;
  }

  /** Tells how long a picture took that followed another at once; true when the share changed. */
  note(frameMs: number): boolean {
    if (frameMs > LONGEST_FRAME_MS) {
      return false;
    }
    this.#sumMs += frameMs;
    this.#frames += 1;
    if (this.#frames < FRAMES_BETWEEN_STEPS) {
      return false;
    }
    const meanMs = this.#sumMs / this.#frames;
    this.#sumMs = this.#frames = 0;
    return this.#step(meanMs);
  }

  #step(meanMs: number): boolean {
    const before = this.#share;
    if (meanMs > this.#slowMs) {
      this.#ceiling = before; // what has been too much is not tried again
      this.#share = Math.max(LEAST_SHARE, STEP_DOWN * before);
    } else if (meanMs < FAST_FRAME_MS) {
      const most = this.#ceiling < 1 ? STEP_DOWN * this.#ceiling : 1;
      this.#share = Math.max(before, Math.min(most, STEP_UP * before));
    }
    return this.#share !== before;
  }
}
