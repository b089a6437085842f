import type { CSSProperties } from "react";

export type CompareMode = "wipe" | "fade";

export interface Comparison {
  mode: CompareMode;
  /** Of the head, 0 to 1: of the picture's width, or of its opacity. */
  headShare: number;
}

/** How the canvas is shown over the photo. */
export function canvasStyle({ mode, headShare }: Comparison): CSSProperties {
  return mode === "fade"
    ? { opacity: headShare }
    : { clipPath: `inset(0 0 0 ${(100 * (1 - headShare)).toFixed(2)}%)` };
}

interface ComparePhotoProps {
  comparison: Comparison;
  onChange: (comparison: Comparison) => void;
}

/** The slider between photo and head, and whether it wipes or fades. */
export function ComparePhoto({ comparison, onChange }: ComparePhotoProps) {
  const { mode, headShare } = comparison;
  return (
    <>
      {mode === "wipe" && headShare > 0 && headShare < 1 && (
        <div
          className="wipe-edge"
          style={{ left: `${100 * (1 - headShare)}%` }}
          aria-hidden="true"
        />
      )}
      <div className="compare">
        <span aria-hidden="true">Photo</span>
        <input
          type="range"
          aria-label={mode === "wipe" ? "Edge between photo and head" : "Opacity of the head"}
          min={0}
          max={1}
          step={0.01}
          value={mode === "wipe" ? 1 - headShare : headShare}
          onChange={(event) => {
            const value = event.target.valueAsNumber;
            onChange({ mode, headShare: mode === "wipe" ? 1 - value : value });
          }}
        />
        <span aria-hidden="true">Head</span>
        <button
          type="button"
          className="chip"
          aria-pressed={mode === "fade"}
          onClick={() => onChange({ mode: mode === "fade" ? "wipe" : "fade", headShare })}
        >
          Fade
        </button>
      </div>
    </>
  );
}
