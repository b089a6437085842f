import { EDIT_RANGES, NO_HAIR, UNEDITED } from "../hair";
import type { HairState } from "../useHair";
import { useHairstyles } from "../useHairstyles";
import { HairColours } from "./HairColours";
import { HairGallery } from "./HairGallery";
import { Slider } from "./Slider";

interface HairPanelProps {
  state: HairState;
  /** Whether the photo's own hair is known. */
  fromPhoto: boolean;
}

/** Styles to try on, colours, and sliders; all of it shows at once. */
export function HairPanel({ state, fromPhoto }: HairPanelProps) {
  const { hair, awaited, problem, setHair } = state;
  const { styles, problem: stylesProblem } = useHairstyles();
  const bald = hair.style === NO_HAIR;
  const shownProblem = problem ?? stylesProblem;
  return (
    <>
      {shownProblem !== null && (
        <p className="problem" role="alert">
          {shownProblem}
        </p>
      )}
      <HairGallery
        styles={styles}
        fromPhoto={fromPhoto}
        chosen={hair.style}
        awaited={awaited}
        onChoose={(style) => setHair({ ...hair, style })}
      />
      {!bald && (
        <>
          <HairColours colour={hair.colour} onChoose={(colour) => setHair({ ...hair, colour })} />
          <section className="panel-part">
            <div className="part-head">
              <h2>Cut</h2>
              <button
                type="button"
                className="link"
                disabled={EDIT_RANGES.every(({ key }) => hair.edit[key] === UNEDITED[key])}
                onClick={() => setHair({ ...hair, edit: UNEDITED })}
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
                value={hair.edit[key]}
                onChange={(value) => setHair({ ...hair, edit: { ...hair.edit, [key]: value } })}
              />
            ))}
          </section>
        </>
      )}
    </>
  );
}
