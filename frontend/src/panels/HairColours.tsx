import { type CSSProperties, useId } from "react";
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
      <legend>
        Colour <span className="colour-name">{nameOf(colour)}</span>
      </legend>
      <div className="swatches hair-swatches">
        <label className="swatch swatch-own" title="Its own">
          <input
            type="radio"
            name={group}
            aria-label="Its own"
            checked={colour === null}
            onChange={() => onChoose(null)}
          />
        </label>
        {SWATCHES.map(({ name, label, css }) => (
          <label
            key={name}
            className="swatch swatch-hair"
            title={label}
            style={{ "--tone": css } as CSSProperties}
          >
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
          className={
            custom === null ? "swatch swatch-any" : "swatch swatch-any swatch-hair swatch-chosen"
          }
          title="Any colour"
          style={custom === null ? undefined : ({ "--tone": custom } as CSSProperties)}
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

function nameOf(colour: string | null): string {
  if (colour === null) {
    return "Its own";
  }
  return SWATCHES.find(({ name }) => name === colour)?.label ?? colour;
}
