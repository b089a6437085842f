import { EDIT_RANGES, type HairEdit, UNEDITED } from "../hair";
import { Slider } from "./Slider";

interface HairCutProps {
  edit: HairEdit;
  onChange: (edit: HairEdit) => void;
}

/** Length, curl, thickness and density, as factors. */
export function HairCut({ edit, onChange }: HairCutProps) {
  return (
    <section className="panel-part">
      <div className="part-head">
        <h2>Cut</h2>
        <button
          type="button"
          className="link"
          aria-label="Reset the cut"
          disabled={EDIT_RANGES.every(({ key }) => edit[key] === UNEDITED[key])}
          onClick={() => onChange(UNEDITED)}
        >
          Reset
        </button>
      </div>
      {EDIT_RANGES.map(({ key, label, low, high }) => (
        <Slider
          key={key}
          label={label}
          low={low}
          high={high}
          rest={1}
          value={edit[key]}
          onChange={(value) => onChange({ ...edit, [key]: value })}
        />
      ))}
    </section>
  );
}
