import { NO_HAIR } from "../hair";
import type { HairState } from "../useHair";
import { useHairstyles } from "../useHairstyles";
import { HairColours } from "./HairColours";
import { HairCut } from "./HairCut";
import { HairGallery } from "./HairGallery";

interface HairPanelProps {
  state: HairState;
  /** A picture of the photo's own hair; null where it is not known. */
  photoPicture: string | null;
  /** Why the avatar has no hair of the photo's; null where it has. */
  note: string | null;
}

/** Styles to try on, colours, and sliders; all of it shows at once. */
export function HairPanel({ state, photoPicture, note }: HairPanelProps) {
  const { hair, awaited, problem, setHair, prefetch } = state;
  const { styles, problem: stylesProblem } = useHairstyles();
  const shownProblem = problem ?? stylesProblem;
  return (
    <>
      {shownProblem !== null && (
        <p className="problem" role="alert">
          {shownProblem}
        </p>
      )}
      {note !== null && (
        <p className="hair-note" role="note">
          {note}
          {styles !== null && styles.length > 0 && " Here are some to try on."}
        </p>
      )}
      {styles !== null && styles.length === 0 && (
        <p className="fine">
          No hairstyles are installed with this server, so there are none to try on.
        </p>
      )}
      <HairGallery
        styles={styles ?? []}
        photoPicture={photoPicture}
        chosen={hair.style}
        awaited={awaited}
        onChoose={(style) => setHair({ ...hair, style })}
        onApproach={prefetch}
      />
      {hair.style !== NO_HAIR && (
        <>
          <HairColours colour={hair.colour} onChoose={(colour) => setHair({ ...hair, colour })} />
          <HairCut edit={hair.edit} onChange={(edit) => setHair({ ...hair, edit })} />
        </>
      )}
    </>
  );
}
