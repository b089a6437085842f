import { type CSSProperties, type ReactNode, useId } from "react";

interface SliderProps {
  label: string;
  /** Shown before the label. */
  sign?: ReactNode;
  /** 0 to 1. */
  value: number;
  onChange: (value: number) => void;
}

/** A share from 0 to 100 with its name; a double click sets it back to 0. */
export function Slider({ label, sign, value, onChange }: SliderProps) {
  const id = useId();
  return (
    <div className="slider">
      <label htmlFor={id}>
        {sign}
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={value}
        style={{ "--fill": `${100 * value}%` } as CSSProperties}
        onChange={(event) => onChange(event.target.valueAsNumber)}
        onDoubleClick={() => onChange(0)}
      />
      <output htmlFor={id}>{Math.round(100 * value)}</output>
    </div>
  );
}
