import { type CSSProperties, type ReactNode, useId } from "react";

interface SliderProps {
  label: string;
  /** Shown before the label. */
  sign?: ReactNode;
  value: number;
  low?: number;
  high?: number;
  /** What a double click sets it back to. */
  rest?: number;
  onChange: (value: number) => void;
}

/** A share or a factor, in per cent, with its name; a double click sets it back. */
export function Slider(props: SliderProps) {
  const { label, sign, value, low = 0, high = 1, rest = 0, onChange } = props;
  const id = useId();
  const fill = (100 * (value - low)) / (high - low);
  return (
    <div className="slider">
      <label htmlFor={id}>
        {sign}
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={low}
        max={high}
        step={0.01}
        value={value}
        aria-valuetext={`${Math.round(100 * value)} %`}
        style={{ "--fill": `${fill}%` } as CSSProperties}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        onDoubleClick={() => onChange(rest)}
      />
      <output htmlFor={id}>{Math.round(100 * value)}</output>
    </div>
  );
}
