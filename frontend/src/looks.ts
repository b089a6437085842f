// What can be chosen of the picture's surroundings.

import type { LightName } from "./scene/lightPresets";
import type { ViewName } from "./scene/OrbitRig";

export const LIGHTS: readonly { name: LightName; label: string; note: string }[] = [
  {
    name: "studio",
    label: "Studio",
    note: "A softbox at the upper left, a soft fill, rims behind.",
  },
  { name: "window", label: "Window", note: "Daylight from a large window to the left." },
  { name: "side", label: "Side", note: "One hard lamp, and a cool edge from behind." },
  { name: "photo", label: "As in the photo", note: "The light that Cameo found in the photo." },
];

export const BACKGROUNDS = ["jasper", "ivory", "grey", "night", "clay"] as const;
export type Background = (typeof BACKGROUNDS)[number];

/** From where the head is seen: a side, or where the photo's camera stood. */
export type StageView = ViewName | "photo";

/** In the order in which one walks around the head. */
export const VIEWS: readonly { view: ViewName; label: string; name: string }[] = [
  { view: "right", label: "Right", name: "From the right" },
  { view: "threeQuarter", label: "¾", name: "Three-quarter view" },
  { view: "front", label: "Front", name: "From the front" },
  { view: "left", label: "Left", name: "From the left" },
  { view: "back", label: "Back", name: "From behind" },
];
