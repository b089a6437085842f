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

const GROUPS: readonly { title: string; start: string }[] = [
  { title: "Brows", start: "brow" },
  { title: "Eyes", start: "eye" },
  { title: "Mouth", start: "mouth" },
  { title: "Jaw", start: "jaw" },
  { title: "Cheeks", start: "cheek" },
  { title: "Nose", start: "nose" },
  { title: "Tongue", start: "tongue" },
];

const SIDED = /(Left|Right)$/;
/** Sided by name, but one movement: the mouth and the jaw move to a side as a whole. */
const WHOLE = new Set(["mouthLeft", "mouthRight", "jawLeft", "jawRight"]);

/** Groups of sliders for the expressions that a head has, in a fixed order. */
export function groupExpressions(
  names: readonly string[],
  sidesApart: boolean,
): readonly ExpressionGroup[] {
  return GROUPS.map(({ title, start }) => {
    const sliders = new Map<string, string[]>();
    for (const name of names.filter((name) => name.startsWith(start))) {
      const stem = sidesApart ? name : stemOf(name);
      sliders.set(stem, [...(sliders.get(stem) ?? []), name]);
    }
    const entries = [...sliders].map(([stem, targets]) => ({
      label: labelOf(stem.slice(start.length)),
      targets,
    }));
    return { title, sliders: entries };
  }).filter((group) => group.sliders.length > 0);
}

/** Of each group the sliders that hold all words of a search, in their own or the group's name. */
export function searchExpressions(
  groups: readonly ExpressionGroup[],
  search: string,
): readonly ExpressionGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return groups
    .map((group) => ({
      ...group,
      sliders: group.sliders.filter((slider) => {
        const text = `${group.title} ${slider.label} ${slider.targets.join(" ")}`.toLowerCase();
        return words.every((word) => text.includes(word));
      }),
    }))
    .filter((group) => group.sliders.length > 0);
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

/** The same weights on both sides, by names without their side. */
export function both(weights: Weights): Record<string, number> {
  return Object.fromEntries(
    Object.entries(weights).flatMap(([stem, weight]) => [
      [`${stem}Left`, weight],
      [`${stem}Right`, weight],
    ]),
  );
}
