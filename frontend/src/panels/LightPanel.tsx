import { BACKGROUNDS, type Background, LIGHTS } from "../looks";
import type { LightName } from "../scene/lightPresets";

interface LightPanelProps {
  light: LightName;
  /** Whether the photo's own light is known. */
  photoLight: boolean;
  background: Background;
  onLight: (light: LightName) => void;
  onBackground: (background: Background) => void;
}

export function LightPanel(props: LightPanelProps) {
  const { light, photoLight, background, onLight, onBackground } = props;
  const lights = LIGHTS.filter(({ name }) => name !== "photo" || photoLight);
  return (
    <>
      <fieldset className="panel-part choice">
        <legend>Light</legend>
        {lights.map(({ name, label, note }) => (
          <label key={name} className="choice-line">
            <input
              type="radio"
              name="light"
              value={name}
              checked={light === name}
              onChange={() => onLight(name)}
            />
            <span className={`light-sign light-${name}`} aria-hidden="true" />
            <span>
              <span>{label}</span>
              <span className="fine">{note}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset className="panel-part choice">
        <legend>Background</legend>
        <div className="swatches">
          {BACKGROUNDS.map((name) => (
            <label key={name} className={`swatch background-${name}`} title={name}>
              <input
                type="radio"
                name="background"
                value={name}
                aria-label={name}
                checked={background === name}
                onChange={() => onBackground(name)}
              />
            </label>
          ))}
        </div>
      </fieldset>
    </>
  );
}
