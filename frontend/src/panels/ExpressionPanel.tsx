import { useId, useState } from "react";
import {
  type ExpressionSlider,
  favouriteSliders,
  groupExpressions,
  POSES,
  sameWeights,
  type Weights,
  weightOf,
} from "../expressions";

interface ExpressionPanelProps {
  /** Of the head that is shown. */
  names: readonly string[];
  weights: Weights;
  /** The face that the photo shows; null until it is known. */
  photoWeights: Weights | null;
  onChange: (targets: readonly string[], weight: number) => void;
  onPose: (weights: Weights) => void;
}

export function ExpressionPanel(props: ExpressionPanelProps) {
  const { names, weights, photoWeights, onChange, onPose } = props;
  const [sidesApart, setSidesApart] = useState(false);
  const photoPose =
    photoWeights === null ? [] : [{ label: "As in the photo", weights: photoWeights }];
  const sliders = (list: readonly ExpressionSlider[]) =>
    list.map((slider) => (
      <Slider key={slider.label} slider={slider} weights={weights} onChange={onChange} />
    ));
  return (
    <div className="panel-part">
      <h2>Expression</h2>
      <div className="poses">
        {[...POSES, ...photoPose].map((pose) => (
          <button
            key={pose.label}
            type="button"
            className="chip"
            aria-pressed={sameWeights(weights, pose.weights)}
            onClick={() => onPose(pose.weights)}
          >
            {pose.label}
          </button>
        ))}
      </div>
      {sliders(favouriteSliders(names))}
      <details className="all-sliders">
        <summary>Every muscle</summary>
        <label className="check">
          <input
            type="checkbox"
            checked={sidesApart}
            onChange={(event) => setSidesApart(event.target.checked)}
          />
          Move left and right apart
        </label>
        {groupExpressions(names, sidesApart).map((group) => (
          <details key={group.title} className="group">
            <summary>{group.title}</summary>
            {sliders(group.sliders)}
          </details>
        ))}
      </details>
    </div>
  );
}

interface SliderProps {
  slider: ExpressionSlider;
  weights: Weights;
  onChange: (targets: readonly string[], weight: number) => void;
}

function Slider({ slider, weights, onChange }: SliderProps) {
  const id = useId();
  const weight = weightOf(slider, weights);
  return (
    <div className="slider">
      <label htmlFor={id}>{slider.label}</label>
      <input
        id={id}
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={weight}
        onChange={(event) => onChange(slider.targets, event.target.valueAsNumber)}
      />
      <output htmlFor={id}>{Math.round(100 * weight)}</output>
    </div>
  );
}
