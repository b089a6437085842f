import type { TextureSize } from "../api/gateway";

export const USUAL_TEXTURE_SIZE: TextureSize = "2048";

const SIZES: readonly { size: TextureSize; label: string; note: string }[] = [
  { size: "1024", label: "Light", note: "1024 px, small files" },
  { size: "2048", label: "Usual", note: "2048 px" },
  { size: "4096", label: "Fine", note: "4096 px, for large photos; takes longer" },
];

interface TextureSizeChoiceProps {
  chosen: TextureSize;
  onChoose: (size: TextureSize) => void;
}

/** How fine the maps of the skin become. */
export function TextureSizeChoice({ chosen, onChoose }: TextureSizeChoiceProps) {
  const note = SIZES.find(({ size }) => size === chosen)?.note;
  return (
    <fieldset className="texture-size">
      <legend>Skin detail</legend>
      <div className="segments">
        {SIZES.map(({ size, label }) => (
          <label key={size} className="segment">
            <input
              type="radio"
              name="texture-size"
              value={size}
              checked={chosen === size}
              onChange={() => onChoose(size)}
            />
            {label}
          </label>
        ))}
      </div>
      <span className="fine">{note}</span>
    </fieldset>
  );
}
