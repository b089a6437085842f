// The ARKit expressions as sliders: those of both sides are one slider until they are parted.

export type Weights = Readonly<Record<string, number>>;

export interface ExpressionSlider {
  label: string;
  /** The morph targets that it drives, one or the two sides'. */
  targets: readonly string[];
}

export interface ExpressionGroup {
  title: string;
  sliders: readonly ExpressionSlider[];
}

export interface Pose {
  label: string;
  weights: Weights;
}

/** The few that one reaches for first, above the full groups. */
const FAVOURITES: readonly { label: string; stem: string }[] = [
  { label: "Smile", stem: "mouthSmile" },
  { label: "Open jaw", stem: "jawOpen" },
  { label: "Blink", stem: "eyeBlink" },
  { label: "Raise brows", stem: "browInnerUp" },
  { label: "Pucker", stem: "mouthPucker" },
];

const GROUPS: readonly { title: string; starts: readonly string[] }[] = [
  { title: "Mouth", starts: ["mouth"] },
  { title: "Jaw", starts: ["jaw"] },
  { title: "Eyes", starts: ["eye"] },
  { title: "Brows", starts: ["brow"] },
  { title: "Cheeks, nose, tongue", starts: ["cheek", "nose", "tongue"] },
];

const SIDED = /(Left|Right)$/;
/** Sided by name, but one movement: the mouth and the jaw move to a side as a whole. */
const WHOLE = new Set(["mouthLeft", "mouthRight", "jawLeft", "jawRight"]);

export const POSES: readonly Pose[] = [
  { label: "At rest", weights: {} },
  {
    label: "Smile",
    weights: both({ mouthSmile: 0.75, cheekSquint: 0.45, eyeSquint: 0.25, mouthDimple: 0.2 }),
  },
  {
    label: "Surprise",
    weights: { jawOpen: 0.4, browInnerUp: 0.8, ...both({ browOuterUp: 0.7, eyeWide: 0.7 }) },
  },
  { label: "Eyes closed", weights: both({ eyeBlink: 1 }) },
  {
    label: "Frown",
    weights: both({ browDown: 0.9, mouthFrown: 0.55, eyeSquint: 0.35, mouthPress: 0.3 }),
  },
  { label: "Kiss", weights: { mouthPucker: 0.9, mouthFunnel: 0.15 } },
];

/** Sliders for the favourites that a head has. */
export function favouriteSliders(names: readonly string[]): readonly ExpressionSlider[] {
  return FAVOURITES.map(({ label, stem }) => ({
    label,
    targets: names.filter((name) => stemOf(name) === stem),
  })).filter((slider) => slider.targets.length > 0);
}

/** Groups of sliders for the expressions that a head has, in a fixed order. */
export function groupExpressions(
  names: readonly string[],
  sidesApart: boolean,
): readonly ExpressionGroup[] {
  return GROUPS.map(({ title, starts }) => {
    const prefix = starts.length === 1 ? (starts[0] ?? "") : "";
    const sliders = new Map<string, string[]>();
    for (const name of names.filter((name) => starts.some((start) => name.startsWith(start)))) {
      const stem = sidesApart ? name : stemOf(name);
      sliders.set(stem, [...(sliders.get(stem) ?? []), name]);
    }
    const entries = [...sliders].map(([stem, targets]) => ({
      label: labelOf(stem.slice(prefix.length)),
      targets,
    }));
    return { title, sliders: entries };
  }).filter((group) => group.sliders.length > 0);
}

/** `SmileLeft` to "Smile left". */
export function labelOf(name: string): string {
  const words = name.replace(/(?<!^)([A-Z])/g, " $1").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The weight that a slider shows: that of its stronger side. */
export function weightOf(slider: ExpressionSlider, weights: Weights): number {
  return Math.max(...slider.targets.map((name) => weights[name] ?? 0));
}

/** Whether both say the same of every expression; what is not named is 0. */
export function sameWeights(one: Weights, other: Weights): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].every((name) => (one[name] ?? 0) === (other[name] ?? 0));
}

function stemOf(name: string): string {
  return WHOLE.has(name) ? name : name.replace(SIDED, "");
}

function both(weights: Weights): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([stem, weight]) => [
      [`${stem}Left`, weight],
      [`${stem}Right`, weight],
    ]),
  );
}
