interface FilterChipsProps {
  label: string;
  values: readonly string[];
  /** null lets everything through. */
  chosen: string | null;
  onChoose: (value: string | null) => void;
}

/** One of some values, or none of them; nothing where there is nothing to tell apart. */
export function FilterChips({ label, values, chosen, onChoose }: FilterChipsProps) {
  if (values.length < 2) {
    return null;
  }
  return (
    <fieldset className="filter">
      <legend className="visually-hidden">{label}</legend>
      {values.map((value) => (
        <button
          key={value}
          type="button"
          className="chip small"
          aria-pressed={chosen === value}
          onClick={() => onChoose(chosen === value ? null : value)}
        >
          {value.charAt(0).toUpperCase() + value.slice(1)}
        </button>
      ))}
    </fieldset>
  );
}
