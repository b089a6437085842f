import type { AvatarParameters } from "../api/gateway";

const KINDS = [
  { key: "seen", label: "seen in the photo" },
  { key: "mirrored", label: "mirrored" },
  { key: "invented", label: "invented" },
] as const;

interface SeenSharesProps {
  shares: AvatarParameters["provenance"];
}

/** How much of the skin was in the photo: a bar and its legend. */
export function SeenShares({ shares }: SeenSharesProps) {
  return (
    <div className="panel-part">
      <h2>What the photo showed</h2>
      <div className="shares" aria-hidden="true">
        {KINDS.map(({ key }) => (
          <span key={key} className={`share-${key}`} style={{ flexGrow: shares[key] }} />
        ))}
      </div>
      <ul className="legend">
        {KINDS.map(({ key, label }) => (
          <li key={key}>
            <span className={`legend-sign share-${key}`} aria-hidden="true" />
            {Math.round(100 * shares[key])} % {label}
          </li>
        ))}
      </ul>
    </div>
  );
}
