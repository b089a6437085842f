import type { ReactNode } from "react";

const BEADS = 64;
const CENTRE = { x: 120, y: 150 };
const BEAD_RING = { x: 110, y: 139 };

interface MedallionProps {
  /** Share of the rim that is lit, 0 to 1; null for a plain rim. */
  progress?: number | null;
  children?: ReactNode;
}

/** The oval that the page is named after: a field, a beaded rim, and what is set into it. */
export function Medallion({ progress = null, children }: MedallionProps) {
  return (
    <div className="medallion">
      <svg viewBox="0 0 240 300" aria-hidden="true">
        <ellipse className="medallion-field" cx={CENTRE.x} cy={CENTRE.y} rx="116" ry="146" />
        {children === undefined && <Profile />}
        {beads(progress)}
      </svg>
      {children !== undefined && <div className="medallion-inset">{children}</div>}
    </div>
  );
}

function beads(progress: number | null) {
  return Array.from({ length: BEADS }, (_, index) => {
    const turn = (2 * Math.PI * index) / BEADS;
    const lit = progress !== null && index < Math.round(progress * BEADS);
    return (
      <circle
        key={turn}
        className={lit ? "bead bead-lit" : "bead"}
        cx={CENTRE.x + BEAD_RING.x * Math.sin(turn)}
        cy={CENTRE.y - BEAD_RING.y * Math.cos(turn)}
        r="2.3"
      />
    );
  });
}

const HEAD_OUTLINE = `M84 250 C88 226 92 214 89 198 C70 186 62 164 64 140 C67 100 92 74 126 74
  C158 74 176 96 176 122 C176 132 174 138 177 146 C180 154 188 163 189 169
  C190 173 184 174 180 176 C182 181 183 184 180 187 C182 190 182 194 178 197
  C180 206 177 213 166 214 C156 215 148 212 142 214 C138 222 142 234 156 246
  C136 262 104 262 84 250 Z`;
/** From the forehead over the temple to the nape; the rest lies outside the head. */
const HAIR = `M180 112 C164 104 150 108 143 117 C141 132 133 141 123 147 C121 159 123 169 117 179
  C107 187 98 191 89 204 L40 210 L40 50 L190 50 Z`;

/** A head in profile, as if carved. */
function Profile() {
  return (
    <g transform="translate(-14 -34) scale(1.1)">
      <clipPath id="medallion-head">
        <path d={HEAD_OUTLINE} />
      </clipPath>
      <path className="medallion-profile" d={HEAD_OUTLINE} />
      <path className="medallion-hair" d={HAIR} clipPath="url(#medallion-head)" />
    </g>
  );
}
