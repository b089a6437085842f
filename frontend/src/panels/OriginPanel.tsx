import type { AvatarParameters } from "../api/gateway";
import type { Provenance } from "../useProvenance";
import { Slider } from "./Slider";
import { Switch } from "./Switch";

const KINDS = [
  { key: "seen", label: "Seen", note: "Its colour is in the photo." },
  { key: "mirrored", label: "Mirrored", note: "Taken over from the other side of the face." },
  { key: "invented", label: "Invented", note: "Completed from what heads look like; hatched." },
] as const;

interface OriginPanelProps {
  /** null until they are loaded. */
  shares: AvatarParameters["provenance"] | null;
  provenance: Provenance;
}

/** How much of the skin was in the photo, and where on the head. */
export function OriginPanel({ shares, provenance }: OriginPanelProps) {
  const { shown, share, problem, show, setShare } = provenance;
  return (
    <section className="panel-part">
      <h2>What the photo showed</h2>
      <p className="fine">
        No photo shows a whole head. Each point of the skin is one of three kinds.
      </p>
      {shares !== null && (
        <div className="shares" aria-hidden="true">
          {KINDS.map(({ key }) => (
            <span key={key} className={`share-${key}`} style={{ flexGrow: shares[key] }} />
          ))}
        </div>
      )}
      <dl className="legend">
        {KINDS.map(({ key, label, note }) => (
          <div key={key}>
            <dt>
              <span className={`legend-sign share-${key}`} aria-hidden="true" />
              {label}
              {shares !== null && <span className="legend-share">{percent(shares[key])}</span>}
            </dt>
            <dd className="fine">{note}</dd>
          </div>
        ))}
      </dl>
      <Switch label="Show it on the head" on={shown} onChange={show} />
      {shown && <Slider label="Strength" value={share} onChange={setShare} />}
      {problem !== null && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
    </section>
  );
}

/** A little is never called nothing. */
function percent(share: number): string {
  return share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(100 * share)} %`;
}
