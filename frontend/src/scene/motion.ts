import type { Weights } from "../expressions";

/** What a motion wants of the face at a moment, over what the visitor's sliders say. */
export interface FacePose {
  /** By morph target; added, or joined where both close the same eye. */
  weights: Weights;
  /** Axis-angle of the neck, radians. */
  neckRad: readonly [number, number, number];
}

export const STILL: FacePose = { weights: {}, neckRad: [0, 0, 0] };

/** The weights of all layers together: each in [0, 1], lips that close only an open jaw. */
export function composeWeights(...layers: readonly Weights[]): Weights {
  const sum: Record<string, number> = {};
  for (const layer of layers) {
    for (const [name, weight] of Object.entries(layer)) {
      const before = sum[name] ?? 0;
      const added = name.startsWith("eyeBlink") ? weight * (1 - before) : weight;
      sum[name] = Math.min(1, Math.max(0, before + added));
    }
  }
  if (sum.mouthClose !== undefined) {
    // ARKit's mouthClose brings the lips of an open jaw together; on a closed one they would cross
    sum.mouthClose = Math.min(sum.mouthClose, sum.jawOpen ?? 0);
  }
  return sum;
}

/** 0 to 1, without a jerk at either end. */
export function eased(share: number): number {
  const x = Math.min(1, Math.max(0, share));
  return x * x * (3 - 2 * x);
}
