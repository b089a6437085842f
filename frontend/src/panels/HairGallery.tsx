import { useId, useMemo, useState } from "react";
import type { Hairstyle } from "../api/hair";
import { NO_HAIR, PHOTO_STYLE } from "../hair";
import { FilterChips } from "./FilterChips";

interface HairGalleryProps {
  styles: readonly Hairstyle[];
  /** Whether the photo's own hair is known. */
  fromPhoto: boolean;
  chosen: string;
  /** The style that is being fetched. */
  awaited: string | null;
  onChoose: (style: string) => void;
}

/** Styles to try on, as pictures of which one is chosen. */
export function HairGallery(props: HairGalleryProps) {
  const { styles, fromPhoto, chosen, awaited, onChoose } = props;
  const group = useId();
  const [length, setLength] = useState<string | null>(null);
  const [texture, setTexture] = useState<string | null>(null);
  const lengths = useMemo(() => [...new Set(styles.map((style) => style.length))], [styles]);
  const textures = useMemo(() => [...new Set(styles.map((style) => style.texture))], [styles]);
  const shown = styles.filter(
    (style) =>
      (length === null || style.length === length) &&
      (texture === null || style.texture === texture),
  );
  const tile = (name: string, title: string, picture: string | null) => (
    <label key={name} className="style-tile" title={title}>
      <input
        type="radio"
        name={group}
        value={name}
        checked={chosen === name}
        onChange={() => onChoose(name)}
      />
      {picture === null ? (
        <span className={`style-sign style-${name}`} aria-hidden="true" />
      ) : (
        <img src={picture} alt="" loading="lazy" decoding="async" width={96} height={96} />
      )}
      <span className="style-title">{title}</span>
      {awaited === name && <span className="spinner" aria-hidden="true" />}
    </label>
  );
  return (
    <fieldset className="panel-part choice">
      <legend>Style</legend>
      <FilterChips label="Length" values={lengths} chosen={length} onChoose={setLength} />
      <FilterChips label="Texture" values={textures} chosen={texture} onChoose={setTexture} />
      <div className="style-grid">
        {fromPhoto && tile(PHOTO_STYLE, "From the photo", null)}
        {tile(NO_HAIR, "None", null)}
        {shown.map(({ name, title, thumbnail }) => tile(name, title, thumbnail))}
      </div>
      <p className="visually-hidden" role="status">
        {awaited !== null && awaited !== NO_HAIR
          ? "Combing the hair…"
          : `${shown.length} of ${styles.length} styles`}
      </p>
    </fieldset>
  );
}
