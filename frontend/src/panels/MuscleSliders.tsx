import { useState } from "react";
import { groupExpressions, searchExpressions, type Weights, weightOf } from "../expressions";
import { Slider } from "./Slider";

interface MuscleSlidersProps {
  /** Morph targets of the head that is shown. */
  names: readonly string[];
  weights: Weights;
  onChange: (targets: readonly string[], weight: number) => void;
  onReset: () => void;
}

/** Every ARKit expression by region of the face. */
export function MuscleSliders({ names, weights, onChange, onReset }: MuscleSlidersProps) {
  const [sidesApart, setSidesApart] = useState(false);
  const [search, setSearch] = useState("");
  const searching = search.trim() !== "";
  const all = groupExpressions(names, sidesApart);
  const groups = searchExpressions(all, search);
  const moved = Object.values(weights).some((weight) => weight > 0);
  if (all.length === 0) {
    return null;
  }
  return (
    <section className="panel-part">
      <div className="part-head">
        <h2>Muscles</h2>
        <button type="button" className="link" disabled={!moved} onClick={onReset}>
          Reset
        </button>
      </div>
      <input
        className="search"
        type="search"
        placeholder="Find a movement"
        aria-label="Find a movement"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={sidesApart}
          onChange={(event) => setSidesApart(event.target.checked)}
        />
        Left and right apart
      </label>
      {groups.map((group) => (
        <details key={`${group.title} ${searching}`} className="group" open={searching}>
          <summary>
            <span>{group.title}</span>
            <span className="fine">{group.sliders.length}</span>
          </summary>
          {group.sliders.map((slider) => (
            <Slider
              key={slider.targets.join()}
              label={slider.label}
              value={weightOf(slider, weights)}
              onChange={(weight) => onChange(slider.targets, weight)}
            />
          ))}
        </details>
      ))}
      {groups.length === 0 && <p className="fine">No movement is called that.</p>}
    </section>
  );
}
