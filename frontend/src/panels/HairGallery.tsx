import { useId, useMemo, useRef, useState } from "react";
import type { Hairstyle } from "../api/hair";
import { NO_HAIR, PHOTO_STYLE } from "../hair";
import { FilterChips } from "./FilterChips";
import { StyleTile } from "./StyleTile";

/** A pointer that only passes over a style does not ask for it. */
const HOVER_MS = 120;
/** Fewer can be overlooked without a search. */
const SEARCH_FROM = 12;

interface HairGalleryProps {
  styles: readonly Hairstyle[];
  /** A picture of the photo's own hair; null where it is not known. */
  photoPicture: string | null;
  chosen: string;
  /** The style that is being fetched. */
  awaited: string | null;
  onChoose: (style: string) => void;
  /** A style may be chosen next. */
  onApproach: (style: string) => void;
}

/** Styles to try on, as pictures of which one is chosen. */
export function HairGallery(props: HairGalleryProps) {
  const { styles, photoPicture, chosen, awaited, onChoose, onApproach } = props;
  const group = useId();
  const timer = useRef(0);
  const [length, setLength] = useState<string | null>(null);
  const [texture, setTexture] = useState<string | null>(null);
  const [words, setWords] = useState("");
  const lengths = useMemo(() => [...new Set(styles.map((style) => style.length))], [styles]);
  const textures = useMemo(() => [...new Set(styles.map((style) => style.texture))], [styles]);
  const shown = styles.filter(
    (style) =>
      (length === null || style.length === length) &&
      (texture === null || style.texture === texture) &&
      isNamedBy(style, words),
  );
  const approach = (style: string | null) => {
    window.clearTimeout(timer.current);
    if (style !== null && style !== chosen) {
      timer.current = window.setTimeout(() => onApproach(style), HOVER_MS);
    }
  };
  const tile = (name: string, title: string, picture: string | null) => (
    <StyleTile
      key={name}
      group={group}
      name={name}
      title={title}
      picture={picture}
      chosen={chosen === name}
      awaited={awaited === name}
      onChoose={onChoose}
      onApproach={approach}
    />
  );
  const all = () => {
    setLength(null);
    setTexture(null);
    setWords("");
  };
  return (
    <fieldset className="panel-part choice">
      <legend>Style</legend>
      {styles.length >= SEARCH_FROM && (
        <input
          type="search"
          className="search"
          aria-label="Search hairstyles"
          placeholder={`Search ${styles.length} styles`}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      )}
      <FilterChips label="Length" values={lengths} chosen={length} onChoose={setLength} />
      <FilterChips label="Texture" values={textures} chosen={texture} onChoose={setTexture} />
      <div className="style-grid">
        {photoPicture !== null && tile(PHOTO_STYLE, "From the photo", photoPicture)}
        {tile(NO_HAIR, "None", null)}
        {shown.map(({ name, title, thumbnail }) => tile(name, title, thumbnail))}
      </div>
      {shown.length === 0 && styles.length > 0 && (
        <p className="fine">
          No style fits.{" "}
          <button type="button" className="link" onClick={all}>
            Show all
          </button>
        </p>
      )}
      <p className="visually-hidden" role="status">
        {awaited !== null && awaited !== NO_HAIR
          ? "Combing the hair…"
          : `${shown.length} of ${styles.length} styles`}
      </p>
    </fieldset>
  );
}

/** Whether each of the words begins one of the style's. */
function isNamedBy(style: Hairstyle, words: string): boolean {
  const { title, length, texture, fringe, categories = [] } = style;
  const fringeName = fringe === "none" ? "" : `${fringe} fringe bangs`;
  const own = [title, length, texture, fringeName, ...categories]
    .join(" ")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  const wanted = words.toLowerCase().split(/[^a-z0-9]+/);
  return wanted.every((word) => own.some((name) => name.startsWith(word)));
}
