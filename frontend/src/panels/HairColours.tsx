import { useId } from "react";
import { SWATCHES } from "../hair";

const FIRST_CUSTOM = "#7a4a2b";

interface HairColoursProps {
  /** A name or #rrggbb; null is the hair's own. */
  colour: string | null;
  onChoose: (colour: string | null) => void;
}

/** The hair's own colour, named ones from black to dyes, or any other. */
export function HairColours({ colour, onChoose }: HairColoursProps) {
  const group = useId();
  const custom = colour?.startsWith("#") === true ? colour : null;
  return (
    <fieldset className="panel-part choice">
      <legend>Colour</legend>
      <div className="swatches hair-swatches">
        <label className="swatch swatch-own" title="As it is">
          <input
            type="radio"
            name={group}
            aria-label="As it is"
            checked={colour === null}
            onChange={() => onChoose(null)}
          />
        </label>
        {SWATCHES.map(({ name, label, css }) => (
          <label key={name} className="swatch" title={label} style={{ background: css }}>
            <input
              type="radio"
              name={group}
              aria-label={label}
              checked={colour === name}
              onChange={() => onChoose(name)}
            />
          </label>
        ))}
        <label
          className={custom === null ? "swatch swatch-any" : "swatch swatch-any swatch-chosen"}
          title="Any colour"
          style={custom === null ? undefined : { background: custom }}
        >
          <input
            type="color"
            aria-label="Any colour"
            value={custom ?? FIRST_CUSTOM}
            onChange={(event) => onChoose(event.target.value)}
          />
        </label>
      </div>
    </fieldset>
  );
}
