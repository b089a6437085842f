/** What the pipeline's stages mean to somebody who waits for them. */
const TITLES: Readonly<Record<string, string>> = {
  portrait: "Reading the photo",
  landmarks: "Finding the face",
  parsing: "Telling skin from hair",
  head_fit: "Shaping the head",
  texture: "Painting the skin",
  hair: "Combing the hair",
  alignment: "Setting the hair",
  expression: "Learning to smile",
  preview: "Taking its picture",
  archive: "Packing the files",
};

export function stageTitle(name: string): string {
  const plain = name.replaceAll("_", " ");
  return TITLES[name] ?? plain.charAt(0).toUpperCase() + plain.slice(1);
}

/** `34 ms`, `1.2 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 995
    ? `${Math.round(milliseconds)} ms`
    : `${(milliseconds / 1000).toFixed(1)} s`;
}
