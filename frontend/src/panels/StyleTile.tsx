interface StyleTileProps {
  /** Name of the radio group. */
  group: string;
  name: string;
  title: string;
  /** null: a sign for no hair. */
  picture: string | null;
  chosen: boolean;
  /** Its strands are on their way. */
  awaited: boolean;
  onChoose: (style: string) => void;
  /** The pointer or the focus is on it; null when it leaves. */
  onApproach: (style: string | null) => void;
}

/** One style of the gallery: a radio button with a picture. */
export function StyleTile(props: StyleTileProps) {
  const { group, name, title, picture, chosen, awaited, onChoose, onApproach } = props;
  return (
    <label
      className="style-tile"
      title={title}
      onPointerEnter={() => onApproach(name)}
      onPointerLeave={() => onApproach(null)}
    >
      <input
        type="radio"
        name={group}
        value={name}
        checked={chosen}
        onChange={() => onChoose(name)}
        onFocus={() => onApproach(name)}
      />
      {picture === null ? (
        <span className="style-none" aria-hidden="true" />
      ) : (
        <img src={picture} alt="" loading="lazy" decoding="async" width={96} height={96} />
      )}
      <span className="style-title">{title}</span>
      {awaited && <span className="spinner" aria-hidden="true" />}
    </label>
  );
}
